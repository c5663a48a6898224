//! HTTP transport: one request goes out, one answer or one error comes back.
//!
//! It knows neither services nor signatures and repeats nothing.

mod body;
mod error;
mod held;
mod http;
mod log;
mod probe;
mod stall;

pub use body::Body;
pub use error::{NetError, Trouble};
pub use http::{Http, Request, Response};
pub use probe::{BY_PROXY, Probe};
