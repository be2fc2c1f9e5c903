//! A valid request of each operation, as data: what one family damages, and another sends as another client.

use super::text::embedded;
use crate::scenario::node::Node;
use kmipspec_protocol::schema::{Initiator, OPERATIONS, OperationRow};
use std::sync::OnceLock;

/// Where the data stands in the repository.
const FILE: &str = "vectors/families/requests.yaml";

/// What the data file holds.
pub(super) struct Requests {
    /// The steps that requests refer to, by name.
    pub(super) prepare: &'static Node,
    /// What clients ask for: the operation and how it is asked.
    pub(super) recipes: Vec<(&'static OperationRow, &'static Node)>,
}

/// The requests; they are read once.
pub(super) fn requests() -> Option<Requests> {
    let data = data()?;
    let operations = data.get("operations")?;
    let rows = OPERATIONS.iter().filter(|row| row.initiator == Initiator::Client);
    let recipes = rows.filter_map(|row| Some((row, operations.get(row.xml_name)?))).collect();
    Some(Requests { prepare: data.get("prepare")?, recipes })
}

/// The whole file.
pub(super) fn data() -> Option<&'static Node> {
    static DATA: OnceLock<Option<Node>> = OnceLock::new();
    DATA.get_or_init(|| embedded(FILE, include_str!("../../../vectors/families/requests.yaml"))).as_ref()
}
