//! The same tree with names: XML, JSON, and dumps for people.

pub mod case_file;
pub mod dump;
pub mod format;
pub mod json;
pub mod lexical;
pub mod names;
pub mod xml;
