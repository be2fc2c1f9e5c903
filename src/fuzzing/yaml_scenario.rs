//! The reader of scenarios on any text: a scenario that can be compiled for each of its versions, or errors with a place.

use crate::scenario::{diagnostic::Diagnostic, library, lint};

/// Checks one input.
///
/// # Panics
///
/// `P1` when the same text has two verdicts, `P2` when a text is refused without a reason or an error has no place in it.
pub fn yaml_scenario(input: &[u8]) {
    if input.len() > 1 << 16 {
        return;
    }
    let (first, again) = (read(input), read(input));
    assert_eq!(first, again, "P1: the same text has two verdicts");
}

/// The errors as they are printed; none for a scenario that can be used.
fn read(input: &[u8]) -> Vec<String> {
    let errors = match library::read("fuzz.yaml", input) {
        Ok(scenario) => lint::scenario(&scenario),
        Err(errors) => {
            assert!(!errors.is_empty(), "P2: refused, and no error");
            errors
        }
    };
    errors.iter().map(|error| printed(error, input)).collect()
}

/// One error, which has its place in the text.
fn printed(error: &Diagnostic, input: &[u8]) -> String {
    let lines = String::from_utf8_lossy(input).split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']).count();
    let line = error.place.line;
    assert!(line >= 1 && line <= lines + 1, "P2: line {line} of {lines}");
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SCENARIO: &str = include_str!("../../vectors/scenarios/operations/activate/already-active.yaml");

    proptest! {
        #[test]
        fn a_scenario_with_bytes_changed(places in prop::collection::vec((0..SCENARIO.len(), any::<u8>()), 0..4)) {
            let mut text = SCENARIO.as_bytes().to_vec();
            for (place, byte) in places {
                text[place] = byte;
            }
            yaml_scenario(&text);
        }
    }

    #[test]
    fn a_sound_scenario_has_no_errors() {
        assert_eq!(read(SCENARIO.as_bytes()), Vec::<String>::new());
    }
}
