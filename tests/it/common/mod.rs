//! What the behaviour tests share.

pub mod bar;
pub mod data;
pub mod http;
pub mod raw;
pub mod world;
