//! How much of the standard the suite judges, row by row of its tables, and why the rest is not judged.
//!
//! `evidence` asks every case, at every version, what would turn it red (`scenario/demand.rs`): a row counts as judged
//! only where a wrong answer does. `errors` and its neighbours make the rows of one table each out of the tables of
//! the protocol package, and tie to them what follows from the cases alone. `mapping` reads `vectors/coverage/`:
//! what does not follow from them, and for rows that no case judges the reason, one of a few classes. Nothing here
//! sends or prints.

mod attributes;
pub mod cell;
mod errors;
pub mod evidence;
mod lists;
mod mapping;
mod ordering;
mod payloads;
mod placeholder;
mod statements;
mod states;

pub use cell::{Cell, Class, Standing, Table};

use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::library::Library;
use evidence::Evidence;
use std::collections::BTreeMap;

/// Every table, with what stands for each row at each version.
#[derive(Debug, Default)]
pub struct Coverage {
    /// The tables.
    pub tables: Vec<Table>,
    /// Classes of reasons, by id.
    pub classes: BTreeMap<String, Class>,
    /// What is wrong with the data; each with its place.
    pub errors: Vec<Diagnostic>,
}

/// Holds the library against the tables.
pub fn measure(library: &Library) -> Coverage {
    let evidence = Evidence::of(library);
    let mut tables = vec![
        errors::table(&evidence),
        lists::table(&evidence),
        attributes::table(&evidence),
        payloads::table(&evidence),
        states::table(&evidence),
        placeholder::table(&evidence),
    ];
    let mut errors = Vec::new();
    let classes = mapping::apply(&mut tables, &evidence, &mut errors);
    let ordering = ordering::table(&evidence, &classes, &mut errors);
    mapping::complete(&ordering, &mapping::nowhere(&ordering), &mut errors);
    tables.push(ordering);
    tables.extend(statements::tables(&evidence, &classes, &mut errors));
    for cell in tables.iter_mut().flat_map(|t| &mut t.cells) {
        cell.open_text = cell.reason.as_ref().and_then(|r| classes.get(r)).is_some_and(|c| c.open_text);
    }
    Coverage { tables, classes, errors }
}
