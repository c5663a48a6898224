//! What the behaviour tests share.

pub mod data;
pub mod http;
pub mod world;
