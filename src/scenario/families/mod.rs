//! Cases that are made from the tables when the program starts, one file a family.
//!
//! A generator writes scenario files as an author would, one text a case, and everything behind them (parsing, lint,
//! lowering, selection, reports) sees no difference. Ids are made of names of the tables, never of positions:
//! `payload.activate.unique-identifier.mistyped`.

mod attribute_rules;
mod certificates;
mod locate;
mod other_client;
mod payload_rows;
mod requests;
mod states;
mod text;

/// One kind of generated case.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// What stands in place of a file's path: `generated:payload-rows`.
    pub place: &'static str,
    /// Writes its scenarios.
    pub generate: fn() -> Vec<String>,
}

/// Every family.
pub const FAMILIES: &[Family] = &[
    Family { place: "generated:payload-rows", generate: payload_rows::generate },
    Family { place: "generated:attribute-rules", generate: attribute_rules::generate },
    Family { place: "generated:states", generate: states::generate },
    Family { place: "generated:locate-model", generate: locate::generate },
    Family { place: "generated:certificates", generate: certificates::generate },
    Family { place: "generated:other-client", generate: other_client::generate },
];
