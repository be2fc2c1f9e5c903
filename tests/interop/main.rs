//! Programs that others wrote, over real TLS: PyKMIP both ways, and the clients ovh/kmip-go and kmip-protocol against our server.

mod client_suite;
mod kmip_go;
mod kmip_protocol;
mod observe;
mod peer;
mod pykmip;

#[path = "../support/observed.rs"]
mod observed;
#[path = "../support/program.rs"]
mod program;
