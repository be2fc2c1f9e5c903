//! Objects survive untouched, and say what they are.
