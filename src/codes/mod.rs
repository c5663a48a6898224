//! The error codes of the services and our own exit codes: what each means and what to do, as data.

mod cloud_assistant;
mod ecs;
mod ecs_input;
mod ecs_order;
mod exit;
mod faas;
mod lookup;
mod oss;
mod row;
mod rpc;
mod sts_ram;
#[cfg(test)]
mod tests;

pub use lookup::{advice, all, class, similar, with_status};
pub use row::{Class, Row};

/// The services that have codes here; `rpc` stands for what every service but OSS can answer.
pub const SERVICES: [&str; 7] = ["faas", "oss", "ram", "sts", "ecs", "rpc", "faascmd"];

/// Every row, table by table.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    let tables = [
        faas::ROWS,
        oss::ROWS,
        sts_ram::ROWS,
        rpc::ROWS,
        ecs::ROWS,
        ecs_input::ROWS,
        ecs_order::ROWS,
        cloud_assistant::ROWS,
        exit::ROWS,
    ];
    tables.into_iter().flatten()
}
