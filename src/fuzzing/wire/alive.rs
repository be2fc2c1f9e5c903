//! Is the server still there: for a client that was connected all the time, and for a new one (O1, O8).

use super::peer::Peer;
use super::requests::with_password;
use crate::client::connection::{Connection, fate_of_connect};
use crate::runner::event::Fate;
use crate::runner::message;
use kmipspec_protocol::registry::Operation;
use kmipspec_protocol::version::Version;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How the server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alive {
    /// It serves.
    Well,
    /// It serves new clients, but one that was connected has been cut off.
    Cut,
    /// New clients get nothing; why.
    Silent(String),
    /// Nothing listens, or it hangs up on everybody; why.
    Gone(String),
}

/// How long a server may take to come back by itself.
const COMES_BACK: Duration = Duration::from_secs(2);

/// How long it may take when it is started again.
const STARTS: Duration = Duration::from_secs(30);

impl Peer {
    /// Asks the client that watches; `thorough`, a new one as well. After it somebody watches again.
    pub fn alive(&mut self, thorough: bool) -> Alive {
        let watched = self.watch.take();
        let had_watch = watched.is_some();
        let cut = match watched {
            None => false,
            Some(mut connection) => match self.ask(&mut connection) {
                Fate::Answered => {
                    self.watch = Some(connection);
                    if !thorough {
                        return Alive::Well;
                    }
                    false
                }
                _ => true,
            },
        };
        match self.new_client() {
            Ok(connection) => {
                if self.watch.is_none() {
                    self.watch = Some(connection);
                }
                if cut && had_watch { Alive::Cut } else { Alive::Well }
            }
            Err(Fate::TimedOut { .. }) => Alive::Silent("a new client is not answered in time".to_owned()),
            Err(fate) => Alive::Gone(fate.told()),
        }
    }

    /// Whether it is there, with time to come back, or started again where there is a way to.
    pub(super) fn revive(&mut self) -> Result<(), String> {
        self.forget();
        self.watch = None;
        let mut until = Instant::now() + COMES_BACK;
        let mut why = match self.alive(true) {
            Alive::Well | Alive::Cut => return Ok(()),
            Alive::Silent(why) | Alive::Gone(why) => why,
        };
        let mut started = None;
        if let Some(command) = &self.restart {
            let shell = Command::new("sh").args(["-c", command]).stdin(Stdio::null()).stdout(Stdio::null()).spawn();
            match shell {
                Ok(child) => started = Some(child),
                Err(e) => return Err(format!("`{command}` cannot be run: {e}")),
            }
            until = Instant::now() + STARTS;
        }
        while Instant::now() < until && !self.stop.is_asked() {
            std::thread::sleep(Duration::from_millis(100));
            // What it ended with does not matter: the server may well be its child.
            if let Some(child) = &mut started {
                let _ = child.try_wait();
            }
            match self.alive(true) {
                Alive::Well | Alive::Cut => return Ok(()),
                Alive::Silent(now) | Alive::Gone(now) => why = now,
            }
        }
        Err(why)
    }

    fn new_client(&self) -> Result<Connection, Fate> {
        let name = self.who(0).unwrap_or_default().to_owned();
        let mut connection = match self.wait(self.target.connect(&name)) {
            None => return Err(Fate::Failed("interrupted".to_owned())),
            Some(Err(error)) => return Err(fate_of_connect(&error)),
            Some(Ok(connection)) => connection,
        };
        match self.ask(&mut connection) {
            Fate::Answered => Ok(connection),
            fate => Err(fate),
        }
    }

    /// Discover Versions; any answer will do.
    fn ask(&self, connection: &mut Connection) -> Fate {
        let identity = self.who(0).and_then(|name| self.target.identity(name));
        let request = message::request(Version::V1_2, None, Operation::DISCOVER_VERSIONS, Vec::new());
        let request = with_password(request, identity);
        let deadline = Instant::now() + self.patience();
        let reply = self.wait(connection.exchange(&request, false, deadline));
        reply.map_or(Fate::Failed("interrupted".to_owned()), |reply| reply.fate)
    }
}
