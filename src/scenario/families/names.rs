//! Names of the standard as parts of ids.

/// `Re-key Key Pair` is `re-key-key-pair`, `PKCS#11` is `pkcs-11`: lower case, and `-` for whatever is no letter or digit.
pub(super) fn kebab(name: &str) -> String {
    let mut out = String::new();
    let mut letter_before = false;
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            // `PKCS#11` and `PKCS_11` are the same name in two spellings.
            out.push(c.to_ascii_lowercase());
            letter_before = true;
        } else if letter_before {
            out.push('-');
            letter_before = false;
        }
    }
    out.truncate(out.trim_end_matches('-').len());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_standard_become_parts_of_ids() {
        assert_eq!(kebab("Re-key Key Pair"), "re-key-key-pair");
        assert_eq!(kebab("PKCS#12 Friendly Name"), "pkcs-12-friendly-name");
        assert_eq!(kebab("X.509 Certificate Issuer"), "x-509-certificate-issuer");
        assert_eq!(kebab("IV/Counter/Nonce"), "iv-counter-nonce");
    }
}
