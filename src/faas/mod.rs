//! The FPGA-as-a-Service client (API 2017-08-24).
