//! Names of the standard as parts of case ids.

/// `Re-key Key Pair` is `re-key-key-pair`: lower case, and `-` for whatever is no letter or digit.
pub(super) fn kebab(name: &str) -> String {
    let words: Vec<String> = name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    words.join("-")
}

#[cfg(test)]
mod tests {
    use super::kebab;

    #[test]
    fn names_become_parts_of_ids() {
        assert_eq!(kebab("Re-key Key Pair"), "re-key-key-pair");
        assert_eq!(kebab("X.509 Certificate Issuer"), "x-509-certificate-issuer");
    }
}
