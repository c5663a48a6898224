//! The DDR smoke and PRBS tests of the reference design.
