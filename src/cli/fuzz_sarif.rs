//! What fuzzing has found as SARIF: the oracles are the rules, each finding is a result at its file.

use crate::fuzzing::Oracle;
use crate::fuzzing::wire::Ended;
use crate::fuzzing::wire::record::Record;
use crate::report::sarif::{Breach, Level, Log, Place, Rule};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Why a run did not come to its end, if it did not.
pub(super) fn trouble(ended: &Ended) -> Vec<String> {
    match ended {
        Ended::Interrupted => vec!["interrupted".to_owned()],
        Ended::Gone(why) => vec![format!("the server is gone: {why}")],
        Ended::Time | Ended::Runs | Ended::Findings => Vec::new(),
    }
}

/// Findings that are in `folder`, of a run with this trouble.
pub(super) fn log(trouble: Vec<String>, records: &[Record], oracles: &BTreeSet<Oracle>, folder: &Path) -> Log {
    let rule = |oracle: &Oracle| Rule { id: oracle.id(), text: oracle.demand().to_owned(), help: None };
    Log {
        rules: oracles.iter().map(rule).collect(),
        breaches: records.iter().map(|record| breach(record, folder)).collect(),
        trouble,
    }
}

fn breach(record: &Record, folder: &Path) -> Breach {
    let about = [record.operation.as_str(), record.place.as_str()].into_iter().filter(|part| !part.is_empty());
    let about: Vec<&str> = about.collect();
    Breach {
        rule: record.oracle.clone(),
        // What did not come again each time, or hangs on the machines, is told, but nobody should be stopped by it.
        level: match record.grade.as_str() {
            _ if record.is_difference() => Level::Note,
            "fault" if record.confirmed >= 3 => Level::Error,
            _ => Level::Warning,
        },
        message: format!("{}: {}", about.join(" "), record.detail),
        place: Place { file: Some(folder.join(&record.input)), line: None, name: Some(about.join("/")) },
        mark: record.id.clone(),
        properties: BTreeMap::from(
            [
                ("confirmed", json!(record.confirmed)),
                ("grade", json!(record.grade)),
                ("executions", json!(record.executions)),
                ("scenario", json!(record.scenario)),
                ("seed", json!(record.seed)),
                ("step", json!(record.step)),
                ("target", json!(record.target)),
            ]
            .map(|(name, value)| (name.to_owned(), value)),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(id: &str, confirmed: usize) -> Record {
        let [operation, place] = ["Get", "other client"].map(str::to_owned);
        Record {
            id: id.to_owned(),
            oracle: "O5".to_owned(),
            operation,
            place,
            grade: "fault".to_owned(),
            detail: "bob was served".to_owned(),
            confirmed,
            step: 2,
            bytes: [900, 400],
            executions: 7,
            seed: 1,
            target: "host:1".to_owned(),
            input: format!("{id}.kseq"),
            scenario: format!("fuzz/{id}.yaml"),
            messages: Vec::new(),
        }
    }

    #[test]
    fn a_finding_points_at_its_file_and_an_oracle_that_was_left_out_is_no_rule() {
        let trouble = trouble(&Ended::Gone("connection refused".to_owned()));
        let oracles = [Oracle::O5, Oracle::O1].into();
        let log = log(trouble, &[record("a", 3), record("b", 0)], &oracles, Path::new("findings"));
        let rules: Vec<&str> = log.rules.iter().map(|rule| rule.id.as_str()).collect();
        assert_eq!(rules, ["O1", "O5"]);
        let [sure, unsure] = log.breaches.as_slice() else { panic!("{log:?}") };
        assert_eq!(sure.message, "Get other client: bob was served");
        assert_eq!(sure.place.file.as_deref(), Some(Path::new("findings/a.kseq")));
        assert_eq!((sure.level, unsure.level), (Level::Error, Level::Warning));
        assert_ne!(sure.mark, unsure.mark);
        assert_eq!(log.trouble, ["the server is gone: connection refused"]);
    }
}
