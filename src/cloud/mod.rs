//! One call to a service: endpoint, sign, send, retry, clock offset, error.
