//! Ctrl-C, and SIGTERM where there is one.

use crate::exit::Exit;
use crate::runner::Stop;
use std::io;

/// Signals that ask the program to end.
#[derive(Debug)]
pub(super) struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(not(unix))]
    interrupt: tokio::signal::windows::CtrlC,
}

impl Signals {
    /// From here on they do not end the process by themselves. Needs a runtime.
    #[cfg(unix)]
    pub(super) fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// From here on Ctrl-C does not end the process by itself. Needs a runtime.
    #[cfg(not(unix))]
    pub(super) fn listen() -> io::Result<Self> {
        Ok(Self { interrupt: tokio::signal::windows::ctrl_c()? })
    }

    /// Waits for one.
    #[cfg(unix)]
    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => (),
            _ = self.terminate.recv() => (),
        }
    }

    /// Waits for one.
    #[cfg(not(unix))]
    pub(super) async fn next(&mut self) {
        self.interrupt.recv().await;
    }
    /// The first one asks for the end in order, the second one ends the program at once, and says so with this warning.
    pub(super) async fn end(mut self, stop: Stop, warning: &'static str) {
        self.next().await;
        stop.ask();
        self.next().await;
        eprintln!("kmipspec: ended at once{warning}");
        std::process::exit(Exit::CouldNotFindOut.code().into());
    }
}
