//! The peer's TLS in the summary of a run: a few lines, for people. `report/tls.rs` tells all.

use super::text::{count, printable};
use super::tls::host;
use crate::runner::event::TlsLook;
use crate::tls::observation::{Host, Observation};
use crate::tls::verdict::{Judgement, SuiteVerdict};
use crate::tls::{TlsVersion, suite};

/// Names told of what there is to avoid; more are counted.
const NAMES: usize = 3;

/// Lines with their labels: what is taken and shown, what is weak, which authentication suites are met.
pub fn lines(look: &TlsLook) -> Vec<(&'static str, String)> {
    let seen = &look.seen;
    if seen.host != Host::Tls {
        return vec![("tls", printable(&host(&seen.host), false))];
    }
    let mut facts = vec![versions(seen)];
    facts.extend(certificate(seen));
    facts.extend(clients(seen));
    let mut lines = vec![("tls", printable(&facts.join("; "), false))];
    let weak = weak(seen);
    if !weak.is_empty() {
        lines.push(("", format!("to avoid: {}", weak.join(", "))));
    }
    lines.push(("", suites(&look.verdicts)));
    lines
}

/// `TLS 1.2 (3 suites), TLS 1.3 (2 suites)`.
fn versions(seen: &Observation) -> String {
    let taken = seen.versions.iter().filter(|v| !v.suites.is_empty());
    let taken = taken.map(|v| {
        let cut = if v.complete { "" } else { ", not all asked for" };
        format!("{} ({}{cut})", v.version, count(v.suites.len(), "suite"))
    });
    let taken: Vec<String> = taken.collect();
    if taken.is_empty() { "no version of TLS found that it takes".to_owned() } else { taken.join(", ") }
}

/// `certificate EC P-256 until 2036-11-20`, the server's own of each kind of key.
fn certificate(seen: &Observation) -> Option<String> {
    let own = seen.certificates.iter().filter_map(|chain| chain.certificates.first());
    let told = own.map(|c| {
        let size = c.curve.clone().or_else(|| c.key_bits.map(|bits| bits.to_string())).unwrap_or_default();
        let until = c.not_after.split('T').next().unwrap_or_default();
        let now = if c.is_current { "" } else { " (not valid today)" };
        format!("{} {size} until {until}{now}", c.key)
    });
    let told: Vec<String> = told.collect();
    (!told.is_empty()).then(|| format!("certificate {}", told.join(", ")))
}

/// Whether clients need a certificate.
fn clients(seen: &Observation) -> Option<String> {
    let client = &seen.client_certificate;
    let told = match (client.required, client.requested) {
        (Some(true), _) => "clients need a certificate",
        (Some(false), Some(true)) => "clients are asked for a certificate and may do without",
        (_, Some(false)) => "clients are not asked for a certificate",
        (None, Some(true)) => "clients are asked for a certificate",
        (_, None) => return None,
    };
    Some(told.to_owned())
}

/// What nobody should take any more: versions below TLS 1.2, suites that are anonymous, NULL or weak.
fn weak(seen: &Observation) -> Vec<String> {
    let old = seen.versions.iter().filter(|v| v.version < TlsVersion::Tls12 && !v.suites.is_empty());
    let mut weak: Vec<String> = old.map(|v| v.version.to_string()).collect();
    let mut names: Vec<&str> = Vec::new();
    for of_version in &seen.versions {
        for one in &of_version.suites {
            let is_weak = suite::by_code(of_version.version, one.code)
                .is_some_and(|row| row.is_anonymous() || row.is_null() || row.is_weak());
            if is_weak && !names.contains(&one.name.as_str()) {
                names.push(&one.name);
            }
        }
    }
    let more = names.len().saturating_sub(NAMES);
    weak.extend(names.iter().take(NAMES).map(|name| (*name).to_owned()));
    if more > 0 {
        weak.push(format!("{} more", count(more, "weak suite")));
    }
    weak
}

/// `authentication suites met: basic-2.1; in practice suiteb-128; …`.
fn suites(verdicts: &[SuiteVerdict]) -> String {
    let of = |test: &dyn Fn(&SuiteVerdict) -> bool| {
        verdicts.iter().filter(|v| test(v)).map(|v| v.suite.as_str()).collect::<Vec<_>>().join(", ")
    };
    let by_text = of(&|v| v.strict == Judgement::Met);
    let practical = of(&|v| v.strict != Judgement::Met && v.practical == Judgement::Met);
    let indicative =
        of(&|v| v.practical != Judgement::Met && [v.strict, v.practical].contains(&Judgement::IndicativeMet));
    let mut parts =
        vec![if by_text.is_empty() { "none by the text".to_owned() } else { format!("{by_text} by the text") }];
    for (ids, how) in [(practical, "in practice"), (indicative, "as far as is known at second hand")] {
        if !ids.is_empty() {
            parts.push(format!("{ids} {how}"));
        }
    }
    format!("authentication suites met: {}; `kmipspec tls` tells why not others", parts.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture::tls_look;
    use crate::tls::observation::{Completion, Stranger, SuiteObservation};

    fn told(look: &TlsLook) -> String {
        lines(look).into_iter().map(|(label, line)| format!("{label:<10}{line}\n")).collect()
    }

    #[test]
    fn what_is_weak_is_told_and_long_lists_are_cut() {
        let mut look = tls_look();
        assert!(!told(&look).contains("to avoid"), "{}", told(&look));
        let names = ["TLS_RSA_WITH_NULL_MD5", "TLS_RSA_WITH_NULL_SHA", "TLS_RSA_EXPORT_WITH_RC4_40_MD5"];
        let weak = names.iter().chain(&["TLS_RSA_WITH_DES_CBC_SHA"]).map(|name| {
            let row = suite::by_name(name).expect("a suite of that name");
            SuiteObservation { code: row.code, name: (*name).to_owned(), completion: Completion::NotTried }
        });
        let weak: Vec<_> = weak.collect();
        let old = look.seen.versions.iter_mut().find(|v| v.version == TlsVersion::Tls10).expect("looked at");
        old.suites = weak;
        let text = told(&look);
        assert!(text.contains(&format!("to avoid: TLS 1.0, {}, 1 weak suite more\n", names.join(", "))), "{text}");
    }

    #[test]
    fn what_is_no_tls_is_one_line() {
        let mut look = tls_look();
        look.seen.host = Host::NotTls { what: Stranger::Smtp, first: "323230206d780d0a".to_owned() };
        assert_eq!(told(&look), "tls       a mail server (SMTP) (it began with \"220 mx\\r\\n\")\n");
    }
}
