//! Verifying: an archive of anybody's held against its own manifest, and its results against their schema.

use super::archive::{self, Found, ReadError};
use super::manifest::{self, FIRST_RESULTS, MANIFEST, Manifest, RESULTS, SHEET};
use super::sheet::{self, Sheet};
use super::traces;
use crate::report::json::{self, Results};
use crate::report::text::hex;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::{self, BufReader, Read};

/// How large an archive may be, whoever made it.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of everything when it is unpacked.
    pub total: u64,
    /// Bytes of a file of results, or of the manifest: what is kept while it is looked at.
    pub kept: u64,
    /// Commas in such a file: what is read takes memory by its values, however short they are written.
    pub commas: usize,
}

impl Limits {
    /// Of every archive; [`super::pack`] makes none beyond.
    pub const OF_ALL: Self = Self { total: 4 << 30, kept: 256 << 20, commas: 16 << 20 };
}

/// Faults that are told.
const MAX_TOLD: usize = 100;

/// What an archive shows.
#[derive(Debug, Default)]
pub struct Verified {
    /// What is wrong with it; texts may be those of the archive.
    pub faults: Vec<String>,
    /// How many more faults there are.
    pub more: usize,
    /// What is said to be in it.
    pub manifest: Option<Manifest>,
    /// SHA-256 of the manifest, and so of everything.
    pub sha256: String,
    /// Who was judged.
    pub sheet: Option<Sheet>,
    /// What each run says of itself.
    pub runs: Vec<RunTold>,
}

/// What a file of results says.
#[derive(Debug)]
pub struct RunTold {
    /// Its path.
    pub path: String,
    /// The server.
    pub address: String,
    /// When it began.
    pub started: String,
    /// Version of the program that ran.
    pub kmipspec: String,
    /// SHA-256 of the cases built into that program, if it tells.
    pub case_set: Option<String>,
    /// Executions of each verdict.
    pub counts: BTreeMap<String, usize>,
    /// Executions.
    pub executions: usize,
    /// Of them, how many count against the run.
    pub failures: usize,
    /// Why it was cut short, if it was.
    pub broken: Option<String>,
}

/// Verifies an archive; an error where it cannot be read to its end.
pub fn verify(file: impl Read, limits: Limits) -> Result<Verified, ReadError> {
    let mut state =
        State { limits, told: Verified::default(), missing: BTreeMap::new(), secrets_covered: false, begun: false };
    archive::read(file, limits.total, |found| match found {
        Found::File(path, bytes) => state.file(path, bytes),
        Found::Unsafe(what) => state.fault(what),
        Found::Behind => state.fault("there are bytes behind the end of the archive".to_owned()),
    })?;
    Ok(state.finish())
}

/// What is known while an archive is read.
struct State {
    limits: Limits,
    told: Verified,
    /// What the manifest has and did not come yet: size and hash.
    missing: BTreeMap<String, (u64, String)>,
    secrets_covered: bool,
    begun: bool,
}

impl State {
    fn fault(&mut self, what: String) {
        if self.told.faults.len() < MAX_TOLD {
            self.told.faults.push(what);
        } else {
            self.told.more = self.told.more.saturating_add(1);
        }
    }

    fn file(&mut self, path: &str, bytes: &mut dyn Read) {
        if !std::mem::replace(&mut self.begun, true) {
            if path == MANIFEST {
                self.manifest(bytes);
            } else {
                self.fault(format!("{path}: comes first, in place of {MANIFEST}"));
            }
            return;
        }
        let Some((size, sha256)) = self.missing.remove(path) else {
            self.fault(format!("{path}: not in the manifest, or there twice"));
            return;
        };
        let mut tee = Tee::new(bytes, self.limits);
        if path == SHEET {
            self.sheet(&mut tee);
        } else if path.starts_with(RESULTS) {
            self.results(path, &mut tee);
        }
        // What is left is not kept.
        (tee.limits.kept, tee.limits.commas) = (u64::MAX, usize::MAX);
        if let Err(e) = io::copy(&mut tee, &mut io::sink()) {
            self.fault(format!("{path}: {e}"));
            return;
        }
        let (found, hash) = (tee.size, hex(&tee.hash.finalize()));
        if found != size {
            self.fault(format!("{path}: has {found} bytes, and {size} in the manifest"));
        } else if hash != sha256 {
            self.fault(format!("{path}: its SHA-256 is {hash}, and {sha256} in the manifest"));
        }
    }

    fn manifest(&mut self, bytes: &mut dyn Read) {
        let mut tee = Tee::new(bytes, self.limits);
        let read = serde_json::from_reader::<_, Manifest>(BufReader::new(&mut tee));
        self.told.sha256 = hex(&tee.hash.finalize());
        let manifest = match read {
            Ok(manifest) if manifest.format == manifest::FORMAT => manifest,
            Ok(manifest) => {
                let (found, known) = (manifest.format, manifest::FORMAT);
                return self.fault(format!("{MANIFEST}: format {found}, and this program reads {known}"));
            }
            Err(e) => return self.fault(format!("{MANIFEST}: {e}")),
        };
        self.secrets_covered = manifest.secrets_covered;
        for file in &manifest.files {
            let is_plain = archive::inside(&format!("{}{}", archive::FOLDER, file.path)).is_some();
            let entry = (file.size, file.sha256.to_ascii_lowercase());
            if !is_plain || file.path == MANIFEST {
                self.fault(format!("{MANIFEST}: `{}` is no path of a file", file.path));
            } else if self.missing.insert(file.path.clone(), entry).is_some() {
                self.fault(format!("{MANIFEST}: `{}` is there twice", file.path));
            }
        }
        for path in [SHEET, manifest::CONFIGURATION, FIRST_RESULTS] {
            if !self.missing.contains_key(path) {
                self.fault(format!("{MANIFEST}: there is no {path}"));
            }
        }
        self.told.manifest = Some(manifest);
    }

    fn sheet(&mut self, tee: &mut Tee<'_>) {
        tee.limits.kept = sheet::MAX;
        let mut text = String::new();
        let read = tee.read_to_string(&mut text).map_err(|e| e.to_string());
        match read.and_then(|_| Sheet::read(SHEET, &text).map_err(|e| e.to_string())) {
            Ok(sheet) => self.told.sheet = Some(sheet),
            Err(why) => self.fault(format!("{SHEET}: {why}")),
        }
    }

    fn results(&mut self, path: &str, tee: &mut Tee<'_>) {
        // The types that the schema is made from.
        let results: Results = match serde_json::from_reader(BufReader::new(tee)) {
            Ok(results) => results,
            Err(e) => return self.fault(format!("{path}: not what the schema of results says: {e}")),
        };
        if results.format != json::FORMAT {
            self.fault(format!("{path}: format {}, and this program reads {}", results.format, json::FORMAT));
        }
        for one in &results.results {
            let at = || format!("{path}: {} at {}", one.id, one.version);
            match traces::shows_secrets(one) {
                None => self.fault(format!("{}: a message is not hexadecimal", at())),
                Some(true) if self.secrets_covered => self.fault(format!("{}: a secret is not covered", at())),
                Some(_) => {}
            }
        }
        let mut counts = BTreeMap::new();
        for one in &results.results {
            *counts.entry(one.verdict.as_str().to_owned()).or_default() += 1;
        }
        self.told.runs.push(RunTold {
            counts,
            path: path.to_owned(),
            executions: results.results.len(),
            failures: results.results.iter().filter(|one| one.counts_as_failure).count(),
            address: results.target.address,
            started: results.started,
            kmipspec: results.kmipspec,
            case_set: results.case_set,
            broken: results.broken,
        });
    }

    fn finish(mut self) -> Verified {
        if !self.begun {
            self.fault("there is no file in it".to_owned());
        }
        for path in std::mem::take(&mut self.missing).into_keys() {
            self.fault(format!("{path}: in the manifest, and not there"));
        }
        self.told
    }
}

/// Hashes what goes through, and ends with an error at its limits.
struct Tee<'a> {
    inner: &'a mut dyn Read,
    hash: Sha256,
    size: u64,
    commas: usize,
    limits: Limits,
}

impl<'a> Tee<'a> {
    fn new(inner: &'a mut dyn Read, limits: Limits) -> Self {
        Self { inner, hash: Sha256::new(), size: 0, commas: 0, limits }
    }
}

impl Read for Tee<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(out)?;
        let bytes = out.get(..n).unwrap_or_default();
        self.hash.update(bytes);
        self.size = self.size.saturating_add(n as u64);
        self.commas = self.commas.saturating_add(bytes.iter().filter(|byte| **byte == b',').count());
        let Limits { kept, commas, .. } = self.limits;
        if self.size > kept {
            return Err(io::Error::other(format!("more than {kept} bytes")));
        }
        if self.commas > commas {
            return Err(io::Error::other(format!("more than {commas} values")));
        }
        Ok(n)
    }
}
