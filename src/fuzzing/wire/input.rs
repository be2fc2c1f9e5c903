//! Inputs from files: scripts, messages, payloads that another tool recorded; and those that are built in.

use super::requests::is_honest;
use crate::fuzzing::script::{MAGIC, MAX_STEPS, Script, Step};
use include_dir::{Dir, include_dir};
use kmipspec_protocol::ttlv::frame_len;
use std::io;
use std::path::{Path, PathBuf};

/// The seeds of `server_seq`, one for nearly every operation; `tests/harness/fuzzing/seeds.rs` holds them against those in `fuzz/`.
static SEEDS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/vectors/conversations");

/// The largest file that is an input.
const LARGEST: u64 = 1 << 20;

/// An input and where it is from.
#[derive(Clone, Debug)]
pub struct Given {
    /// The file.
    pub path: PathBuf,
    /// What it holds.
    pub script: Script,
}

/// A file that is no input, and why.
pub type Refused = (PathBuf, String);

/// The conversations to begin with.
pub fn builtin() -> Vec<Script> {
    let mut files: Vec<_> = SEEDS.files().collect();
    files.sort_by_key(|file| file.path());
    files.into_iter().filter_map(|file| Script::read(file.contents()).ok()).collect()
}

/// Bytes as a script: one, or messages in a row, or anything else as one step of the first identity.
pub fn script_of(bytes: &[u8]) -> Result<Script, String> {
    if bytes.starts_with(MAGIC) {
        return Script::read(bytes).map_err(|e| e.to_string());
    }
    if bytes.is_empty() {
        return Err("there is nothing in it".to_owned());
    }
    let step = |bytes: &[u8]| Step { connection: 0, identity: 0, bytes: bytes.to_vec() };
    let mut steps = Vec::new();
    let mut rest = bytes;
    while steps.len() + 1 < MAX_STEPS
        && let Some(length) = rest.first_chunk::<8>().and_then(|header| frame_len(header, rest.len()).ok())
        && let Some((message, behind)) = rest.split_at_checked(length)
        && is_honest(message)
    {
        steps.push(step(message));
        rest = behind;
    }
    if !rest.is_empty() {
        steps.push(step(rest));
    }
    Ok(Script { steps })
}

/// What an input is called in a corpus: the same for the same bytes.
pub fn file_name(input: &[u8]) -> String {
    let mark = input.iter().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x100_0000_01b3));
    format!("{mark:016x}.kseq")
}

/// The inputs of a file, or of a folder and the folders in it; what cannot be read, with the reason.
pub fn folder(path: &Path) -> io::Result<(Vec<Given>, Vec<Refused>)> {
    let (mut given, mut refused) = (Vec::new(), Vec::new());
    let mut folders = Vec::new();
    let mut files = Vec::new();
    if std::fs::metadata(path)?.is_dir() {
        folders.push(path.to_owned())
    } else {
        files.push(path.to_owned())
    }
    while let Some(folder) = folders.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Err(e) if folder != path => {
                refused.push((folder, e.to_string()));
                continue;
            }
            entries => entries?,
        };
        for entry in entries {
            let path = entry?.path();
            match std::fs::metadata(&path) {
                // It may lead back to where it is.
                Ok(about) if about.is_dir() && path.is_symlink() => {
                    refused.push((path, "a link to a folder is not followed".to_owned()));
                }
                Ok(about) if about.is_dir() => folders.push(path),
                Ok(about) if about.is_file() => files.push(path),
                // Whoever opens a pipe waits for somebody who writes into it.
                Ok(_) => refused.push((path, "it is no ordinary file".to_owned())),
                Err(e) => refused.push((path, e.to_string())),
            }
        }
    }
    files.sort();
    // Beside a finding stand its record and its scenario, which are no inputs.
    let single = files.len() == 1;
    let beside = |path: &PathBuf| {
        !single && matches!(path.extension().and_then(|e| e.to_str()), Some("json" | "yaml" | "txt" | "md"))
    };
    for path in files.into_iter().filter(|path| !beside(path)) {
        match read(&path) {
            Ok(script) => given.push(Given { path, script }),
            Err(why) => refused.push((path, why)),
        }
    }
    Ok((given, refused))
}

fn read(path: &Path) -> Result<Script, String> {
    let size = std::fs::metadata(path).map_err(|e| e.to_string())?.len();
    if size > LARGEST {
        return Err(format!("{size} bytes are more than an input may have ({LARGEST})"));
    }
    script_of(&std::fs::read(path).map_err(|e| e.to_string())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_much_to_begin_with() {
        let all = builtin();
        assert!(all.len() > 50, "{}", all.len());
        assert!(all.iter().any(|script| script.steps.iter().any(|step| step.identity == 1)));
    }

    #[test]
    fn payloads_are_taken_as_they_are() {
        let message = [0x42, 0, 0x78, 1, 0, 0, 0, 0];
        let two = [message.as_slice(), &message, b"rest"].concat();
        let script = script_of(&two).expect("messages");
        let bytes: Vec<&[u8]> = script.steps.iter().map(|step| step.bytes.as_slice()).collect();
        assert_eq!(bytes, [message.as_slice(), &message, b"rest"]);
        assert_eq!(script_of(b"anything").map(|s| s.steps.len()), Ok(1));
        assert_eq!(script_of(&script.write()), Ok(script));
        assert!(script_of(b"").is_err() && script_of(b"KMIPSEQ\x01\0").is_err());
        assert!(script_of(b"KMIPSEQ\x07").is_ok(), "another version is no script: bytes like others");
    }

    #[test]
    fn a_folder_is_read_and_what_is_none_is_told() {
        let root = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(root.path().join("in")).expect("made");
        std::fs::write(root.path().join("in/b.bin"), b"payload").expect("written");
        std::fs::write(root.path().join("empty"), b"").expect("written");
        std::fs::write(root.path().join("a.json"), b"{}").expect("written");
        let (given, refused) = folder(root.path()).expect("read");
        assert_eq!(given.len(), 1);
        assert_eq!(refused.len(), 1, "{refused:?}");
        assert!(folder(&root.path().join("none")).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn what_would_be_waited_for_or_leads_back_is_told() {
        let root = tempfile::tempdir().expect("a folder");
        std::fs::write(root.path().join("payload"), b"payload").expect("written");
        std::os::unix::fs::symlink(root.path(), root.path().join("back")).expect("linked");
        std::os::unix::fs::symlink("/nowhere", root.path().join("away")).expect("linked");
        let pipe = std::process::Command::new("mkfifo").arg(root.path().join("pipe")).status().expect("mkfifo");
        assert!(pipe.success());
        let (given, refused) = folder(root.path()).expect("read");
        assert_eq!(given.len(), 1);
        let mut names: Vec<_> = refused.iter().filter_map(|(path, _)| path.file_name()?.to_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["away", "back", "pipe"], "{refused:?}");
    }
}
