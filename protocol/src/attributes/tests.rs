//! The same attributes at 1.x and 2.x.
