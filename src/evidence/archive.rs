//! The form of an archive: tar in gzip, a folder with plain files, the same bytes for the same contents. The only file that names tar and
//! flate2.
//!
//! Reading goes from beginning to end once, keeps no file, writes nothing, and ends at fixed limits, whoever made the archive.

use flate2::bufread::GzDecoder;
use flate2::{Compression, GzBuilder};
use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use tar::{EntryType, Header};

/// The one folder that all files are in.
pub const FOLDER: &str = "evidence/";

/// Files.
pub const MAX_FILES: usize = 400_000;

/// Characters of a path with its folder: what every tar can say.
const MAX_PATH: usize = 160;

/// Writes files, in the order in which they come.
pub struct Writer<W: Write> {
    out: tar::Builder<flate2::write::GzEncoder<W>>,
}

impl<W: Write> Writer<W> {
    /// An archive without files so far.
    pub fn new(out: W) -> Self {
        // 255: an operating system that is not told, whichever it is.
        let gzip = GzBuilder::new().mtime(0).operating_system(255).write(out, Compression::default());
        Self { out: tar::Builder::new(gzip) }
    }

    /// Adds a file.
    pub fn add(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let mut header = Header::new_ustar();
        header.set_path(format!("{FOLDER}{path}"))?;
        header.set_entry_type(EntryType::Regular);
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        header.set_cksum();
        self.out.append(&header, bytes)
    }

    /// Ends it.
    pub fn finish(self) -> io::Result<W> {
        self.out.into_inner()?.finish()
    }
}

/// Why reading ended.
#[derive(Debug)]
pub enum ReadError {
    /// No archive, or one that is cut short or damaged.
    Broken(io::Error),
    /// More bytes than an archive may have.
    TooLarge,
    /// More files.
    TooManyFiles,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken(e) => write!(f, "no archive, or a damaged one: {e}"),
            Self::TooLarge => f.write_str("unpacked it is larger than an archive may be; the rest was not looked at"),
            Self::TooManyFiles => write!(f, "it has more than {MAX_FILES} files; the rest was not looked at"),
        }
    }
}

impl std::error::Error for ReadError {}

/// What is in an archive, one after the other.
pub enum Found<'a> {
    /// A plain file at a path that stays in the folder; without the folder's name.
    File(&'a str, &'a mut dyn Read),
    /// Something else: what it is and why it must not be there.
    Unsafe(String),
    /// Bytes behind the end.
    Behind,
}

/// Reads an archive of at most so many bytes when it is unpacked; what `each` leaves unread of a file is passed over.
pub fn read(file: impl Read, total: u64, mut each: impl FnMut(Found<'_>)) -> Result<(), ReadError> {
    let bounded = Bounded { inner: GzDecoder::new(BufReader::new(file)), left: total };
    let mut archive = tar::Archive::new(bounded);
    // Raw: what says something of the next file, a long name for example, is a file of its own then, and refused.
    for (n, entry) in archive.entries().map_err(why)?.raw(true).enumerate() {
        if n >= MAX_FILES {
            return Err(ReadError::TooManyFiles);
        }
        let mut entry = entry.map_err(why)?;
        let name = entry.path_bytes().into_owned();
        let kind = entry.header().entry_type();
        match std::str::from_utf8(&name).ok().and_then(|name| inside(name)) {
            Some(path) if kind == EntryType::Regular => each(Found::File(path, &mut entry)),
            Some(path) => each(Found::Unsafe(format!("{path}: not a plain file"))),
            None => {
                let name = String::from_utf8_lossy(&name);
                each(Found::Unsafe(format!("{name}: not a path in the folder {FOLDER}")));
            }
        }
        // An entry that cannot be read to its end would have the next begin elsewhere.
        io::copy(&mut entry, &mut io::sink()).map_err(why)?;
    }
    let mut rest = archive.into_inner();
    let mut is_empty = true;
    let mut block = [0u8; 4096];
    loop {
        match rest.read(&mut block).map_err(why)? {
            0 => break,
            n => is_empty &= block.iter().take(n).all(|byte| *byte == 0),
        }
    }
    let mut file = rest.inner.into_inner();
    if !is_empty || !file.fill_buf().map_err(why)?.is_empty() {
        each(Found::Behind);
    }
    Ok(())
}

/// The path below the folder, if it is one: components of plain characters, none of which leads elsewhere.
pub fn inside(name: &str) -> Option<&str> {
    let path = name.strip_prefix(FOLDER)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let is_component = |part: &str| part.starts_with(|c: char| c.is_ascii_alphanumeric()) && part.chars().all(plain);
    (name.len() <= MAX_PATH && path.split('/').all(is_component)).then_some(path)
}

/// Ends with an error where there would be more than so many bytes.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(out)?;
        let left = self.left.checked_sub(n as u64);
        self.left = left.unwrap_or_default();
        left.map(|_| n).ok_or_else(|| io::ErrorKind::FileTooLarge.into())
    }
}

fn why(e: io::Error) -> ReadError {
    if e.kind() == io::ErrorKind::FileTooLarge { ReadError::TooLarge } else { ReadError::Broken(e) }
}
