//! What the behaviour tests share.

pub mod bar;
pub mod cloud;
pub mod data;
pub mod http;
pub mod raw;
pub mod rpc;
pub mod terminal;
pub mod world;
