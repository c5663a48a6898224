//! Registers behind a PCI BAR: find, map, read, write.
