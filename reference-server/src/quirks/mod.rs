//! Deliberate faults, named and off by default: they imitate servers of the field, and show that a suite finds them.
//!
//! A quirk is one row of a table (name, what it does, what it imitates, the rules that must report it) and one small hook: an edit
//! of the request (`ignored.rs`), of the answer (`answered.rs`), of what is stored (`kept.rs`), of what the server tells its clients
//! (`pushed.rs`), or a question that the
//! server's own code asks by name (`inside.rs`, and `clients.rs` about who a client is). Families (`families.rs`) are a quirk for each operation.

mod answered;
mod clients;
pub(crate) mod edit;
mod families;
mod hooks;
mod ignored;
mod inside;
mod keeping;
mod kept;
mod premature;
mod pushed;

use hooks::Fault;
use kmipspec_protocol::registry::Operation;
use std::sync::LazyLock;

/// A named deviation from the standard.
#[derive(Debug)]
pub struct Quirk {
    /// Its name, in kebab case, for good.
    pub name: &'static str,
    /// What the server does, in one sentence.
    pub does: &'static str,
    /// What it imitates: a row of the field survey or of the table of errors, or a section.
    pub imitates: &'static str,
    /// The cases and rules that report it, by id, or by pattern with `*`: all of them.
    pub rules: &'static [&'static str],
    /// Operations that fail by it as a whole: a case that sends one of them may report it as well. Nothing else may.
    pub through: &'static [Operation],
    /// How it is done.
    fault: Fault,
}

/// One row.
const fn row(
    name: &'static str,
    does: &'static str,
    imitates: &'static str,
    rules: &'static [&'static str],
    fault: Fault,
) -> Quirk {
    Quirk { name, does, imitates, rules, through: &[], fault }
}

impl Quirk {
    /// The same, met by every case that sends one of these.
    const fn through(self, through: &'static [Operation]) -> Self {
        Self { through, ..self }
    }
}

/// Every quirk, by name.
pub fn all() -> &'static [Quirk] {
    static ALL: LazyLock<Vec<Quirk>> = LazyLock::new(|| {
        let mut all: Vec<Quirk> = ignored::rows().into_iter().chain(answered::rows()).chain(kept::rows()).collect();
        all.extend(inside::rows());
        all.extend(pushed::rows());
        all.extend(clients::rows());
        all.extend(families::rows());
        all.sort_by_key(|quirk| quirk.name);
        all
    });
    &ALL
}

/// The quirk of that name.
pub fn named(name: &str) -> Option<&'static Quirk> {
    all().iter().find(|quirk| quirk.name == name)
}

/// The quirks that are switched on.
#[derive(Clone, Debug, Default)]
pub struct Quirks {
    /// Rows of the table.
    on: Vec<&'static Quirk>,
}

impl Quirks {
    /// These.
    pub fn of(on: impl IntoIterator<Item = &'static Quirk>) -> Self {
        Self { on: on.into_iter().collect() }
    }

    /// The operation says Success and does nothing: the answer holds the identifiers of the request, and where there are none one
    /// that nobody has.
    pub fn only_polite(operation: Operation) -> Self {
        Self::of(all().iter().filter(|quirk| matches!(quirk.fault, Fault::Polite(polite) if polite == operation)))
    }

    /// Whether the server behaves.
    pub fn none(&self) -> bool {
        self.on.is_empty()
    }

    /// Whether a quirk is on that the server's own code asks for.
    pub(crate) fn has(&self, name: &str) -> bool {
        if self.none() {
            return false;
        }
        let asked = |quirk: &Quirk| matches!(quirk.fault, Fault::Inside(_) | Fault::Strangers | Fault::Credentials);
        debug_assert!(named(name).is_some_and(asked), "no quirk {name}");
        self.on.iter().any(|quirk| quirk.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_and_rows_are_whole() {
        let names: BTreeSet<&str> = all().iter().map(|quirk| quirk.name).collect();
        assert_eq!(names.len(), all().len(), "a name stands twice");
        for quirk in all() {
            let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(quirk.name.chars().all(kebab), "{}", quirk.name);
            assert!(!quirk.does.is_empty() && !quirk.imitates.is_empty(), "{}", quirk.name);
            assert!(!quirk.rules.is_empty(), "{} names no rule", quirk.name);
        }
    }

    #[test]
    fn a_server_is_polite_about_one_operation_only() {
        assert!(Quirks::default().none());
        assert_eq!(Quirks::only_polite(Operation::DESTROY).on.len(), 1);
    }
}
