//! Who the caller is: one source a file, and the chain that asks them in order.
