//! Rules and what is reported when one is broken.

use crate::spec_ref::SpecRef;

/// How strongly the standard words a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Left open, or contradictory: recorded, never counted against the peer.
    May,
    /// Recommended.
    Should,
    /// Required.
    Shall,
}

/// One rule of the checker.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// Stable id: `"schema.field-order"`.
    pub id: &'static str,
    /// How strongly it is worded.
    pub level: Level,
    /// The rule in our words.
    pub statement: &'static str,
    /// Where the standard says so.
    pub spec: &'static [SpecRef],
}

/// One broken rule, with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Violation {
    /// The rule.
    pub rule: &'static Rule,
    /// Names from the root: `"ResponseMessage/BatchItem[0]/ResultStatus"`.
    pub path: String,
    /// Byte offset of the offending item in the message.
    pub offset: usize,
    /// What the rule asks for.
    pub expected: String,
    /// What stands there.
    pub actual: String,
    /// The section of the table that was applied, at the version of the message, where the rule applies one.
    pub table: Option<SpecRef>,
}
