//! Programs that others wrote, over real TLS: PyKMIP both ways, and the crate kmip-protocol against our server.

mod kmip_protocol;
mod peer;
mod pykmip;
