//! Where settings come from and which one wins.
