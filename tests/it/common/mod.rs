//! What the behaviour tests share.

pub mod bar;
pub mod bytes;
pub mod cloud;
pub mod data;
pub mod http;
pub mod legacy;
pub mod line;
pub mod page;
pub mod raw;
pub mod rpc;
pub mod schema;
pub mod scripted;
pub mod soak;
pub mod tap;
pub mod terminal;
pub mod world;
