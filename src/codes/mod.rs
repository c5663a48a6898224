//! The services' error codes with their meaning, advice and source, as data.
