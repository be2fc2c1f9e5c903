//! A page over published results: who was judged, when, by which cases, and how it went, with a link to each file.

use super::STYLE;
use super::matrix::{Count, MORE_STYLE, counts};
use crate::report::text::{count, printable};
use askama::Template;
use std::collections::BTreeMap;

/// Letters of a time that say its day, as in 2026-11-22T21:18:35Z.
const DAY: usize = 10;

/// A published run.
#[derive(Debug, Default)]
pub struct Published {
    /// The file, beside the page: plain characters alone.
    pub file: String,
    /// Who was judged, where a product sheet says so.
    pub product: String,
    /// Its version.
    pub version: String,
    /// The server's address, or what else tells it.
    pub address: String,
    /// When the run began.
    pub started: String,
    /// Version of kmipspec.
    pub kmipspec: String,
    /// SHA-256 of its cases.
    pub case_set: String,
    /// Executions of each verdict.
    pub counts: BTreeMap<String, usize>,
    /// What a reader has to know: that it was cut short, that the archive is unsound.
    pub alarms: Vec<String>,
}

/// The page.
#[derive(Template)]
#[template(path = "index.html")]
struct Page {
    version: &'static str,
    style: String,
    /// There is none.
    script_hash: &'static str,
    title: String,
    rows: Vec<Row>,
}

struct Row {
    file: String,
    product: String,
    version: String,
    address: String,
    started: String,
    kmipspec: String,
    case_set: String,
    counts: Vec<Count>,
    alarms: Vec<String>,
}

/// The page as text.
pub fn text(published: &[Published]) -> Result<String, askama::Error> {
    let plain = |text: &String| printable(text, false);
    let row = |run: &Published| Row {
        file: plain(&run.file),
        product: plain(&run.product),
        version: plain(&run.version),
        address: plain(&run.address),
        started: plain(&run.started).chars().take(DAY).collect(),
        kmipspec: plain(&run.kmipspec),
        // Enough to see whether two are the same.
        case_set: plain(&run.case_set).chars().take(12).collect(),
        counts: counts(&run.counts),
        alarms: run.alarms.iter().map(plain).collect(),
    };
    let page = Page {
        version: env!("CARGO_PKG_VERSION"),
        style: format!("{STYLE}{MORE_STYLE}"),
        script_hash: "",
        title: format!("{} of KMIP implementations", count(published.len(), "published result")),
        rows: published.iter().map(row).collect(),
    };
    page.render()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::html::tests::Read;
    use crate::report::read_back::HOSTILE;

    fn run(text: &str) -> Published {
        let text = text.to_owned();
        Published {
            file: "kms-3.1.tar.gz".to_owned(),
            product: text.clone(),
            version: text.clone(),
            address: text.clone(),
            started: text.clone(),
            kmipspec: text.clone(),
            case_set: text.clone(),
            counts: BTreeMap::from([("pass".to_owned(), 3), ("fail".to_owned(), 1), (text.clone(), 9)]),
            alarms: vec![text],
        }
    }

    #[test]
    fn a_page_links_each_file_and_takes_no_markup() {
        let sound = Read::of(&text(&[run("Example KMS")]).expect("a page"));
        let page = text(&[run(HOSTILE)]).expect("a page");
        let read = Read::of(&page);
        assert_eq!((&sound.faults, &read.faults), (&Vec::new(), &Vec::new()));
        assert_eq!(read.kinds(), sound.kinds(), "a file made elements or attributes");
        assert!(read.all("a", "href").contains(&"./kms-3.1.tar.gz"));
        for part in ["1 published result of", "Example KMS", "3 pass", "1 fail"] {
            assert!(sound.text.contains(part), "{part:?} is missing in {}", sound.text);
        }
        assert!(read.text.contains("</script><img src=x onerror=alert(1)>") && !page.contains('\u{1b}'));
        assert_eq!(read.count("script"), 0);
    }
}
