//! Where fuzzing begins: small inputs for each target, and the dictionary, made from `vectors/` and the tables alone.
//!
//! The same on every machine: `tests/harness/fuzzing/seeds.rs` holds the files in `fuzz/` against them, and writes them when asked to.

mod conversations;
mod dictionary;
mod messages;

pub use dictionary::dictionary;

use super::script::{Script, Step};
use super::{FUZZ_TARGETS, Input};
use kmipspec_protocol::encoding::{json, xml};
use kmipspec_protocol::ttlv::{Doc, Limits};
use std::io;
use std::path::Path;

/// Files of one target at most.
pub const MOST: usize = 64;

/// One input to begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seed {
    /// The target's name.
    pub target: &'static str,
    /// What it is, without the extension.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Seed {
    /// The name of its file.
    pub fn file(&self) -> String {
        let input = FUZZ_TARGETS.iter().find(|target| target.name == self.target).map(|target| target.input);
        format!("{}.{}", self.name, input.unwrap_or(Input::Message).extension())
    }
}

/// The seeds of every target, from the folder `vectors`.
pub fn seeds(vectors: &Path) -> io::Result<Vec<Seed>> {
    let messages = messages::read(&vectors.join("ttlv/messages"))?;
    let damaged = messages::read(&vectors.join("ttlv/invalid"))?;
    let sound = messages::read(&vectors.join("ttlv/valid"))?;
    let conversations = conversations::read(&vectors.join("scenarios/operations"))?;
    let mut all = Vec::new();
    let mut add = |target, name: &str, bytes: Vec<u8>| all.push(Seed { target, name: name.to_owned(), bytes });

    for (name, bytes) in messages::smallest(&messages, 20) {
        for target in ["ttlv_decode", "ttlv_tree", "ttlv_vs_ref", "decode_dump"] {
            add(target, name, bytes.clone());
        }
        let doc = Doc::lenient(bytes, &Limits::default());
        for (target, text) in [("xml_decode", xml::write(&doc).ok()), ("json_decode", json::write(&doc).ok())] {
            if let Some(text) = text {
                add(target, name, text.into_bytes());
                add(target, &format!("{name}-bytes"), bytes.clone());
            }
        }
    }
    for (name, bytes) in messages::smallest(&damaged, 40) {
        for target in ["ttlv_decode", "ttlv_vs_ref", "decode_dump"] {
            add(target, name, bytes.clone());
        }
    }
    // What is refused is looked at in every way there alone.
    for (name, bytes) in messages::smallest(&damaged, 20) {
        add("ttlv_tree", name, bytes.clone());
    }
    for (name, bytes) in messages::smallest(&sound, 20) {
        for target in ["ttlv_tree", "xml_decode", "json_decode"] {
            add(target, &format!("item-{name}"), bytes.clone());
        }
    }
    for (name, bytes) in messages::smallest(&messages, 40) {
        add("schema_check", name, bytes.clone());
    }
    let answers = messages.iter().filter(|(name, _)| name.contains("-response")).cloned().collect::<Vec<_>>();
    for (name, bytes) in messages::smallest(&answers, 30) {
        add("client_response", name, bytes.clone());
    }
    for (place, (name, bytes)) in messages::smallest(&messages, 4).into_iter().enumerate() {
        let how = u8::try_from(place * 37).unwrap_or(0);
        add("framing", name, [&[how], bytes.as_slice()].concat());
    }
    for (place, talk) in conversations.iter().take(MOST - 2).enumerate() {
        add("server_seq", &talk.name, talk.script.write());
        add("server_one", &talk.name, talk.alone.clone());
        if place < 24
            && let Some(pair) = &talk.pair
        {
            add("schema_check", &format!("pair-{}", talk.name), pair.clone());
        }
        if place.is_multiple_of(4) {
            add("yaml_scenario", &talk.name, talk.text.clone());
        }
    }
    // Two clients: what the first one makes, the second asks for.
    if let Some(get) = conversations.iter().find(|talk| talk.name == "get") {
        let mut steps = get.script.steps.clone();
        let again: Option<Step> = steps.last().map(|step| Step { identity: 1, ..step.clone() });
        steps.extend(again);
        add("server_seq", "get-by-another", Script { steps }.write());
    }
    all.sort_by(|a, b| (a.target, &a.name).cmp(&(b.target, &b.name)));
    Ok(all)
}
