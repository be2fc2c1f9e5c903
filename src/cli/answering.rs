//! A listener that clients under test find: certificates made for it, and the variables that tell a client where it is.

use super::dispatch::failed;
use super::signal::Signals;
use super::welcome::Welcome;
use crate::client::listener::{Answers, Listening};
use crate::exit::Exit;
use crate::runner::Stop;
use kmipspec_reference_server::certificates::CertificateSettings;
use std::sync::Arc;
use tokio::runtime::Runtime;

/// An open port that is answered at; all ends when it is dropped.
pub(super) struct Answering {
    /// Where it is, and what a client needs.
    pub(super) welcome: Welcome,
    _listening: Listening,
    _runtime: Runtime,
}

impl Answering {
    /// Listens, and ends in order when the user wants it.
    pub(super) fn open(listen: &str, answers: Arc<dyn Answers>, stop: &Stop) -> Result<Self, Exit> {
        let welcome = Welcome::at(listen, &CertificateSettings::default(), None)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        let runtime = runtime.map_err(|e| failed("start the runtime", &e))?;
        let listening = runtime.block_on(async {
            let signals = Signals::listen().map_err(|e| failed("wait for signals", &e))?;
            drop(tokio::spawn(signals.end(stop.clone(), "")));
            welcome.listener.listen(answers).await.map_err(|e| failed(&format!("listen at {listen}"), &e))
        })?;
        Ok(Self { welcome, _listening: listening, _runtime: runtime })
    }
}
