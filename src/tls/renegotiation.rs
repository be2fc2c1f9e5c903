//! Whether a client may shake hands anew on an open connection of TLS 1.2 or older (feature `legacy-tls`). No library of ours can ask for
//! that, so the program `openssl` of the system does, where it is there; what it sees of both handshakes is read off its own record.

use super::observation::{Completion, Observation, Renegotiation};
use super::prober::Prober;
use super::version::TlsVersion;
use crate::client::Target;
use crate::client::identity::CertificatePem;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use tempfile::NamedTempFile;

/// Asks at the newest version that a handshake came to its end at, and notes the answer.
pub(super) async fn look(seen: &mut Observation, target: &Target, prober: &Prober) {
    let done = |of: &&super::observation::VersionObservation| {
        (TlsVersion::Tls10..TlsVersion::Tls13).contains(&of.version)
            && of.suites.iter().any(|suite| suite.completion == Completion::Completed)
    };
    let Some(version) = seen.versions.iter().rev().find(done).map(|of| of.version) else { return };
    let certificate = target.identity(target.default_identity()).and_then(|identity| identity.certificate.clone());
    let (address, limit) = (prober.address().to_string(), prober.timeout());
    let Some(_turn) = prober.turn().await else { return };
    if !prober.count() {
        return;
    }
    let asked = tokio::task::spawn_blocking(move || ask(&address, version, certificate.as_ref(), limit)).await;
    seen.features.client_renegotiation = asked.ok().map(|asked| {
        asked.unwrap_or_else(|e| Renegotiation::NotFoundOut {
            because: format!("the program openssl cannot be run: {e}"),
        })
    });
}

/// One run of `openssl s_client`, told to renegotiate.
fn ask(
    address: &str,
    version: TlsVersion,
    certificate: Option<&CertificatePem>,
    limit: Duration,
) -> io::Result<Renegotiation> {
    let flag = match version {
        TlsVersion::Tls10 => "-tls1",
        TlsVersion::Tls11 => "-tls1_1",
        _ => "-tls1_2",
    };
    let mut program = Command::new("openssl");
    program.args(["s_client", "-connect", address, flag, "-msg", "-cipher", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"]);
    program.args(["-legacy_server_connect", "-legacy_renegotiation"]);
    // For the owner's eyes only, and gone with the end of this.
    let files = certificate.map(Files::of).transpose()?;
    if let Some(files) = &files {
        program.arg("-cert").arg(files.certificate.path()).arg("-key").arg(files.key.path());
        if let Some(issuers) = &files.issuers {
            program.arg("-cert_chain").arg(issuers.path());
        }
    }
    let streams = program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = streams.spawn()?;
    let told = follow(&mut child, Instant::now() + limit);
    // It may have ended by itself.
    let _ = child.kill();
    let _ = child.wait();
    told
}

/// What the program has to show.
struct Files {
    /// The client's certificate; of several in a file it takes the first.
    certificate: NamedTempFile,
    /// Those of its issuers.
    issuers: Option<NamedTempFile>,
    /// Its key.
    key: NamedTempFile,
}

impl Files {
    fn of(pem: &CertificatePem) -> io::Result<Self> {
        let text = String::from_utf8_lossy(&pem.chain);
        let issuers = text.split_once("-----END CERTIFICATE-----").map(|(_, rest)| rest);
        let issuers = issuers.filter(|rest| rest.contains("-----BEGIN CERTIFICATE-----"));
        Ok(Self {
            certificate: file(&pem.chain)?,
            issuers: issuers.map(|rest| file(rest.as_bytes())).transpose()?,
            key: file(&pem.key)?,
        })
    }
}

/// A file with these bytes.
fn file(bytes: &[u8]) -> io::Result<NamedTempFile> {
    let mut file = NamedTempFile::new()?;
    file.write_all(bytes)?;
    file.flush()?;
    Ok(file)
}

/// How long the answer to the second hello is waited for: some libraries tell their refusal only with what is sent next, so never.
const SILENCE: Duration = Duration::from_secs(3);

/// Tells it to renegotiate once it is connected, and reads its record until that is decided.
fn follow(child: &mut Child, mut deadline: Instant) -> io::Result<Renegotiation> {
    let (Some(mut told), Some(record)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(io::ErrorKind::BrokenPipe.into());
    };
    // It reads that when the first handshake is over; one that has ended already does not.
    let _ = told.write_all(b"R\n");
    let (sender, lines) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(record).split(b'\n').map_while(Result::ok) {
            if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                return;
            }
        }
    });
    let mut record = Record::default();
    loop {
        match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(line) => {
                let before = record.hellos;
                if let Some(decided) = record.line(&line) {
                    return Ok(decided);
                }
                if before < 2 && record.hellos == 2 {
                    deadline = deadline.min(Instant::now() + SILENCE);
                }
            }
            Err(mpsc::RecvTimeoutError::Timeout) if record.hellos < 2 => {
                return Ok(end("no connection until the time limit"));
            }
            Err(mpsc::RecvTimeoutError::Timeout) => return Ok(end("asked for it, the server said nothing")),
            Err(mpsc::RecvTimeoutError::Disconnected) if record.hellos < 2 => {
                return Ok(end("the connection ended before it could be asked"));
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                return Ok(Renegotiation::Refused { how: "closed".to_owned() });
            }
        }
    }
}

/// What the record has shown so far.
#[derive(Debug, Default)]
struct Record {
    /// Times we said hello.
    hellos: usize,
    /// Times the server was finished.
    finished: usize,
}

impl Record {
    /// One more line; what it decides. `<<< TLS 1.2, Alert [length 0002], warning no_renegotiation`
    fn line(&mut self, line: &str) -> Option<Renegotiation> {
        let (_, what) = line.trim_end().rsplit_once("], ")?;
        if line.starts_with(">>>") {
            self.hellos += usize::from(what == "ClientHello");
            return None;
        }
        if !line.starts_with("<<<") {
            return None;
        }
        self.finished += usize::from(what == "Finished");
        if self.finished == 2 {
            return Some(Renegotiation::Accepted);
        }
        let refused = self.hellos == 2 && line.contains(", Alert [");
        refused.then(|| Renegotiation::Refused { how: what.to_owned() })
    }
}

/// Nothing was decided.
fn end(because: &str) -> Renegotiation {
    Renegotiation::NotFoundOut { because: because.to_owned() }
}
