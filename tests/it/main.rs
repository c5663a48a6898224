//! Behaviour tests: what a user sees of the programs, one file per behaviour.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]
#![allow(clippy::print_stdout, reason = "what was skipped or measured is shown with the test")]

mod auth;
mod check;
mod check_memory;
mod check_properties;
mod check_real_files;
mod common;
mod config;
mod credentials;
mod ddr;
mod ddr_signals;
mod deploy;
mod device;
mod doctor;
mod ecs;
mod explain;
mod failures;
mod fpga;
mod fuzz;
mod hosts;
mod image;
mod kill_road;
mod legacy;
mod legacy_transcripts;
mod logs;
mod object_bad_days;
mod object_commands;
mod object_resume;
mod reg;
mod reg_rw;
mod reg_rw_golden;
mod reg_widths;
mod sandbox_codes;
mod sandbox_demo;
mod sandbox_faults;
mod sandbox_hosts;
mod sandbox_objects;
mod sandbox_plain_path;
mod sandbox_process;
mod sandbox_rpc;
mod sandbox_signatures;
mod sandbox_v3;
mod secrets;
mod vectors;
mod waiting;
