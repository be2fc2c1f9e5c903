//! Discover Versions: what both sides speak, best first (1.1 §4.26, 2.1 §6.1.16; not in 1.0).

use crate::context::Context;
use crate::failure::Outcome;
use kmipspec_protocol::operations::discover_versions::{Request, Response};
use kmipspec_protocol::ttlv::{ItemRef, Writer};
use kmipspec_protocol::version::{ProtocolVersion, Version};

/// An empty request asks for all; otherwise the answer has the common ones in the server's order, maybe none.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let asked = Request::decode(payload, context.reading)?.protocol_versions;
    let mut ours: Vec<Version> = context.config.versions.clone();
    ours.sort_unstable_by(|a, b| b.cmp(a));
    ours.dedup();
    let protocol_versions = ours.into_iter().map(ProtocolVersion::from);
    let protocol_versions = protocol_versions.filter(|version| asked.is_empty() || asked.contains(version)).collect();
    Response { protocol_versions }.encode(response, context.version);
    Ok(())
}
