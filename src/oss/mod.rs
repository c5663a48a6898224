//! The object storage client.
