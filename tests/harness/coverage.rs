//! The tables of the standard against the suite: what is claimed to be judged is, and what is not has a reason.

use kmipspec::coverage::{Coverage, Standing, measure};
use kmipspec::scenario::library::Library;
use std::sync::LazyLock;

static MEASURED: LazyLock<Coverage> = LazyLock::new(|| measure(&Library::builtin()));

fn share(table: &str, of: impl Fn(Standing) -> bool) -> usize {
    let table = MEASURED.tables.iter().find(|t| t.name == table).expect("a table of that name");
    let counted = table.cells.iter().filter(|c| of(c.standing())).count();
    counted * 100 / table.cells.len()
}

#[test]
fn the_data_names_what_there_is() {
    let errors: Vec<String> = MEASURED.errors.iter().map(ToString::to_string).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}

#[test]
fn the_tables_have_the_rows_of_the_standard() {
    let rows = |name: &str| {
        let table = MEASURED.tables.iter().find(|t| t.name == name).expect("a table of that name");
        let rows: std::collections::BTreeSet<&str> = table.cells.iter().map(|c| c.row.as_str()).collect();
        rows.len()
    };
    assert_eq!(rows("errors"), 17 + 247);
    assert_eq!(rows("ordering"), 41);
}

#[test]
fn a_row_is_judged_only_where_a_wrong_reason_turns_the_case_red() {
    let table = MEASURED.tables.iter().find(|t| t.name == "errors").expect("the error tables");
    let judged = |row: &str, version: &str| {
        table.cells.iter().find(|c| c.row == row && c.version.as_str() == version).map(|c| c.judged.len())
    };
    // Asked for strictly at 1.x.
    assert!(judged("E1-0118", "1.4") > Some(0));
    // Cited by a case that takes any reason for it.
    assert_eq!(judged("E1-0224", "1.4"), Some(0));
}

#[test]
fn what_the_text_decides_is_judged() {
    let judged_of_decided = |table: &str| {
        let table = MEASURED.tables.iter().find(|t| t.name == table).expect("a table of that name");
        let decided = table.cells.iter().filter(|c| !c.open_text).count();
        let judged = table.cells.iter().filter(|c| c.standing() == Standing::Judged).count();
        judged * 100 / decided
    };
    assert_eq!(judged_of_decided("states"), 100);
    assert_eq!(judged_of_decided("attributes"), 100);
    // The rest is Re-provision, which would cost the run its credential.
    assert!(judged_of_decided("payloads") >= 99, "{} %", judged_of_decided("payloads"));
    assert!(judged_of_decided("errors") >= 90, "{} %", judged_of_decided("errors"));
}

#[test]
fn as_much_is_judged_as_was_reached() {
    let judged = |table| share(table, |s| s == Standing::Judged);
    let accounted = |table| share(table, |s| matches!(s, Standing::Judged | Standing::Reasoned));
    assert!(judged("errors") >= 85, "{} %", judged("errors"));
    assert!(judged("statements") >= 60, "{} %", judged("statements"));
    assert!(judged("placeholder") >= 100, "{} %", judged("placeholder"));
    for table in ["errors", "reasons", "payloads", "placeholder", "ordering", "statements", "other-statements"] {
        assert_eq!(accounted(table), 100, "{table}");
    }
}
