//! The same tree with names: XML, JSON, and an annotated dump for people.

pub mod json;
pub mod lexical;
pub mod names;
pub mod xml;
