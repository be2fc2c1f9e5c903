//! Discover Versions: what both sides speak, best first (1.1 §4.26, 2.1 §6.1.16; not in 1.0).

use crate::context::Context;
use crate::failure::Outcome;
use kmipspec_protocol::registry::tag;
use kmipspec_protocol::ttlv::{Cursor, ItemRef, Writer};
use kmipspec_protocol::version::{ProtocolVersion, Version};

/// An empty request asks for all; otherwise the answer has the common ones in the server's order, maybe none.
pub(crate) fn run(context: &mut Context<'_>, payload: ItemRef<'_>, response: &mut Writer) -> Outcome<()> {
    let mut fields = Cursor::new(payload);
    let mut asked = Vec::new();
    while let Some(mut version) = fields.opt_structure(tag::PROTOCOL_VERSION)? {
        let major = version.req_i32(tag::PROTOCOL_VERSION_MAJOR)?;
        let minor = version.req_i32(tag::PROTOCOL_VERSION_MINOR)?;
        version.finish()?;
        asked.push(ProtocolVersion { major, minor });
    }
    fields.finish()?;
    let mut ours: Vec<Version> = context.config.versions.clone();
    ours.sort_unstable_by(|a, b| b.cmp(a));
    ours.dedup();
    for version in ours {
        if asked.is_empty() || asked.contains(&version.into()) {
            response.begin(tag::PROTOCOL_VERSION);
            response.integer(tag::PROTOCOL_VERSION_MAJOR, version.major());
            response.integer(tag::PROTOCOL_VERSION_MINOR, version.minor());
            response.end();
        }
    }
    Ok(())
}
