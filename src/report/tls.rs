//! What the TLS probe saw, for people and as JSON: a function of the observation and the verdicts.

use super::json::{pretty, schema_of};
use super::style::Paint;
use super::text::{count, duration, printable};
use crate::tls::observation::{
    Answer, Chain, ClientCertificate, Completion, Host, Observation, Order, Renegotiation, Resumed, Trusted,
    VersionObservation,
};
use crate::tls::requirement::Strength;
use crate::tls::suite;
use crate::tls::verdict::{Finding, Judgement, Outcome, SuiteVerdict};
use anstyle::{AnsiColor, Style};
use schemars::JsonSchema;
use serde::Serialize;
use std::io::{self, Write};
use std::time::Duration;

/// Number of the format of [`Document`]; it grows when a field changes its meaning or goes away, not when one is added.
pub const FORMAT: u32 = 1;

/// What `kmipspec tls --json` writes.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Document {
    /// Number of this format.
    pub format: u32,
    /// Version of kmipspec.
    pub kmipspec: String,
    /// What was seen of the host.
    pub observation: Observation,
    /// What the authentication suites of the Profiles say of it: those of `--suite`, or all.
    pub verdicts: Vec<SuiteVerdict>,
}

/// Everything as one JSON object, ready to print.
pub fn document(observation: Observation, verdicts: Vec<SuiteVerdict>) -> String {
    let kmipspec = env!("CARGO_PKG_VERSION").to_owned();
    pretty(&Document { format: FORMAT, kmipspec, observation, verdicts })
}

/// The JSON Schema of [`Document`], ready to print.
pub fn schema() -> String {
    schema_of::<Document>()
}

/// Everything as aligned text.
pub fn print(seen: &Observation, verdicts: &[SuiteVerdict], paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let made = count(seen.connections, "connection");
    let time = duration(Duration::from_millis(seen.milliseconds));
    writeln!(out, "{}  {}", paint.bold(&seen.address), paint.dim(&format!("{made}, {time}")))?;
    for note in &seen.notes {
        writeln!(out, "  note: {}", printable(note, false))?;
    }
    if seen.host != Host::Tls {
        return writeln!(out, "  {}", host(&seen.host));
    }
    versions(seen, paint, out)?;
    suites(seen, paint, out)?;
    if !seen.certificates.is_empty() {
        heading("server certificate", paint, out)?;
        for chain in &seen.certificates {
            certificate(chain, out)?;
        }
        if let Some(trust) = &seen.trust {
            writeln!(out, "  {:<22}{}", "by your CA and name", trusted(trust))?;
        }
    }
    connection(seen, paint, out)?;
    heading("clients", paint, out)?;
    for client in &seen.personas {
        match (&client.version, &client.suite, &client.answer) {
            (Some(version), Some(suite), _) => writeln!(out, "  {:<14}{version:<9}{suite}", client.name)?,
            (.., Some(answer)) => writeln!(out, "  {:<14}no connection: {answer}", client.name)?,
            _ => writeln!(out, "  {:<14}not found out", client.name)?,
        }
    }
    authentication(verdicts, paint, out)
}

/// What a host is that is no TLS server.
pub fn host(host: &Host) -> String {
    match host {
        Host::Tls => "a TLS server".to_owned(),
        Host::NotTls { what, first } => format!("{} (it began with {})", what.name(), readable(first)),
        Host::Silent => "silent: it takes connections and never answers, neither TLS nor HTTP nor KMIP".to_owned(),
        Host::Stalls { after } => {
            format!("stalls: it begins to answer in TLS and stops after {}", count(*after, "byte"))
        }
        Host::Closes => "closes every connection without a word".to_owned(),
        Host::Unreachable { because } => format!("not reached: {because}"),
    }
}

/// Bytes in hexadecimal digits, as text where they are text.
fn readable(digits: &str) -> String {
    let pairs = (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok());
    match pairs.collect::<Option<Vec<u8>>>().and_then(|bytes| String::from_utf8(bytes).ok()) {
        Some(text) if !text.chars().any(|c| c.is_control() && !c.is_ascii_whitespace()) => format!("{text:?}"),
        _ => digits.to_owned(),
    }
}

fn heading(text: &str, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{}", paint.bold(text))
}

fn versions(seen: &Observation, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    heading("versions", paint, out)?;
    for version in &seen.versions {
        writeln!(out, "  {:<10}{}", version.version.name(), standing(version))?;
    }
    Ok(())
}

/// How a version came out.
fn standing(version: &VersionObservation) -> String {
    let refusal = version.refusal.as_ref().map_or_else(String::new, Answer::to_string);
    let rest = if version.complete { "" } else { ", not all asked for" };
    if version.suites.is_empty() {
        let standing = if version.complete { "no" } else { "not found out" };
        return format!("{standing:<15}{refusal}");
    }
    let order = match version.order {
        Order::Server => ", in the server's order",
        Order::Client => ", the client's order decides",
        Order::Unknown => "",
    };
    let cut = if version.complete { String::new() } else { format!(": {refusal}") };
    format!("{:<15}{}{order}{rest}{cut}", "yes", count(version.suites.len(), "suite"))
}

fn suites(seen: &Observation, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    heading("suites", paint, out)?;
    let width = seen.versions.iter().flat_map(|v| &v.suites).map(|s| s.name.len()).max().unwrap_or(0);
    for of_version in &seen.versions {
        for seen in &of_version.suites {
            let row = suite::by_code(of_version.version, seen.code);
            let mut marks = Vec::new();
            if let Some(row) = row {
                let of = [(row.is_anonymous(), "anonymous"), (row.is_null(), "NULL"), (row.is_weak(), "weak")];
                marks.extend(of.into_iter().filter(|(is, _)| *is).map(|(_, mark)| mark.to_owned()));
                if !row.is_of(of_version.version) {
                    marks.push(format!("not defined for {}", of_version.version));
                }
            }
            let bits = row.map_or_else(String::new, |row| row.bits.to_string());
            let line = format!(
                "  {:<9}0x{:04X}  {:<width$}  {bits:>3}  {}",
                of_version.version.name(),
                seen.code,
                seen.name,
                completion(&seen.completion)
            );
            let marks = if marks.is_empty() { String::new() } else { format!("  ({})", marks.join(", ")) };
            writeln!(out, "{line}{}", paint.in_style(AnsiColor::Yellow.on_default(), &marks))?;
        }
    }
    let all = || seen.versions.iter().flat_map(|v| &v.suites);
    if all().next().is_none() {
        writeln!(out, "  none")?;
    }
    match all().filter(|suite| suite.completion == Completion::NotTried).count() {
        0 => Ok(()),
        open => {
            let note = format!("  {} selected, not completed: {NO_LIBRARY}", count(open, "suite"));
            writeln!(out, "{}", paint.dim(&note))
        }
    }
}

/// Why some handshakes are not tried.
const NO_LIBRARY: &str = if cfg!(feature = "legacy-tls") {
    "neither rustls nor this OpenSSL can"
} else {
    "rustls has no such suites; a build with --features legacy-tls completes what OpenSSL can"
};

fn completion(completion: &Completion) -> String {
    match completion {
        Completion::Completed => "completed".to_owned(),
        Completion::Refused { because } => format!("selected, then refused: {because}"),
        Completion::Failed { because } => format!("selected, not completed by us: {because}"),
        Completion::NotTried => "selected, not completed".to_owned(),
    }
}

fn certificate(chain: &Chain, out: &mut dyn Write) -> io::Result<()> {
    for (depth, c) in chain.certificates.iter().enumerate() {
        let size = match (&c.curve, c.key_bits) {
            (Some(curve), _) => format!(" {curve}"),
            (None, Some(bits)) => format!(" {bits}"),
            (None, None) => String::new(),
        };
        let whose = if depth == 0 { format!("seen at {}", chain.version) } else { "issuer shown along".to_owned() };
        writeln!(out, "  {}{size}, signed with {}, {whose}", c.key, c.signature)?;
        let mut line = |name: &str, value: &str| writeln!(out, "    {name:<20}{value}");
        line("subject", &c.subject)?;
        line("issuer", &c.issuer)?;
        if !c.names.is_empty() {
            line("names", &c.names.join(", "))?;
        }
        let now = if c.is_current { "" } else { "  (not valid today)" };
        line("valid", &format!("{} to {}{now}", c.not_before, c.not_after))?;
        for (name, list) in [("key usage", &c.key_usage), ("extended key usage", &c.extended_key_usage)] {
            line(name, &list.as_ref().map_or_else(|| "not stated".to_owned(), |list| list.join(", ")))?;
        }
    }
    Ok(())
}

fn trusted(trust: &Trusted) -> String {
    match trust {
        Trusted::Yes => "acceptable".to_owned(),
        Trusted::No { because } => format!("not acceptable: {}", printable(because, false)),
        Trusted::NotFoundOut { because } => format!("not found out: {}", printable(because, false)),
    }
}

fn connection(seen: &Observation, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    heading("connection", paint, out)?;
    let mut line = |name: &str, value: &str| writeln!(out, "  {name:<22}{value}");
    line("client certificate", &client_certificate(&seen.client_certificate))?;
    let features = &seen.features;
    let known = |value: Option<&'static str>| value.unwrap_or("not found out").to_owned();
    let yes = |value: Option<bool>| known(value.map(|yes| if yes { "yes" } else { "no" }));
    line("compression", &known(features.compression.map(|method| if method == 0 { "none" } else { "DEFLATE" })))?;
    line("secure renegotiation", &yes(features.secure_renegotiation))?;
    line("client renegotiation", &renegotiation(features.client_renegotiation.as_ref()))?;
    line("ext. master secret", &yes(features.extended_master_secret))?;
    if let Some(bits) = features.dh_bits {
        line("DHE group", &format!("{bits} bits"))?;
    }
    for again in &seen.resumption {
        let with = if again.with_certificate { "with" } else { "without" };
        let result = match &again.result {
            Resumed::Resumed => "resumed".to_owned(),
            Resumed::Full => "a whole handshake".to_owned(),
            Resumed::Broken { because } => format!("BROKEN, though the first one was good: {because}"),
            Resumed::NotFoundOut { because } => format!("not found out: {because}"),
        };
        let how = format!("{} by {}, {with} client certificate: {result}", again.version, again.by);
        line("second connection", &how)?;
    }
    Ok(())
}

fn renegotiation(asked: Option<&Renegotiation>) -> String {
    match asked {
        Some(Renegotiation::Accepted) => "accepted".to_owned(),
        Some(Renegotiation::Refused { how }) => format!("refused ({})", printable(how, false)),
        Some(Renegotiation::NotFoundOut { because }) => format!("not found out: {because}"),
        None if cfg!(feature = "legacy-tls") => {
            "not asked: no handshake of TLS 1.2 or older came to its end".to_owned()
        }
        None => "not asked: this build cannot (--features legacy-tls)".to_owned(),
    }
}

fn client_certificate(client: &ClientCertificate) -> String {
    match (client.requested, client.required) {
        (_, Some(true)) => {
            let how = client.refusal.as_deref().map_or_else(String::new, |how| format!(" ({how})"));
            format!("asked for, and required: without one{how}")
        }
        (Some(true), Some(false)) => "asked for, not required by TLS".to_owned(),
        (Some(true), None) => "asked for".to_owned(),
        (Some(false), _) => "not asked for".to_owned(),
        (None, _) => "not found out".to_owned(),
    }
}

fn authentication(verdicts: &[SuiteVerdict], paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    heading("authentication suites of the KMIP Profiles", paint, out)?;
    writeln!(out, "  {}", paint.dim(&format!("{:<14}{:<34}in practice", "", "by the text")))?;
    let mut told: Vec<&SuiteVerdict> = Vec::new();
    for verdict in verdicts {
        let cell = |judgement: Judgement| {
            let style = match judgement {
                Judgement::Met => AnsiColor::Green.on_default(),
                Judgement::NotMet => AnsiColor::Red.on_default(),
                Judgement::IndicativeMet | Judgement::IndicativeNotMet | Judgement::Undecided => {
                    AnsiColor::Cyan.on_default()
                }
            };
            paint.in_style(style, &format!("{:<34}", judgement.name()))
        };
        let line = format!("  {:<14}{}{}", verdict.suite, cell(verdict.strict), cell(verdict.practical));
        writeln!(out, "{}", line.trim_end())?;
        if let Some(note) = &verdict.note {
            writeln!(out, "      {}", paint.dim(note))?;
        }
        if verdict.findings.is_empty() {
            writeln!(out, "      nothing is known that could be looked for")?;
        }
        // What one suite takes over from another is told once.
        let same = |a: &Finding, b: &Finding| (a.outcome, &a.says) == (b.outcome, &b.says);
        let takes_over = |other: &&&SuiteVerdict| {
            !other.findings.is_empty() && other.findings.iter().all(|f| verdict.findings.iter().any(|g| same(f, g)))
        };
        let other = told.iter().find(takes_over).copied();
        if let Some(other) = other {
            writeln!(out, "      as {}", other.suite)?;
        } else {
            told.push(verdict);
        }
        // The mandatory suites are asked for in both readings.
        let ours = verdict.practical_findings.iter().filter(|f| f.section == "practical" && other.is_none());
        let news = verdict.findings.iter().filter(|f| !other.is_some_and(|o| o.findings.iter().any(|g| same(f, g))));
        for finding in news.chain(ours.filter(|f| f.outcome == Outcome::Violated)) {
            if matches!(finding.outcome, Outcome::Violated | Outcome::NotFoundOut) {
                one(finding, paint, out)?;
            }
        }
    }
    Ok(())
}

/// One finding that is no "met".
fn one(finding: &Finding, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
    let (what, style) = match (finding.outcome, finding.level) {
        (Outcome::Violated, Some(Strength::Should)) => ("advised", Style::new()),
        (Outcome::Violated, _) => ("violated", AnsiColor::Red.on_default()),
        _ => ("open", AnsiColor::Cyan.on_default()),
    };
    let level = finding.level.map_or("", Strength::name);
    let place = format!("{level} {}", finding.section);
    writeln!(
        out,
        "      {} {:<38} {}",
        paint.in_style(style, &format!("{what:<9}")),
        place.trim_start(),
        finding.says
    )?;
    writeln!(out, "                {}", paint.dim(&shortened(&finding.because)))
}

/// The reason with long lists cut; the JSON file has them whole.
fn shortened(because: &str) -> String {
    let part = |part: &str| {
        let names: Vec<&str> = part.split(", ").collect();
        match names.split_at_checked(3) {
            Some((shown, rest)) if rest.len() > 1 => format!("{} and {} more", shown.join(", "), rest.len()),
            _ => part.to_owned(),
        }
    };
    because.split("; ").map(part).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_are_text_where_they_can_be() {
        assert_eq!(readable("323230206d780d0a"), "\"220 mx\\r\\n\"");
        assert_eq!(readable("42007b01"), "42007b01");
        assert_eq!(readable("1b5b31"), "1b5b31");
    }

    #[test]
    fn long_lists_are_cut() {
        assert_eq!(shortened("TLS 1.0: a, b, c, d; TLS 1.1: a"), "TLS 1.0: a, b, c, d; TLS 1.1: a");
        assert_eq!(shortened("TLS 1.0: a, b, c, d, e; x"), "TLS 1.0: a, b, c and 2 more; x");
    }
}
