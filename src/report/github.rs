//! Annotations of GitHub Actions: failures as workflow commands, beside what a person reads.
//!
//! A runner takes any line of output that begins with `::`, also behind blanks, for a command. What a peer sent stands in our output; so
//! commands are stopped while people are told, by a token the peer cannot know.

use super::Sink;
use super::group::group;
use super::outcome::{Outcome, headline, place};
use super::text::{count, printable, version_list};
use crate::runner::event::{Event, Execution, RunFinished};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Write};

/// GitHub shows ten errors of a step, and drops the others unsaid.
const SHOWN: usize = 10;

/// Bytes of one message.
const MAX_MESSAGE: usize = 2000;

/// The sink for people, between the lines that commands are stopped by and taken up again, and the annotations after it.
pub struct Annotations<W: Write, S> {
    people: S,
    out: W,
    strict: bool,
    token: String,
    stopped: bool,
    failures: Vec<Execution>,
}

impl<W: Write, S: Sink> Annotations<W, S> {
    /// `out` is where `people` print to; each has a buffer of its own.
    pub fn new(people: S, out: W, strict: bool) -> Self {
        let token = format!("kmipspec-{:016x}", RandomState::new().build_hasher().finish());
        Self { people, out, strict, token, stopped: false, failures: Vec::new() }
    }

    fn annotate(&mut self, run: &RunFinished) -> io::Result<()> {
        let groups = group(&self.failures);
        // The last of ten says how many there are, where there are more.
        let shown = if groups.len() > SHOWN { SHOWN - 1 } else { SHOWN };
        for group in groups.iter().take(shown) {
            let Some(e) = group.shown() else { continue };
            let title = format!("{} at {}", e.id, version_list(group.versions()));
            let text = format!("{}\n{}\n{}", e.title, headline(e), e.reproduce);
            let place = place(e).map(|(file, line)| {
                let line = line.map(|line| format!(",line={line}")).unwrap_or_default();
                format!("file={}{line},", property(file))
            });
            writeln!(self.out, "::error {}title={}::{}", place.unwrap_or_default(), property(&title), message(&text))?;
        }
        let more = groups.len().saturating_sub(shown);
        if more > 0 {
            writeln!(
                self.out,
                "::error title=kmipspec::{} more; the log and the reports have all",
                count(more, "failure")
            )?;
        }
        for line in run.stale.iter().chain(&run.broken) {
            writeln!(self.out, "::error title=kmipspec::{}", message(line))?;
        }
        self.out.flush()
    }
}

/// What stands behind `::`.
fn message(text: &str) -> String {
    let mut text = printable(text, true);
    if let Some((end, _)) = text.char_indices().find(|(at, _)| *at >= MAX_MESSAGE) {
        text.truncate(end);
        text.push_str(" …");
    }
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    message(&printable(text, false)).replace(':', "%3A").replace(',', "%2C")
}

impl<W: Write, S: Sink> Sink for Annotations<W, S> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        if !std::mem::replace(&mut self.stopped, true) {
            writeln!(self.out, "::stop-commands::{}", self.token)?;
            self.out.flush()?;
        }
        self.people.event(event)?;
        match event {
            Event::CaseFinished(e) => {
                if matches!(Outcome::of(e, self.strict), Outcome::Failed | Outcome::Errored) {
                    // Messages are for other reports.
                    self.failures.push(Execution { transcript: Vec::new(), ..(**e).clone() });
                }
                Ok(())
            }
            Event::RunFinished(run) => {
                writeln!(self.out, "::{}::", self.token)?;
                self.annotate(run)
            }
            Event::RunStarted(_)
            | Event::CaseStarted { .. }
            | Event::Notice(_)
            | Event::Profiles(_)
            | Event::Tls(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_its_command_or_its_property() {
        assert_eq!(message("50%\n::error::x\r"), "50%25%0A::error::x\\r");
        assert_eq!(property("a:b,c\nd"), "a%3Ab%2Cc\\nd");
        assert_eq!(message(&"é".repeat(3000)).chars().count(), 1002);
    }
}
