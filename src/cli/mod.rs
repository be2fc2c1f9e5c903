//! The command line: `args.rs` parses, `settings.rs` is what it comes to, then one file per verb.

pub mod args;
pub mod output;
pub mod settings;

mod dispatch;
mod schema;

pub use dispatch::main;
