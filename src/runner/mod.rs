//! Selection, execution and verdicts; emits events, never prints.

pub mod bundled;
pub mod capability;
pub mod data_file;
pub mod event;
pub mod expectations;
pub mod measure;
pub mod run;
pub mod sanity;
pub mod select;
pub mod self_check;
pub mod standing;
pub mod stop;
pub mod target_file;
pub mod tls;
pub mod verdict;

mod cleanup;
mod dispatch;
mod execute;
mod inbox;
pub(crate) mod message;
mod probe;
mod receive;
pub(crate) mod reproduce;

pub use bundled::BundledError;
pub(crate) use execute::now;
pub use run::{Planned, Run, RunError, plan, run};
pub use select::Selection;
pub use stop::Stop;
