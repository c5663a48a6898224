//! The Resource Access Management client (API 2015-05-01).
