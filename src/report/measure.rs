//! What `kmipspec measure` found, for people and for programs.

use super::json::schema_of;
use super::style::Paint;
use super::text::printable;
use crate::runner::measure::{Measured, Measurements, Outcome};

/// The JSON Schema of `measure --json`.
pub fn schema() -> String {
    schema_of::<Measurements>()
}

/// Aligned lines.
pub fn lines(found: &Measurements, paint: Paint) -> Vec<String> {
    let vendor = found.vendor.as_deref().map(|vendor| format!(", {}", printable(vendor, false))).unwrap_or_default();
    let address = printable(&found.address, false);
    let mut lines =
        vec![format!("{}  {}", paint.bold(&address), paint.dim(&format!("KMIP {}{vendor}", found.version)))];
    let width = found.measurements.iter().map(|m| m.what.len()).max().unwrap_or(0);
    for measured in &found.measurements {
        let (value, how) = told(measured);
        lines.push(format!("  {:width$}  {value}", measured.what));
        if let Some(how) = how {
            lines.push(format!("  {:width$}  {}", "", paint.dim(&printable(&how, false))));
        }
    }
    lines
}

/// What came out, and what is to be said of it.
fn told(measured: &Measured) -> (String, Option<String>) {
    let unit = measured.unit;
    match &measured.result {
        Outcome::Limit { taken, not_taken, how } => (format!("{taken} {unit}"), Some(format!("{not_taken}: {how}"))),
        Outcome::NoLimit { up_to } => (format!("{up_to} {unit} and more"), None),
        Outcome::Value { value } => (format!("{value} {unit}"), None),
        Outcome::NotMeasured { why } => ("not measured".to_owned(), Some(why.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_is_told_and_nothing_of_the_peer_moves_the_terminal() {
        let measured = |what, result| Measured { id: "id", what, unit: "bytes", section: "", result };
        let found = Measurements {
            address: "kms:5696".to_owned(),
            vendor: Some("A\x1b[2J".to_owned()),
            version: "1.4".to_owned(),
            measurements: vec![
                measured("long name", Outcome::Limit { taken: 8, not_taken: 9, how: "closed\nFAIL".to_owned() }),
                measured("a", Outcome::NoLimit { up_to: 7 }),
                measured("b", Outcome::Value { value: -1 }),
                measured("c", Outcome::NotMeasured { why: "no".to_owned() }),
            ],
        };
        let lines = lines(&found, Paint { color: false });
        assert_eq!(
            lines[1..],
            [
                "  long name  8 bytes",
                "             9: closed\\nFAIL",
                "  a          7 bytes and more",
                "  b          -1 bytes",
                "  c          not measured",
                "             no"
            ]
        );
        assert!(!lines[0].contains('\x1b'), "{lines:?}");
    }
}
