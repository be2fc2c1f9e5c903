//! Whether a step says what was said: it is read as `kmipspec run` reads it, and its bytes are held against those of the message.

use super::known::Known;
use super::yaml::quoted;
use crate::scenario::library;
use crate::scenario::plan::Plan;
use crate::scenario::vars::Vars;
use kmipspec_protocol::ttlv::Item;
use kmipspec_protocol::version::Version;
use std::fmt::Write as _;

/// Steps of a scenario, one by one.
#[derive(Debug)]
pub(super) struct Checker<'a> {
    pub(super) version: Version,
    pub(super) section: &'a str,
}

impl Checker<'_> {
    /// Whether a step is sound, with the names that are known before it.
    pub(super) fn is_sound(&self, step: &str, known: &Known) -> bool {
        self.plan(step, known).is_some()
    }

    /// The bytes that a step sends when the clock shows `at`, given what was bound when it was recorded.
    pub(super) fn bytes(&self, step: &str, known: &Known, at: i64) -> Option<Vec<u8>> {
        let plan = self.plan(step, known)?;
        let mut vars = self.vars(at);
        known.bound().for_each(|(name, item)| vars.bind(name, item));
        plan.steps.last()?.request(&mut vars).ok()
    }

    /// What `${run}` comes to in `bytes`.
    pub(super) fn run(&self) -> String {
        self.vars(0).run().to_owned()
    }

    fn vars(&self, at: i64) -> Vars {
        Vars::new("0", "observed", self.version, at)
    }

    fn plan(&self, step: &str, known: &Known) -> Option<Plan> {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "id: observed\ntitle: x\nlevel: SHALL\nversions: {}", quoted(self.version.as_str()));
        let _ = writeln!(text, "spec: {{{}: {}}}\nsteps:", quoted(self.version.as_str()), quoted(self.section));
        let names: Vec<String> =
            known.bound().map(|(name, _)| format!("{{payload: {{UniqueIdentifier: {{bind: {name}}}}}}}")).collect();
        if !names.is_empty() {
            let _ = writeln!(text, "  - raw: \"\"\n    expect: [{}]", names.join(", "));
        }
        text.push_str(step);
        library::read("observed", text.as_bytes()).ok()?.plan(self.version).ok()
    }
}

/// The message with what is put into `${run}` texts.
pub(super) fn with_run(message: &Item, known: &Known, run: &str) -> Item {
    let mut message = message.clone();
    super::known::change_leaves(&mut message, &mut |item| {
        let text = known.is_given(item).then(|| item.value())??;
        let kmipspec_protocol::ttlv::Value::TextString(text) = text else { return None };
        Some(super::request::RUN.replace("${run}", run).into_bytes().into_iter().chain(text.bytes()).collect())
    });
    message
}
