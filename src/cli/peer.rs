//! Who a run judges: the user's server, or the bundled one, which is started when it is first needed.

use super::settings::RunSettings;
use crate::client::{Encoding, Target};
use crate::exit::Exit;
use crate::runner::{BundledError, bundled};
use kmipspec_protocol::registry::Operation;
use kmipspec_reference_server::tls_preset::TlsPreset;
use kmipspec_reference_server::{Config, RunningServer};
use std::sync::Arc;

/// The peer of all parts of a run.
pub(super) struct Peer<'a> {
    settings: &'a RunSettings,
    /// The user's server, or the bundled one once it runs.
    target: Option<Arc<Target>>,
    server: Option<RunningServer>,
    /// How the bundled server's TLS is to be.
    preset: TlsPreset,
    /// Operations that are asked for whatever Query says.
    demanded: Vec<Operation>,
}

impl<'a> Peer<'a> {
    pub(super) fn new(
        settings: &'a RunSettings,
        target: Option<Target>,
        preset: TlsPreset,
        demanded: Vec<Operation>,
    ) -> Self {
        let target = target.map(|mut target| {
            target.supports.operations.extend(&demanded);
            Arc::new(target)
        });
        Self { settings, target, server: None, preset, demanded }
    }

    /// The user's server; none where the bundled one is judged.
    pub(super) fn of_the_user(&self) -> Option<&Arc<Target>> {
        self.target.as_ref().filter(|_| self.server.is_none())
    }

    /// How it is reached.
    pub(super) async fn target(&mut self) -> Result<Arc<Target>, Exit> {
        if let Some(target) = &self.target {
            return Ok(Arc::clone(target));
        }
        let (server, mut target) = start(self.settings, self.preset).await?;
        target.supports.operations.extend(&self.demanded);
        let target = Arc::new(target);
        (self.target, self.server) = (Some(Arc::clone(&target)), Some(server));
        Ok(target)
    }

    /// How it is reached with messages in a form other than the one of the run.
    pub(super) async fn speaking(&mut self, encoding: Option<Encoding>) -> Result<Arc<Target>, Exit> {
        let target = self.target().await?;
        Ok(encoding.map_or(target.clone(), |encoding| Arc::new(target.speaking(encoding))))
    }

    /// Ends the bundled server.
    pub(super) async fn close(self) {
        if let Some(server) = self.server {
            server.shutdown().await;
        }
    }
}

/// The bundled server's settings.
pub(super) fn bundled_config(settings: &RunSettings) -> Config {
    let mut config = Config::default();
    if let Some(path) = &settings.target.http_path {
        config.http_path.clone_from(path);
    }
    config
}

/// The bundled server, or why it has not started: it has been told.
pub(super) fn started<T>(server: Result<T, BundledError>) -> Result<T, Exit> {
    server.map_err(|e| {
        eprintln!("kmipspec: {e}");
        Exit::CouldNotFindOut
    })
}

/// Starts the bundled server.
async fn start(settings: &RunSettings, tls: TlsPreset) -> Result<(RunningServer, Target), Exit> {
    let (server, mut target) = started(bundled::start(Config { tls, ..bundled_config(settings) }).await)?;
    target.encoding = settings.target.encoding.unwrap_or_default();
    if let Some(timeout) = settings.timeout {
        target.timeouts.connect = timeout;
        target.timeouts.exchange = timeout;
    }
    Ok((server, target))
}
