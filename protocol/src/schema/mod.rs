//! What may stand where, per version: payload, structure, attribute and error tables, and the checker over them.
//!
//! The tables are made from `protocol/data` by `cargo xtask tables`; every row says in which versions it holds and in
//! which section. The checker reports; it never changes how a message is decoded.

mod attribute;
#[rustfmt::skip]
mod attribute_table;
mod check;
mod error;
#[rustfmt::skip]
mod error_table;
mod field;
mod operation;
#[rustfmt::skip]
mod operation_table;
mod path;
mod rule;
mod rules;
mod section;
#[rustfmt::skip]
mod section_table;
mod structure;
#[rustfmt::skip]
mod structure_table;

pub use attribute::{AttributeRow, AttributeRules, SetBy, attribute_named, attribute_row};
pub use attribute_table::ATTRIBUTES;
pub use check::{Context, MAX_VIOLATIONS, check_request, check_response, item_type_since};
pub use error::{ErrorRow, errors_of};
pub use error_table::ERRORS;
pub use field::{Field, Required, Span};
pub use operation::{Initiator, OperationLayout, OperationRow, operation_named, operation_row, operation_row_of};
pub use operation_table::OPERATIONS;
pub use path::path_of;
pub use rule::{Level, Rule, Violation};
pub use rules::RULES;
pub use section::{section_exists, section_title};
pub use structure::{StructureLayout, StructureRow, structure_row};
pub use structure_table::STRUCTURES;

/// Which way a message travels through the batch: what was asked, or what was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Request Message.
    Request,
    /// Response Message.
    Response,
}
