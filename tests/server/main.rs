//! The reference server from outside: what it keeps, tells and bears.

#[cfg(unix)]
mod drop_in;
#[cfg(unix)]
mod durability;
#[cfg(unix)]
mod federation;
#[cfg(target_os = "linux")]
mod hostile_client;
mod listener;
#[cfg(unix)]
mod registration;
#[cfg(unix)]
mod serve;

#[path = "../support/cable.rs"]
mod cable;
#[path = "../support/program.rs"]
mod program;
#[path = "../support/served.rs"]
mod served;
