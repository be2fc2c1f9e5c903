//! The store with a file: everything in memory for reading, every commit in SQLite before an answer tells of it.
//!
//! One thread writes. It takes all commits that wait, in their order, and saves them in one SQLite transaction (group commit),
//! so that many clients share one wait for the disk. A commit is never split: after a crash it is there as a whole, or not at all.

use super::cipher::{StateKey, StateKeyError};
use super::encoding;
use super::tables::{Tables, TablesTransaction};
use super::{Change, Horizon, NotSaved, Store, Transaction};
use rusqlite::{Connection, ErrorCode, params};
use std::fmt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::watch;

/// SQLite's `application_id` of our files: "KMIP".
const APPLICATION: i32 = 0x4B4D_4950;

/// SQLite's `user_version` of our files: the form of tables and objects.
const VERSION: i32 = 1;

/// Commits saved in one SQLite transaction at most.
const GROUP: usize = 1_024;

/// What is sealed with the key, so that a wrong one is told at start.
const CHECK: &[u8] = b"kmipspec";

/// The tables.
const SCHEMA: &str = "
    CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE objects (sequence INTEGER PRIMARY KEY, object BLOB NOT NULL);
    CREATE TABLE records (kind TEXT NOT NULL, name TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (kind, name)) WITHOUT ROWID;
";

/// Why a state file cannot be used.
#[derive(Debug)]
pub enum StateError {
    /// The key file is of no use.
    Key(StateKeyError),
    /// The file cannot be made or opened.
    File(PathBuf, std::io::Error),
    /// SQLite could not do something.
    Sqlite(PathBuf, rusqlite::Error),
    /// No SQLite database.
    NoDatabase(PathBuf),
    /// A database of another program.
    Foreign(PathBuf),
    /// A form this program does not know.
    UnknownVersion(PathBuf, i32),
    /// Another process has it.
    Locked(PathBuf),
    /// What SQLite's own check found.
    Damaged(PathBuf, String),
    /// Something in it cannot be read.
    Unreadable(PathBuf, String),
    /// Encrypted, and no key is given.
    KeyNeeded(PathBuf),
    /// Not encrypted, and a key is given.
    KeyNotNeeded(PathBuf),
    /// Encrypted with another key.
    WrongKey(PathBuf),
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = match self {
            Self::Key(e) => return write!(f, "{e}"),
            Self::File(path, _)
            | Self::Sqlite(path, _)
            | Self::NoDatabase(path)
            | Self::Foreign(path)
            | Self::UnknownVersion(path, _)
            | Self::Locked(path)
            | Self::Damaged(path, _)
            | Self::Unreadable(path, _)
            | Self::KeyNeeded(path)
            | Self::KeyNotNeeded(path)
            | Self::WrongKey(path) => path.display(),
        };
        write!(f, "use the state file {path}: ")?;
        match self {
            Self::Key(_) => Ok(()),
            Self::File(_, e) => write!(f, "{e}"),
            Self::Sqlite(_, e) => write!(f, "{e}"),
            Self::NoDatabase(_) => f.write_str("it is no SQLite database"),
            Self::Foreign(_) => f.write_str("it is a SQLite database of another program"),
            Self::UnknownVersion(_, version) => {
                write!(f, "it has the form {version}, and this program knows form {VERSION} only")
            }
            Self::Locked(_) => f.write_str("another process uses it"),
            Self::Damaged(_, what) => write!(f, "it is damaged: {what}"),
            Self::Unreadable(_, what) => write!(f, "{what} in it cannot be read"),
            Self::KeyNeeded(_) => f.write_str("it is encrypted; name its key file with --state-key"),
            Self::KeyNotNeeded(_) => f.write_str("it is not encrypted, yet a key is given; leave --state-key out"),
            Self::WrongKey(_) => f.write_str("it was encrypted with another key"),
        }
    }
}

impl std::error::Error for StateError {}

/// All objects of one server, for good.
#[derive(Debug)]
pub(crate) struct SqliteStore {
    /// What is read.
    tables: Mutex<Tables>,
    /// What saves.
    writer: Writer,
}

impl SqliteStore {
    /// Opens or makes a file, and reads all of it.
    pub(crate) fn open(path: &Path, key: Option<&Path>) -> Result<Self, StateError> {
        let key = key.map(StateKey::read).transpose().map_err(StateError::Key)?;
        create_private(path).map_err(|e| StateError::File(path.to_owned(), e))?;
        let file = StateFile { path: path.to_owned(), key };
        let connection = file.connect()?;
        let mut tables = Tables::default();
        file.load(&connection, &mut tables)?;
        let writer = Writer::start(connection, file)?;
        Ok(Self { tables: Mutex::new(tables), writer })
    }
}

impl Store for SqliteStore {
    fn begin(&self) -> Box<dyn Transaction + '_> {
        // A panic while holding the lock cannot leave a half-made change: its transaction rolls back on drop.
        let tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        Box::new(TablesTransaction::new(tables, Some(&self.writer)))
    }

    fn saved(&self, horizon: Horizon) -> Pin<Box<dyn Future<Output = Result<(), NotSaved>> + Send + '_>> {
        let mut progress = self.writer.progress.clone();
        Box::pin(async move {
            let wait = progress.wait_for(|progress| progress.broken || progress.saved >= horizon.0);
            match wait.await {
                Ok(progress) if !progress.broken => Ok(()),
                // The writer has ended, or cannot write any more.
                _ => Err(NotSaved),
            }
        })
    }

    fn close(&self) {
        self.writer.close();
    }
}

/// How far the writer has come.
#[derive(Clone, Copy, Debug, Default)]
struct Progress {
    /// Number of the last commit saved.
    saved: u64,
    /// Nothing can be written any more.
    broken: bool,
}

/// A commit on its way.
type Commit = (u64, Vec<Change>);

/// The thread that writes, and the way to it.
#[derive(Debug)]
pub(super) struct Writer {
    /// To the thread; none once closed.
    queue: Mutex<Option<Sender<Commit>>>,
    /// From the thread.
    progress: watch::Receiver<Progress>,
    /// The thread; none once it was waited for.
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Starts the thread.
    fn start(connection: Connection, file: StateFile) -> Result<Self, StateError> {
        let path = file.path.clone();
        let (queue, commits) = channel();
        let (tell, progress) = watch::channel(Progress::default());
        let thread = std::thread::Builder::new().name("state".to_owned());
        let thread = thread.spawn(move || write_all(connection, &file, &commits, &tell));
        let thread = thread.map_err(|e| StateError::File(path, e))?;
        Ok(Self { queue: Mutex::new(Some(queue)), progress, thread: Mutex::new(Some(thread)) })
    }

    /// Sends a commit to be saved.
    pub(super) fn write(&self, commit: u64, changes: Vec<Change>) {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = queue.as_ref() {
            // A thread that is gone has told so: nobody gets an answer that rests on this commit.
            let _ = queue.send((commit, changes));
        }
    }

    /// Number of the last commit saved.
    pub(super) fn saved(&self) -> u64 {
        self.progress.borrow().saved
    }

    /// Lets the thread finish and waits for it.
    fn close(&self) {
        drop(self.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // A panic in the thread has been printed.
            let _ = thread.join();
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.close();
    }
}

/// The thread: saves what comes until nobody can send any more.
fn write_all(mut connection: Connection, file: &StateFile, commits: &Receiver<Commit>, tell: &watch::Sender<Progress>) {
    while let Ok(first) = commits.recv() {
        let mut group = vec![first];
        group.extend(commits.try_iter().take(GROUP));
        let last = group.last().map_or(0, |(commit, _)| *commit);
        if let Err(e) = save(&mut connection, file, &group) {
            tracing::error!(file = %file.path.display(), error = %e, "the state file cannot be written any more; every request is refused from now on");
            tell.send_modify(|progress| progress.broken = true);
            return;
        }
        tell.send_modify(|progress| progress.saved = last);
    }
    if let Err((_, e)) = connection.close() {
        tracing::warn!(file = %file.path.display(), error = %e, "the state file was not closed in order; nothing is lost");
    }
}

/// One SQLite transaction for a group of commits.
fn save(connection: &mut Connection, file: &StateFile, group: &[Commit]) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    {
        let mut put =
            transaction.prepare_cached("INSERT OR REPLACE INTO objects (sequence, object) VALUES (?1, ?2)")?;
        let mut remove = transaction.prepare_cached("DELETE FROM objects WHERE sequence = ?1")?;
        let mut put_record =
            transaction.prepare_cached("INSERT OR REPLACE INTO records (kind, name, value) VALUES (?1, ?2, ?3)")?;
        let mut remove_record = transaction.prepare_cached("DELETE FROM records WHERE kind = ?1 AND name = ?2")?;
        for change in group.iter().flat_map(|(_, changes)| changes) {
            match change {
                Change::Object(object) => {
                    let sequence = i64::try_from(object.sequence).unwrap_or(i64::MAX);
                    let bytes = file.seal(&object_place(sequence), encoding::encode(object))?;
                    put.execute(params![sequence, bytes])?;
                }
                Change::Removed(_, sequence) => {
                    remove.execute([i64::try_from(*sequence).unwrap_or(i64::MAX)])?;
                }
                Change::Record(kind, name, Some(value)) => {
                    let bytes = file.seal(&record_place(kind, name), value.to_vec())?;
                    put_record.execute(params![kind, name, bytes])?;
                }
                Change::Record(kind, name, None) => drop(remove_record.execute(params![kind, name])?),
            }
        }
    }
    transaction.commit()
}

/// The place of an object, which its ciphertext is bound to.
fn object_place(sequence: i64) -> Vec<u8> {
    [b"object ".as_slice(), &sequence.to_be_bytes()].concat()
}

/// The place of a record, which its ciphertext is bound to.
fn record_place(kind: &str, name: &str) -> Vec<u8> {
    [b"record ", kind.as_bytes(), b"\0", name.as_bytes()].concat()
}

/// Where a state is kept, and what it is encrypted with.
#[derive(Debug)]
struct StateFile {
    /// The file.
    path: PathBuf,
    /// Its key, if it has one.
    key: Option<StateKey>,
}

impl StateFile {
    /// Opens the file for this process alone, and makes the tables in an empty one.
    fn connect(&self) -> Result<Connection, StateError> {
        let fail = |e| self.sqlite(e);
        let mut connection = Connection::open(&self.path).map_err(fail)?;
        // A predecessor may be about to end.
        connection.busy_timeout(Duration::from_secs(1)).map_err(fail)?;
        // Nobody else is to write while we run, or to read what is half under way; without it SQLite shares memory by a file.
        connection.pragma_update(None, "locking_mode", "EXCLUSIVE").map_err(fail)?;
        let transaction =
            connection.transaction_with_behavior(rusqlite::TransactionBehavior::Exclusive).map_err(fail)?;
        let number = |name| transaction.pragma_query_value(None, name, |row| row.get::<_, i32>(0)).map_err(fail);
        let (application, version) = (number("application_id")?, number("user_version")?);
        let tables: i64 =
            transaction.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0)).map_err(fail)?;
        let new = application == 0 && version == 0 && tables == 0;
        if new {
            transaction.execute_batch(SCHEMA).map_err(fail)?;
            transaction.pragma_update(None, "application_id", APPLICATION).map_err(fail)?;
            transaction.pragma_update(None, "user_version", VERSION).map_err(fail)?;
            if self.key.is_some() {
                let check = self.seal(b"check", CHECK.to_vec()).map_err(fail)?;
                transaction.execute("INSERT INTO meta (name, value) VALUES ('check', ?1)", [check]).map_err(fail)?;
            }
        } else if application != APPLICATION {
            return Err(StateError::Foreign(self.path.clone()));
        } else if version != VERSION {
            return Err(StateError::UnknownVersion(self.path.clone(), version));
        }
        transaction.commit().map_err(fail)?;
        connection.pragma_update(None, "journal_mode", "WAL").map_err(fail)?;
        // What is answered is on the disk: each commit waits for it.
        connection.pragma_update(None, "synchronous", "FULL").map_err(fail)?;
        Ok(connection)
    }

    /// Checks the file and reads all of it.
    fn load(&self, connection: &Connection, tables: &mut Tables) -> Result<(), StateError> {
        let fail = |e| self.sqlite(e);
        let found: String = connection.query_row("PRAGMA quick_check(1)", (), |row| row.get(0)).map_err(fail)?;
        if found != "ok" {
            return Err(StateError::Damaged(self.path.clone(), found));
        }
        let mut check = connection.prepare("SELECT value FROM meta WHERE name = 'check'").map_err(fail)?;
        let check: Option<Vec<u8>> =
            check.query_map((), |row| row.get(0)).map_err(fail)?.next().transpose().map_err(fail)?;
        match (check, &self.key) {
            (Some(_), None) => return Err(StateError::KeyNeeded(self.path.clone())),
            (None, Some(_)) => return Err(StateError::KeyNotNeeded(self.path.clone())),
            (Some(sealed), Some(key)) if key.open(b"check", &sealed).as_deref() != Some(CHECK) => {
                return Err(StateError::WrongKey(self.path.clone()));
            }
            _ => {}
        }
        let mut objects = connection.prepare("SELECT sequence, object FROM objects ORDER BY sequence").map_err(fail)?;
        let mut rows = objects.query(()).map_err(fail)?;
        while let Some(row) = rows.next().map_err(fail)? {
            let sequence: i64 = row.get(0).map_err(fail)?;
            let bytes = self.open(&object_place(sequence), row.get(1).map_err(fail)?);
            let object = bytes.and_then(encoding::decode).filter(|o| i64::try_from(o.sequence) == Ok(sequence));
            let unreadable = || StateError::Unreadable(self.path.clone(), format!("object {sequence}"));
            tables.load(object.ok_or_else(unreadable)?);
        }
        let mut records = connection.prepare("SELECT kind, name, value FROM records").map_err(fail)?;
        let mut rows = records.query(()).map_err(fail)?;
        while let Some(row) = rows.next().map_err(fail)? {
            let (kind, name): (String, String) = (row.get(0).map_err(fail)?, row.get(1).map_err(fail)?);
            let bytes = self.open(&record_place(&kind, &name), row.get(2).map_err(fail)?);
            let unreadable = || StateError::Unreadable(self.path.clone(), format!("record {kind} {name}"));
            tables.load_record(kind.clone(), name.clone(), bytes.ok_or_else(unreadable)?);
        }
        Ok(())
    }

    /// As it goes into the file.
    fn seal(&self, place: &[u8], text: Vec<u8>) -> rusqlite::Result<Vec<u8>> {
        match &self.key {
            Some(key) => key.seal(place, text).ok_or(rusqlite::Error::InvalidQuery),
            None => Ok(text),
        }
    }

    /// As it came out of the file.
    fn open(&self, place: &[u8], bytes: Vec<u8>) -> Option<Vec<u8>> {
        match &self.key {
            Some(key) => key.open(place, &bytes),
            None => Some(bytes),
        }
    }

    /// What SQLite says, in our words where it is something a user can do about.
    fn sqlite(&self, error: rusqlite::Error) -> StateError {
        let path = self.path.clone();
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StateError::Locked(path),
            Some(ErrorCode::NotADatabase) => StateError::NoDatabase(path),
            Some(ErrorCode::DatabaseCorrupt) => StateError::Damaged(path, error.to_string()),
            _ => StateError::Sqlite(path, error),
        }
    }
}

/// Makes the file if it is not there, for its owner alone; SQLite gives its side files the same rights.
fn create_private(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::StoredObject;
    use kmipspec_protocol::objects::ManagedObject;
    use kmipspec_protocol::registry::{CryptographicAlgorithm, ObjectType};

    fn object(id: &str, key: &[u8]) -> StoredObject {
        let material = ManagedObject::symmetric_key(CryptographicAlgorithm::AES, 256, key);
        StoredObject { material: Some(material), ..StoredObject::new(id, ObjectType::SYMMETRIC_KEY, "alice") }
    }

    fn identifiers(store: &SqliteStore) -> Vec<String> {
        let mut seen = Vec::new();
        store.begin().each(&mut |object| {
            seen.push(object.id.clone());
            std::ops::ControlFlow::Continue(())
        });
        seen
    }

    fn refused(path: &Path, key: Option<&Path>) -> String {
        SqliteStore::open(path, key).expect_err("refused").to_string()
    }

    #[tokio::test]
    async fn what_is_saved_is_there_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state.db");
        let store = SqliteStore::open(&path, None).expect("opened");
        for id in ["c", "a", "b"] {
            let mut transaction = store.begin();
            transaction.put(object(id, &[1; 32]));
            transaction.put_record("log", id, Some(b"made"));
            let horizon = transaction.commit();
            // It is visible to others at once, and they know that they must wait.
            assert_eq!(store.begin().horizon(), Horizon::default());
            store.saved(horizon).await.expect("saved");
        }
        let mut transaction = store.begin();
        transaction.put_record("log", "a", None);
        transaction.put(object("never", &[1; 32]));
        drop(transaction);
        let mut transaction = store.begin();
        transaction.put_record("log", "b", None);
        let horizon = transaction.commit();
        store.saved(horizon).await.expect("saved");
        assert!(refused(&path, None).ends_with("another process uses it"));
        store.close();
        let store = SqliteStore::open(&path, None).expect("opened again");
        assert_eq!(identifiers(&store), ["c", "a", "b"]);
        let mut transaction = store.begin();
        let left: Vec<String> = transaction.records("log").into_iter().map(|(key, _)| key).collect();
        assert_eq!(left, ["a", "c"]);
        // The order of creation goes on where it was.
        transaction.put(object("d", &[1; 32]));
        assert_eq!(transaction.object("d").expect("put").sequence, 4);
        transaction.remove("a");
        transaction.remove("b");
        transaction.put(object("b", &[1; 32]));
        transaction.put(object("e", &[1; 32]));
        transaction.remove("e");
        let horizon = transaction.commit();
        store.saved(horizon).await.expect("saved");
        store.close();
        assert_eq!(identifiers(&SqliteStore::open(&path, None).expect("opened again")), ["c", "d", "b"]);
        let store = SqliteStore::open(&path, None).expect("opened again");
        let mut transaction = store.begin();
        for id in ["b", "c", "d"] {
            transaction.remove(id);
        }
        for (key, _) in transaction.records("log") {
            transaction.put_record("log", &key, None);
        }
        let _ = transaction.commit();
        store.close();
        let store = SqliteStore::open(&path, None).expect("opened again");
        assert!(identifiers(&store).is_empty() && store.begin().records("log").is_empty());
    }

    #[tokio::test]
    async fn a_reader_waits_for_what_it_has_seen() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = SqliteStore::open(&folder.path().join("state.db"), None).expect("opened");
        let mut transaction = store.begin();
        transaction.put(object("a", &[1; 32]));
        let wrote = transaction.commit();
        let transaction = store.begin();
        assert!(transaction.object("other").is_none());
        assert_eq!(transaction.horizon(), Horizon::default());
        assert!(transaction.object("a").is_some());
        assert!(transaction.horizon() <= wrote);
        drop(transaction);
        store.saved(wrote).await.expect("saved");
        let transaction = store.begin();
        assert!(transaction.object("a").is_some());
        assert_eq!(transaction.horizon(), Horizon::default());
    }

    #[tokio::test]
    async fn what_cannot_be_saved_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = SqliteStore::open(&folder.path().join("state.db"), None).expect("opened");
        store.close();
        store.saved(Horizon::default()).await.expect("nothing is to be saved");
        let mut transaction = store.begin();
        transaction.put(object("a", &[1; 32]));
        let horizon = transaction.commit();
        assert!(store.saved(horizon).await.is_err());
    }

    #[tokio::test]
    async fn with_a_key_nothing_of_an_object_is_in_the_files() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, key, other) =
            (folder.path().join("state.db"), folder.path().join("key"), folder.path().join("other"));
        std::fs::write(&key, "0f".repeat(32) + "\n").expect("written");
        std::fs::write(&other, [7; 32]).expect("written");
        let secret = b"thirty-two bytes of a secret key";
        let contains = |text: &[u8]| {
            let files = std::fs::read_dir(folder.path()).expect("a folder");
            let files = files.map(|file| std::fs::read(file.expect("a file").path()).expect("bytes"));
            files.filter(|bytes| bytes.windows(text.len()).any(|window| window == text)).count()
        };
        let store = SqliteStore::open(&path, Some(&key)).expect("opened");
        let mut transaction = store.begin();
        transaction.put(object("identifier", secret));
        transaction.put_record("log", "entry", Some(secret));
        let horizon = transaction.commit();
        store.saved(horizon).await.expect("saved");
        assert!(std::fs::metadata(folder.path().join("state.db-wal")).expect("a log").len() > 0);
        // Once with the write-ahead log, once without.
        for _ in 0..2 {
            assert_eq!((contains(secret), contains(b"identifier")), (0, 0));
            store.close();
        }
        assert!(refused(&path, Some(&other)).ends_with("it was encrypted with another key"));
        assert!(refused(&path, None).contains("it is encrypted; name its key file"));
        let store = SqliteStore::open(&path, Some(&key)).expect("opened again");
        let found = store.begin().object("identifier").expect("there");
        assert_eq!(found.material.as_ref().and_then(ManagedObject::material), Some(secret.as_slice()));
        store.close();

        // The test sees a secret where there is one.
        let plain = folder.path().join("plain.db");
        let store = SqliteStore::open(&plain, None).expect("opened");
        let mut transaction = store.begin();
        transaction.put(object("identifier", secret));
        let horizon = transaction.commit();
        store.saved(horizon).await.expect("saved");
        assert_eq!(contains(secret), 1);
        store.close();
        assert!(refused(&plain, Some(&key)).contains("it is not encrypted, yet a key is given"));
        std::fs::write(&key, "too short").expect("written");
        assert!(refused(&path, Some(&key)).contains("32 bytes or 64 hexadecimal digits"));
        assert!(refused(&path, Some(&folder.path().join("none"))).starts_with("read the state key"));
    }

    #[test]
    fn a_file_that_is_not_ours_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("other.db");
        let foreign = Connection::open(&path).expect("opened");
        foreign.execute_batch("CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1)").expect("made");
        drop(foreign);
        let before = std::fs::read(&path).expect("bytes");
        assert!(refused(&path, None).ends_with("it is a SQLite database of another program"));
        assert_eq!(std::fs::read(&path).expect("bytes"), before);

        let path = folder.path().join("newer.db");
        SqliteStore::open(&path, None).expect("made").close();
        let newer = Connection::open(&path).expect("opened");
        newer.pragma_update(None, "user_version", 7).expect("set");
        drop(newer);
        assert!(refused(&path, None).contains("the form 7, and this program knows form 1 only"));

        let path = folder.path().join("text.db");
        std::fs::write(&path, "no database, but long enough to look for a header in it\n".repeat(20)).expect("written");
        assert!(refused(&path, None).ends_with("it is no SQLite database"));
        assert!(refused(&folder.path().join("no/such/folder.db"), None).contains("No such file"));
    }

    #[test]
    fn damage_is_told_at_start() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state.db");
        let store = SqliteStore::open(&path, None).expect("made");
        for number in 0..200_u32 {
            let mut transaction = store.begin();
            transaction.put(object(&number.to_string(), &[1; 32]));
            let _ = transaction.commit();
        }
        store.close();
        let sound = std::fs::read(&path).expect("bytes");
        let mut damaged = sound.clone();
        // A page in the middle of the file.
        let middle = sound.len() / 2 / 4096 * 4096;
        damaged.iter_mut().skip(middle).take(4096).for_each(|byte| *byte = 0x55);
        std::fs::write(&path, damaged).expect("written");
        let told = refused(&path, None);
        assert!(told.contains("it is damaged") || told.contains("cannot be read"), "{told}");
        let _ = std::fs::write(&path, sound.get(..sound.len() / 2).unwrap_or_default());
        let told = refused(&path, None);
        assert!(told.contains("it is damaged"), "{told}");
    }
}
