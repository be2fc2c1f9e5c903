//! The bytes of the vectors.

use std::io;
use std::path::Path;

/// A message and its name.
pub(super) type Named = (String, Vec<u8>);

/// The `bytes` of every vector of a folder, by name.
pub(super) fn read(folder: &Path) -> io::Result<Vec<Named>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(name) = path.file_stem().and_then(|name| name.to_str()) else { continue };
        if let Some(bytes) = bytes_of(&std::fs::read_to_string(&path)?) {
            found.push((name.to_owned(), bytes));
        }
    }
    found.sort();
    Ok(found)
}

/// The hexadecimal digits of the key `bytes`, on its line or on the indented ones behind it.
fn bytes_of(text: &str) -> Option<Vec<u8>> {
    let mut lines = text.lines().skip_while(|line| !line.starts_with("bytes:"));
    let first = lines.next()?.trim_start_matches("bytes:").trim_matches([' ', '|', '"', '\'']);
    let rest = lines.take_while(|line| line.starts_with(' ')).flat_map(|line| line.split('#').take(1));
    let digits: String =
        std::iter::once(first).chain(rest).flat_map(str::chars).filter(|c| !c.is_whitespace()).collect();
    let pair = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    (0..digits.len()).step_by(2).map(pair).collect()
}

/// The smallest ones, in order of their names.
pub(super) fn smallest(all: &[Named], most: usize) -> Vec<(&str, &Vec<u8>)> {
    let mut by_size: Vec<&Named> = all.iter().collect();
    by_size.sort_by_key(|(name, bytes)| (bytes.len(), name.as_str()));
    by_size.truncate(most);
    by_size.sort();
    by_size.into_iter().map(|(name, bytes)| (name.as_str(), bytes)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_in_both_forms() {
        assert_eq!(bytes_of("id: a\nbytes: |\n  4200 08\n  01\nfaults:\n  - {at: 16}\n"), Some(vec![0x42, 0, 8, 1]));
        assert_eq!(bytes_of("bytes: \"4200\"\n"), Some(vec![0x42, 0]));
        assert_eq!(bytes_of("id: a\n"), None);
    }
}
