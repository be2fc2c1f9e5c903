//! Who is asking: the certificate's common name, or the user of a Credential that was checked.

use crate::config::Config;
use crate::failure::{Failure, Outcome};
use kmipspec_protocol::registry::{CredentialType, ResultReason, tag};
use kmipspec_protocol::ttlv::{Cursor, ItemRef};

/// The identity the request acts under; none when nothing names one, which only Query and Discover Versions may do without.
///
/// An Authentication object that names a known user replaces the certificate's identity (Profiles 2.1 §3.1.3); every
/// Credential in it must be right (2.1 §9.4). A server without users does not look at Credentials at all.
pub(crate) fn authenticate<'a>(
    config: &'a Config,
    channel: Option<&'a str>,
    authentication: Option<ItemRef<'_>>,
) -> Outcome<Option<&'a str>> {
    let mut identity = channel;
    let Some(authentication) = authentication else { return Ok(identity) };
    let mut cursor = Cursor::new(authentication);
    for credential in cursor.many(tag::CREDENTIAL) {
        let mut fields = Cursor::new(credential);
        let kind = CredentialType(fields.req_enumeration(tag::CREDENTIAL_TYPE)?);
        let mut value = fields.req_structure(tag::CREDENTIAL_VALUE)?;
        fields.finish()?;
        if config.users.is_empty() {
            continue;
        }
        if kind != CredentialType::USERNAME_AND_PASSWORD {
            return Err(refused());
        }
        let user = value.req_text(tag::USERNAME)?;
        let password = value.opt_text(tag::PASSWORD)?;
        let Some((name, expected)) = config.users.iter().find(|(name, _)| name == user) else { return Err(refused()) };
        let right = match password {
            Some(password) => same(password.as_bytes(), expected.as_bytes()),
            // The channel may vouch for the user in place of a password (UG 2.1 §3.1.1.1).
            None => channel == Some(user),
        };
        if !right {
            return Err(refused());
        }
        identity = Some(name);
    }
    cursor.finish()?;
    Ok(identity)
}

/// The one answer to everything that does not fit, so that nothing can be told from it.
pub(crate) fn refused() -> Failure {
    Failure::new(ResultReason::AUTHENTICATION_NOT_SUCCESSFUL, "authentication was not successful")
}

/// Compares without telling by time where the difference is.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differences, (x, y)| differences | (x ^ y)) == 0
}
