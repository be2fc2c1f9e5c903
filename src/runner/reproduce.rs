//! The command that runs one execution again.

use kmipspec_protocol::version::Version;

/// `kmipspec run`, how the target is named, the version and the id, quoted for a shell.
pub(crate) fn command(target: &[String], version: Version, id: &str) -> String {
    case_command("run", target, version, id)
}

/// The same for a case that a client is judged by: `kmipspec client`, and how the client is named.
pub(crate) fn client_command(client: &[String], version: Version, id: &str) -> String {
    case_command("client", client, version, id)
}

fn case_command(verb: &str, target: &[String], version: Version, id: &str) -> String {
    let mut words = vec!["kmipspec".to_owned(), verb.to_owned()];
    words.extend(target.iter().map(|word| quote(word)));
    words.push("--version".to_owned());
    words.push(version.to_string());
    words.push(quote(id));
    words.join(" ")
}

/// `kmipspec tls`, how the target is named, and the authentication suite.
pub(crate) fn tls_command(target: &[String], suite: &str, practical: bool) -> String {
    let mut words = vec!["kmipspec".to_owned(), "tls".to_owned()];
    words.extend(target.iter().map(|word| quote(word)));
    words.extend(["--suite".to_owned(), quote(suite)]);
    words.extend(practical.then(|| "--practical".to_owned()));
    words.join(" ")
}

/// Quotes a word where a shell would take it apart.
fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_a_shell() {
        let target = ["--target", "kms:5696", "--ca", "my ca's.pem"].map(str::to_owned);
        assert_eq!(
            command(&target, Version::V1_4, "operations.create.aes"),
            r"kmipspec run --target kms:5696 --ca 'my ca'\''s.pem' --version 1.4 operations.create.aes"
        );
        let suite = tls_command(&target[..2], "suiteb-128", true);
        assert_eq!(suite, "kmipspec tls --target kms:5696 --suite suiteb-128 --practical");
    }
}
