//! Runs put side by side, and what reads the reports of that back.

use super::{Matrix, Source, csv};
use crate::oasis::variation;
use crate::report::diff_tests::results;
use crate::report::fixture::execution;
use crate::report::html;
use crate::report::html::tests::Read;
use crate::report::read_back::HOSTILE;
use crate::report::style::Paint;
use crate::report::written::{Profile, Run};
use crate::runner::event::{Execution, ExpectedOutcome};
use crate::runner::verdict::Verdict;
use kmipspec_protocol::version::Version;

fn one(id: &str, version: Version, verdict: Verdict) -> Execution {
    execution(id, version, verdict)
}

/// A published case that passed with a variation.
fn published() -> Execution {
    let mut e = one("oasis.bl-m-1-14", Version::V1_4, Verdict::Info);
    e.verdict = Verdict::Pass;
    e.spec = vec!["KMIP Test Cases 1.4: BL-M-1-14".to_owned()];
    for finding in &mut e.findings {
        finding.rule = variation::RULE.to_owned();
        finding.statement = format!("{}{}", variation::USED, "unique identifiers are chosen by the server");
        finding.spec = vec!["KMIP Symmetric Key Profile 1.0 §4.7.1".to_owned()];
    }
    e
}

fn source(client: Option<&str>, server: Option<&str>, file: &str, run: Run) -> Source {
    Source { client: client.map(str::to_owned), server: server.map(str::to_owned), file: file.to_owned(), run }
}

/// Three runs: ours against a server, another client against it, and ours against a second server.
fn sources() -> Vec<Source> {
    let mut known = one("a.known", Version::V1_4, Verdict::Fail);
    known.expected = Some(ExpectedOutcome {
        verdict: Verdict::Fail,
        because: "vendor ticket 1182".to_owned(),
        place: "known.yaml:3".to_owned(),
        rules: Vec::new(),
    });
    let first = vec![
        one("a.alone", Version::V1_4, Verdict::Pass),
        one("a.breaks", Version::V1_0, Verdict::Pass),
        one("a.breaks", Version::V1_4, Verdict::Pass),
        one("a.breaks", Version::V2_1, Verdict::Pass),
        known,
        one("a.same", Version::V1_4, Verdict::Pass),
        published(),
    ];
    let second = vec![
        one("a.breaks", Version::V1_0, Verdict::Fail),
        one("a.breaks", Version::V1_4, Verdict::Pass),
        one("a.breaks", Version::V2_1, Verdict::Fail),
        one("a.same", Version::V1_4, Verdict::Pass),
    ];
    let mut with_profile = results("3", vec![one("a.same", Version::V1_4, Verdict::Pass)], Some("interrupted"));
    with_profile.profiles.push(Profile {
        id: "baseline-server-1.4".to_owned(),
        title: "Baseline Server 1.4".to_owned(),
        standing: "not met".to_owned(),
        line: "Baseline Server 1.4: not met: Locate".to_owned(),
    });
    vec![
        source(None, None, "a.json", results("1", first, None)),
        source(Some("PyKMIP 0.11"), None, "b.json", results("2", second, None)),
        source(None, Some("Second"), "c.json", with_profile),
    ]
}

fn matrix() -> Matrix {
    Matrix::of(
        &sources(),
        |id, version| {
            if (id, version) == ("a.same", "1.4") { vec!["BL-M-15-14".to_owned()] } else { Vec::new() }
        },
    )
}

#[test]
fn each_run_is_a_column_and_each_case_at_a_version_a_row() {
    let matrix = matrix();
    let names: Vec<&str> = matrix.columns.iter().map(|column| column.name.as_str()).collect();
    let ours = format!("kmipspec {}", env!("CARGO_PKG_VERSION"));
    let vendor = "Example KMS 3\u{1b}[31m";
    assert_eq!(
        names,
        [format!("{ours} / {vendor}"), format!("PyKMIP 0.11 / {vendor}"), format!("{ours} / Second")],
        "clients are told where there are several"
    );
    let rows: Vec<(&str, &str, Vec<Option<&str>>)> = matrix
        .rows
        .iter()
        .map(|row| {
            let cells = row.cells.iter().map(|cell| cell.as_ref().map(super::Cell::word)).collect();
            (row.id.as_str(), row.version.as_str(), cells)
        })
        .collect();
    assert_eq!(
        rows,
        [
            ("a.alone", "1.4", vec![Some("pass"), None, None]),
            ("a.breaks", "1.0", vec![Some("pass"), Some("fail"), None]),
            ("a.breaks", "1.4", vec![Some("pass"), Some("pass"), None]),
            ("a.breaks", "2.1", vec![Some("pass"), Some("fail"), None]),
            ("a.known", "1.4", vec![Some("known"), None, None]),
            ("a.same", "1.4", vec![Some("pass"); 3]),
            ("oasis.bl-m-1-14", "1.4", vec![Some("pass"), None, None]),
        ]
    );
    let oasis: Vec<_> = matrix.rows.iter().flat_map(|row| &row.oasis).collect();
    assert_eq!(oasis, ["BL-M-15-14", "BL-M-1-14"], "a case that stands for one, and one that was run as it is");
    let [only] = matrix.variations()[..] else { panic!("one variation: {:?}", matrix.variations()) };
    assert_eq!(only.what, "unique identifiers are chosen by the server");
    assert_eq!(only.clause, "KMIP Symmetric Key Profile 1.0 §4.7.1");
    let failures: Vec<usize> = matrix.columns.iter().map(|column| column.failures).collect();
    assert_eq!(failures, [0, 2, 0]);
}

#[test]
fn runs_of_one_name_are_told_apart_by_their_files() {
    let run = || results("1", vec![one("a.b", Version::V1_4, Verdict::Pass)], None);
    let sources = [source(None, Some("A"), "x.json", run()), source(None, Some("A"), "x.json", run())];
    let matrix = Matrix::of(&sources, |_, _| Vec::new());
    let names: Vec<&str> = matrix.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["A (1: x.json)", "A (2: x.json)"]);
}

#[test]
fn a_client_that_was_judged_is_the_client() {
    let run = || results("1", vec![one("client.delivery.pieces", Version::V1_4, Verdict::Pass)], None);
    let sources = [
        source(None, Some("PyKMIP"), "a.json", run()),
        source(None, None, "b.json", run()),
        source(Some("kmip-go"), Some("Ours"), "c.json", run()),
    ];
    let ours = format!("kmipspec {}", env!("CARGO_PKG_VERSION"));
    let matrix = Matrix::of(&sources, |_, _| Vec::new());
    let who: Vec<(&str, &str)> = matrix.columns.iter().map(|c| (c.client.as_str(), c.server.as_str())).collect();
    assert_eq!(who, [("PyKMIP", ours.as_str()), ("client", &ours), ("kmip-go", "Ours")]);
}

#[test]
fn a_case_twice_in_a_file_shows_its_failure() {
    for order in [[Verdict::Pass, Verdict::Fail], [Verdict::Fail, Verdict::Pass]] {
        let run = results("1", order.map(|verdict| one("a.b", Version::V1_4, verdict)).to_vec(), None);
        let matrix = Matrix::of(&[source(None, None, "a.json", run)], |_, _| Vec::new());
        let cells: Vec<_> = matrix.rows.iter().flat_map(|row| row.cells.iter().flatten()).map(|c| c.verdict).collect();
        assert_eq!(cells, [Verdict::Fail], "{order:?}");
    }
}

#[test]
fn a_terminal_shows_what_differs_or_fails() {
    let matrix = matrix();
    let text = matrix.lines(Paint::PLAIN, false).join("\n");
    assert!(text.contains("  pass          fail          -              a.breaks @1.0, 2.1\n"), "{text}");
    assert!(!text.contains("a.same") && !text.contains("a.alone"), "what is the same is left out:\n{text}");
    assert!(text.contains("1 pass; cut short: interrupted"), "{text}");
    assert!(text.ends_with("3 runs x 7 rows of cases at their versions; 2 differ or fail"), "{text}");
    let all = matrix.lines(Paint::PLAIN, true).join("\n");
    assert!(all.contains("  pass*         -             -              oasis.bl-m-1-14 @1.4  (BL-M-1-14)\n"), "{all}");
    assert!(!text.contains('\u{1b}') && !all.contains('\u{1b}'), "no server steers the terminal");
}

#[test]
fn a_spreadsheet_gets_every_row_and_computes_none() {
    let mut sources = sources();
    let formulas = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "＝1"];
    let executions = formulas.map(|text| {
        let mut e = one(text, Version::V1_4, Verdict::Skip);
        e.reason = Some(format!("{text}\"\r\n;,"));
        e.title = text.to_owned();
        e
    });
    sources.push(source(Some("-x"), Some("=cmd|' /C calc'!A0"), "=x.json", results("4", executions.to_vec(), None)));
    let matrix = Matrix::of(&sources, |_, _| vec!["=1".to_owned()]);
    let bytes = csv::text(&matrix).expect("a vector takes all");
    let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(bytes.as_slice());
    let records: Vec<::csv::StringRecord> =
        reader.records().map(|record| record.expect("as long as the first")).collect();
    assert_eq!(records.len(), 1 + matrix.rows.len() + matrix.profiles.len());
    for record in &records {
        assert_eq!(record.len(), 7 + 4 * matrix.columns.len());
        for cell in record {
            assert!(!cell.trim_start().starts_with(['=', '+', '-', '@', '＝']), "{cell:?}");
            assert!(!cell.contains(['\r', '\n', '\t']), "{cell:?}");
        }
    }
    let told: Vec<&str> = records.iter().flat_map(|record| record.iter()).collect();
    for part in [
        "'=1+1",
        "' =1",
        "'=1",
        "fail",
        "failure",
        "not met",
        concat!("kmipspec ", env!("CARGO_PKG_VERSION"), " / Second"),
    ] {
        assert!(told.contains(&part), "{part:?} is missing in {told:?}");
    }
    assert!(told.iter().any(|cell| cell.ends_with("(KMIP Symmetric Key Profile 1.0 §4.7.1)")), "{told:?}");
}

/// The same page where every text of the files is made to break it.
fn hostile() -> String {
    let mut sources = sources();
    for source in &mut sources {
        source.client = Some(format!("{}{HOSTILE}", source.file));
        source.server = Some(HOSTILE.to_owned());
        source.run.started = HOSTILE.to_owned();
        for one in &mut source.run.results {
            for text in [&mut one.id, &mut one.title, &mut one.version] {
                text.push_str(HOSTILE);
            }
            for finding in &mut one.findings {
                finding.actual = HOSTILE.to_owned();
                finding.statement = HOSTILE.to_owned();
                finding.spec = vec![HOSTILE.to_owned()];
            }
        }
        for profile in &mut source.run.profiles {
            profile.title = HOSTILE.to_owned();
            profile.line = HOSTILE.to_owned();
            profile.standing = HOSTILE.to_owned();
        }
    }
    html::matrix::text(&Matrix::of(&sources, |_, _| vec![HOSTILE.to_owned()])).expect("a page")
}

#[test]
fn a_page_tells_clients_servers_cases_and_variations() {
    let page = html::matrix::text(&matrix()).expect("a page");
    let read = Read::of(&page);
    assert_eq!(read.faults, Vec::<String>::new());
    for part in [
        "3 runs side by side",
        "2 failures in 4",
        "a.breaks at 1.0, 2.1: PyKMIP 0.11 / Example KMS 3",
        "BL-M-15-14",
        "unique identifiers are chosen by the server",
        "Baseline Server 1.4: not met: Locate",
        "cut short: interrupted",
    ] {
        assert!(read.text.contains(part), "{part:?} is missing in\n{}", read.text);
    }
    let places = read.all("", "id");
    for link in read.all("a", "href") {
        assert!(places.contains(&link.trim_start_matches('#')), "{link} leads nowhere");
    }
    assert_eq!(read.count("script"), 0);
    assert!(read.all("meta", "content").iter().any(|policy| policy.starts_with("default-src 'none'")));
}

#[test]
fn no_text_of_a_file_is_markup() {
    let sound = Read::of(&html::matrix::text(&matrix()).expect("a page"));
    let page = hostile();
    let read = Read::of(&page);
    assert_eq!(read.faults, Vec::<String>::new());
    let new: Vec<_> = read.kinds().difference(&sound.kinds()).cloned().collect();
    assert_eq!(new, [], "a file made elements or attributes");
    assert!(read.text.contains("</script><img src=x onerror=alert(1)>"), "it is told, as text");
    assert!(!page.contains('\u{1b}'));
}
