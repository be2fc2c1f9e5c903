//! Names of the specification -> names of XML and JSON (Additional Message Encodings 1.0 §4.1.3 and §6.1.3).

/// `"Unique Identifier"` -> `"UniqueIdentifier"`, `"X.509 Certificate Issuer"` -> `"X_509CertificateIssuer"`, `"3DES"` -> `"DES3"`.
///
/// The six rules, in the text's numbering of §4.1.3: (1) round brackets become spaces; (2) so does any character but a letter, digit or
/// underscore that stands before a letter and then a lower-case letter; (3) others of that kind, other than white space,
/// become underscores; (4) digits at the start of the first word move to its end; (5) words get a capital; (6) and are joined.
pub fn normalize(name: &str) -> String {
    let chars: Vec<char> = name.chars().map(|c| if matches!(c, '(' | ')') { ' ' } else { c }).collect();
    let mut split = String::with_capacity(name.len());
    let mut rest = chars.as_slice();
    while let Some((&c, after)) = rest.split_first() {
        rest = after;
        if is_word(c) {
            split.push(c);
            continue;
        }
        match *after {
            // Rule 2. The two letters belong to this match: the text's expression does not look at them again, and need not.
            [a, b, ..] if a.is_ascii_alphabetic() && b.is_ascii_lowercase() => split.push(' '),
            _ if c.is_whitespace() => split.push(c),
            _ => split.push('_'),
        }
    }
    let mut out = String::with_capacity(split.len());
    for (i, word) in split.split_whitespace().enumerate() {
        let letters = if i == 0 { word.trim_start_matches(|c: char| c.is_ascii_digit()) } else { word };
        let digits = word.strip_suffix(letters).unwrap_or_default();
        let mut chars = letters.chars();
        out.extend(chars.next().map(|c| c.to_ascii_uppercase()));
        out.push_str(chars.as_str());
        out.push_str(digits);
    }
    out
}

/// `\w` of the text's expressions.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{ENUMERATIONS, TAGS};

    #[test]
    fn every_row_has_the_name_the_rules_give() {
        let mut rows = 0;
        for (name, xml) in
            TAGS.iter().map(|t| (t.name, t.xml_name)).chain(ENUMERATIONS.iter().flat_map(|e| {
                std::iter::once((e.name, e.xml_name)).chain(e.values.iter().map(|v| (v.name, v.xml_name)))
            }))
        {
            assert_eq!(normalize(name), xml, "{name}");
            rows += 1;
        }
        assert!(rows > 1400, "only {rows} rows");
    }

    #[test]
    fn a_normal_name_stays_as_it_is() {
        for t in TAGS {
            assert_eq!(normalize(t.xml_name), t.xml_name);
        }
        for v in ENUMERATIONS.iter().flat_map(|e| e.values) {
            assert_eq!(normalize(v.xml_name), v.xml_name);
        }
    }

    #[test]
    fn brackets_digits_and_signs() {
        for (name, xml) in [
            ("3DES", "DES3"),
            ("3DES-CBC then MAC", "DES_CBC3ThenMAC"),
            ("ANSI X9.31", "ANSIX9_31"),
            ("Content Commitment (Non Repudiation)", "ContentCommitmentNonRepudiation"),
            ("MAC/sign then encrypt", "MACSignThenEncrypt"),
            ("IV/Counter/Nonce", "IVCounterNonce"),
            ("Polynomial Sharing GF (2^16)", "PolynomialSharingGF2_16"),
            ("PKCS#11 Function", "PKCS_11Function"),
            ("42", "42"),
            ("", ""),
            ("été-Ab", "étéAb"),
        ] {
            assert_eq!(normalize(name), xml);
        }
    }
}
