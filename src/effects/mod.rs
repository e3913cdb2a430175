//! Everything that changes or asks the outside.
