//! Whether certificates make a path from a trust anchor, good at a time: the checks of RFC 5280 §6.1 without policies and name
//! constraints. A certificate that holds a critical extension which is not processed here is refused, as §4.2 wants it.

use super::signature::{Verdict, verify};
use kmipspec_protocol::registry::ValidityIndicator;
use x509_parser::certificate::X509Certificate;
use x509_parser::oid_registry::{
    OID_X509_EXT_BASIC_CONSTRAINTS, OID_X509_EXT_EXTENDED_KEY_USAGE, OID_X509_EXT_ISSUER_ALT_NAME,
    OID_X509_EXT_KEY_USAGE, OID_X509_EXT_SUBJECT_ALT_NAME, Oid,
};
use x509_parser::x509::X509Name;

/// Longest path that is followed.
const LONGEST: usize = 32;

/// Critical extensions that are processed; Extended Key Usage narrows uses that Validate does not ask for.
const PROCESSED: [Oid<'static>; 5] = [
    OID_X509_EXT_BASIC_CONSTRAINTS,
    OID_X509_EXT_KEY_USAGE,
    OID_X509_EXT_EXTENDED_KEY_USAGE,
    OID_X509_EXT_SUBJECT_ALT_NAME,
    OID_X509_EXT_ISSUER_ALT_NAME,
];

/// A certificate of the chain.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    /// DER.
    pub(crate) certificate: Vec<u8>,
    /// Since when it is revoked, seconds since 1970.
    pub(crate) revoked: Option<i64>,
}

/// What is known of the path so far. The worst finding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Finding {
    /// Nothing speaks against it.
    Sound,
    /// Something cannot be decided here.
    Undecided,
    /// Something is wrong.
    Broken,
}

/// Valid: the certificates are one path from an anchor and nothing is wrong with them. Invalid: something is wrong, or they are no
/// one path. Unknown: nothing is wrong as far as can be seen, but no anchor is reached, or a signature cannot be verified here.
pub(crate) fn judge(chain: &[Candidate], anchors: &[Vec<u8>], date: i64) -> ValidityIndicator {
    if chain.len() > LONGEST {
        return ValidityIndicator::INVALID;
    }
    let mut parsed: Vec<(X509Certificate<'_>, &Candidate)> = Vec::with_capacity(chain.len());
    for candidate in chain {
        let Ok(([], certificate)) = x509_parser::parse_x509_certificate(&candidate.certificate) else {
            return ValidityIndicator::INVALID;
        };
        if parsed.iter().all(|(_, there)| there.certificate != candidate.certificate) {
            parsed.push((certificate, candidate));
        }
    }
    let trusted: Vec<X509Certificate<'_>> = anchors
        .iter()
        .filter_map(|der| x509_parser::parse_x509_certificate(der).ok().map(|(_, certificate)| certificate))
        .collect();
    let Some(path) = order(&parsed) else { return ValidityIndicator::INVALID };
    let mut finding = Finding::Sound;
    for (place, (certificate, candidate)) in path.iter().enumerate() {
        finding = finding.max(alone(certificate, candidate, date));
        if let Some((issuer, _)) = path.get(place.saturating_add(1)) {
            finding = finding.max(signed_by(certificate, issuer));
        }
        if place > 0 {
            let between = path.iter().take(place).skip(1).filter(|(c, _)| !same_name(c.subject(), c.issuer())).count();
            finding = finding.max(may_sign(certificate, between));
        }
    }
    let anchored = path.iter().any(|(_, candidate)| anchors.contains(&candidate.certificate))
        || path.last().is_some_and(|(last, _)| below(last, &trusted, &mut finding, path.len()));
    match (finding, anchored) {
        (Finding::Broken, _) => ValidityIndicator::INVALID,
        (Finding::Sound, true) => ValidityIndicator::VALID,
        _ => ValidityIndicator::UNKNOWN,
    }
}

/// A certificate as it is walked over.
type Step<'p, 'a> = &'p (X509Certificate<'a>, &'a Candidate);

/// The certificates from the subject up, each issued by the next; none when they are not one such row. The order they came in does
/// not matter (1.4 §4.24 leaves it to the server).
fn order<'p, 'a>(parsed: &'p [(X509Certificate<'a>, &'a Candidate)]) -> Option<Vec<Step<'p, 'a>>> {
    let issues_another = |place: usize, issuer: &X509Certificate<'_>| {
        parsed.iter().enumerate().any(|(other, (c, _))| other != place && same_name(c.issuer(), issuer.subject()))
    };
    let mut ends = parsed.iter().enumerate().filter(|(place, (c, _))| !issues_another(*place, c));
    let (Some((first, end)), None) = (ends.next(), ends.next()) else { return None };
    let (mut path, mut used) = (vec![end], vec![first]);
    while let Some((last, _)) = path.last().copied() {
        let named = || {
            let free = parsed.iter().enumerate().filter(|(place, _)| !used.contains(place));
            free.filter(|(_, (c, _))| same_name(c.subject(), last.issuer()))
        };
        // Two authorities of one name: the signature tells which it was.
        let next = named().find(|(_, (c, _))| signed_by(last, c) == Finding::Sound).or_else(|| named().next());
        let Some((place, step)) = next else { break };
        used.push(place);
        path.push(step);
    }
    (path.len() == parsed.len()).then_some(path)
}

/// What a certificate is by itself: its time, its extensions, its revocation.
fn alone(certificate: &X509Certificate<'_>, candidate: &Candidate, date: i64) -> Finding {
    let validity = certificate.validity();
    let in_time = validity.not_before.timestamp() <= date && date <= validity.not_after.timestamp();
    let processed = certificate.extensions().iter().all(|e| !e.critical || PROCESSED.contains(&e.oid));
    let revoked = candidate.revoked.is_some_and(|since| since <= date);
    if in_time && processed && !revoked { Finding::Sound } else { Finding::Broken }
}

/// Whether the signature is that of the issuer's key.
fn signed_by(certificate: &X509Certificate<'_>, issuer: &X509Certificate<'_>) -> Finding {
    let (tbs, signature) = (certificate.tbs_certificate.as_ref(), &certificate.signature_value.data);
    // The algorithm is told twice, inside the signature and beside it (RFC 5280 §4.1.1.2).
    if certificate.tbs_certificate.signature != certificate.signature_algorithm {
        return Finding::Broken;
    }
    match verify(issuer.public_key(), &certificate.signature_algorithm, tbs, signature) {
        Verdict::Good => Finding::Sound,
        Verdict::Bad => Finding::Broken,
        Verdict::Unsupported => Finding::Undecided,
    }
}

/// Whether a certificate may sign others, with so many authorities between it and the subject.
fn may_sign(issuer: &X509Certificate<'_>, between: usize) -> Finding {
    let authority = match issuer.basic_constraints() {
        Ok(Some(constraints)) => {
            let limit = constraints.value.path_len_constraint.map(usize::try_from);
            constraints.value.ca && limit.is_none_or(|limit| limit.is_ok_and(|limit| between <= limit))
        }
        _ => false,
    };
    let usage = match issuer.key_usage() {
        Ok(usage) => usage.is_none_or(|usage| usage.value.key_cert_sign()),
        Err(_) => false,
    };
    if authority && usage { Finding::Sound } else { Finding::Broken }
}

/// Whether the last certificate of the chain was issued by an anchor. Its own signature is looked at where it signs for itself.
fn below(last: &X509Certificate<'_>, anchors: &[X509Certificate<'_>], finding: &mut Finding, length: usize) -> bool {
    let mut seen = None;
    for anchor in anchors.iter().filter(|anchor| same_name(anchor.subject(), last.issuer())) {
        let signed = signed_by(last, anchor).max(may_sign(anchor, length.saturating_sub(1)));
        if signed == Finding::Sound {
            return true;
        }
        seen = seen.max(Some(signed));
    }
    if same_name(last.subject(), last.issuer()) {
        seen = seen.max(Some(signed_by(last, last)));
    }
    *finding = (*finding).max(seen.unwrap_or(Finding::Sound));
    false
}

/// Whether two names are the same: byte for byte, or without regard to case and blanks (RFC 5280 §7.1).
fn same_name(one: &X509Name<'_>, other: &X509Name<'_>) -> bool {
    let parts = |name: &X509Name<'_>| -> Option<Vec<(String, String)>> {
        let parts = name.iter_attributes().map(|part| {
            let text = part.as_str().ok()?;
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
            Some((part.attr_type().to_id_string(), text))
        });
        parts.collect()
    };
    one.as_raw() == other.as_raw() || parts(one).is_some_and(|one| parts(other) == Some(one))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{
        BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
        KeyUsagePurpose,
    };
    use time::{Duration, OffsetDateTime};

    /// The middle of all validities.
    const NOW: i64 = 1_700_000_000;

    fn params(name: &str, authority: Option<u8>) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        let now = OffsetDateTime::from_unix_timestamp(NOW).expect("a time");
        (params.not_before, params.not_after) = (now - Duration::days(1), now + Duration::days(1));
        if let Some(limit) = authority {
            params.is_ca = IsCa::Ca(BasicConstraints::Constrained(limit));
            params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        }
        params
    }

    /// Root, intermediate and leaf; `change` may spoil the intermediate and the leaf.
    fn chain(change: impl Fn(&mut CertificateParams, &mut CertificateParams)) -> [Candidate; 3] {
        let key = || KeyPair::generate().expect("a key");
        let (root_params, mut middle_params, mut leaf_params) =
            (params("root", Some(1)), params("middle", Some(0)), params("leaf", None));
        change(&mut middle_params, &mut leaf_params);
        let (root_key, middle_key, leaf_key) = (key(), key(), key());
        let root = root_params.self_signed(&root_key).expect("root").der().to_vec();
        let root_issuer = Issuer::new(root_params, root_key);
        let middle = middle_params.signed_by(&middle_key, &root_issuer).expect("middle").der().to_vec();
        let middle_issuer = Issuer::new(middle_params, middle_key);
        let leaf = leaf_params.signed_by(&leaf_key, &middle_issuer).expect("leaf").der().to_vec();
        [root, middle, leaf].map(|certificate| Candidate { certificate, revoked: None })
    }

    fn sound() -> [Candidate; 3] {
        chain(|_, _| {})
    }

    fn spoil(candidate: &mut Candidate) {
        let last = candidate.certificate.last_mut().expect("a signature");
        *last ^= 1;
    }

    #[test]
    fn a_chain_is_valid_below_an_anchor_in_any_order_and_with_or_without_it() {
        let [root, middle, leaf] = sound();
        let anchors = [root.certificate.clone()];
        for chain in [
            vec![leaf.clone(), middle.clone(), root.clone()],
            vec![root.clone(), leaf.clone(), middle.clone()],
            vec![middle.clone(), leaf.clone()],
            vec![leaf.clone(), middle.clone(), leaf.clone()],
            vec![root.clone()],
        ] {
            assert_eq!(judge(&chain, &anchors, NOW), ValidityIndicator::VALID);
        }
    }

    #[test]
    fn without_an_anchor_a_sound_chain_is_unknown() {
        let [root, middle, leaf] = sound();
        let [other, ..] = sound();
        for anchors in [vec![], vec![chain(|_, _| {})[2].certificate.clone()]] {
            assert_eq!(judge(&[root.clone(), middle.clone(), leaf.clone()], &anchors, NOW), ValidityIndicator::UNKNOWN);
            assert_eq!(judge(std::slice::from_ref(&leaf), &anchors, NOW), ValidityIndicator::UNKNOWN);
        }
        // An anchor of the right name and another key says that the signature is wrong.
        assert_eq!(judge(&[middle, leaf], &[other.certificate], NOW), ValidityIndicator::INVALID);
    }

    #[test]
    fn a_wrong_signature_anywhere_is_invalid() {
        for place in 0..3 {
            for anchored in [true, false] {
                let mut chain = sound();
                let anchors = if anchored { vec![chain[0].certificate.clone()] } else { Vec::new() };
                spoil(&mut chain[place]);
                assert_eq!(judge(&chain, &anchors, NOW), ValidityIndicator::INVALID, "{place}, {anchored}");
            }
        }
    }

    #[test]
    fn every_certificate_must_be_in_its_time() {
        let day = 86_400;
        let short = chain(|middle, _| middle.not_after -= Duration::hours(1));
        for (date, expected) in [
            (NOW + day, ValidityIndicator::INVALID),
            (NOW + day - 3_600, ValidityIndicator::VALID),
            (NOW - day, ValidityIndicator::VALID),
            (NOW - day - 1, ValidityIndicator::INVALID),
        ] {
            assert_eq!(judge(&short, &[short[0].certificate.clone()], date), expected, "{date}");
        }
    }

    #[test]
    fn only_authorities_sign_and_not_deeper_than_they_may() {
        type Change = fn(&mut CertificateParams, &mut CertificateParams);
        let changes: [(&str, Change); 4] = [
            ("no authority", |middle, _| (middle.is_ca, middle.key_usages) = (IsCa::ExplicitNoCa, Vec::new())),
            ("nothing said", |middle, _| (middle.is_ca, middle.key_usages) = (IsCa::NoCa, Vec::new())),
            ("no keyCertSign", |middle, _| middle.key_usages = vec![KeyUsagePurpose::DigitalSignature]),
            ("a critical extension nobody knows", |_, leaf| {
                let mut extension = CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 55_555, 1], vec![5, 0]);
                extension.set_criticality(true);
                leaf.custom_extensions = vec![extension];
            }),
        ];
        for (name, change) in changes {
            let chain = chain(change);
            assert_eq!(judge(&chain, &[chain[0].certificate.clone()], NOW), ValidityIndicator::INVALID, "{name}");
        }
        // One authority below the intermediate, which allows none.
        let chain = chain(|_, leaf| leaf.is_ca = IsCa::Ca(BasicConstraints::Unconstrained));
        assert_eq!(judge(&chain, &[chain[0].certificate.clone()], NOW), ValidityIndicator::VALID, "it signs nothing");
    }

    #[test]
    fn paths_are_not_longer_than_their_authorities_allow() {
        let key = || KeyPair::generate().expect("a key");
        let (root_params, root_key) = (params("root", Some(0)), key());
        let root = root_params.self_signed(&root_key).expect("root").der().to_vec();
        let (middle_params, middle_key) = (params("middle", Some(0)), key());
        let middle = middle_params.signed_by(&middle_key, &Issuer::new(root_params, root_key)).expect("middle");
        let leaf = params("leaf", None).signed_by(&key(), &Issuer::new(middle_params, middle_key)).expect("leaf");
        let candidate = |der: &[u8]| Candidate { certificate: der.to_vec(), revoked: None };
        let (root, middle, leaf) = (candidate(&root), candidate(middle.der()), candidate(leaf.der()));
        let anchors = [root.certificate.clone()];
        assert_eq!(judge(&[root.clone(), middle.clone()], &anchors, NOW), ValidityIndicator::VALID);
        assert_eq!(judge(&[root, middle.clone(), leaf.clone()], &anchors, NOW), ValidityIndicator::INVALID);
        assert_eq!(judge(&[middle, leaf], &anchors, NOW), ValidityIndicator::INVALID, "the anchor's own limit");
    }

    #[test]
    fn what_is_no_one_chain_is_invalid() {
        let ([root, middle, leaf], [_, _, stranger]) = (sound(), sound());
        let anchors = [root.certificate.clone()];
        for chain in [
            vec![],
            vec![leaf.clone(), root.clone()],
            vec![root.clone(), middle.clone(), leaf.clone(), stranger],
            vec![Candidate { certificate: vec![0x30, 0x00], revoked: None }],
        ] {
            assert_eq!(judge(&chain, &anchors, NOW), ValidityIndicator::INVALID);
        }
    }

    #[test]
    fn a_revoked_certificate_was_good_before() {
        let mut chain = sound();
        chain[2].revoked = Some(NOW);
        let anchors = [chain[0].certificate.clone()];
        assert_eq!(judge(&chain, &anchors, NOW - 1), ValidityIndicator::VALID);
        assert_eq!(judge(&chain, &anchors, NOW), ValidityIndicator::INVALID);
    }
}
