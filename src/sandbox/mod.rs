//! A private cloud and a simulated FPGA on this machine.
