//! From an error of a floor below to what the user is told: message, hints, exit code. One file a floor.

mod config;
