//! What a compiled file is, from its bytes: facts and faults, never a panic.
