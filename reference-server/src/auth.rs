//! Who is asking: the certificate's common name, or the user of a Credential that was checked.

use crate::config::Config;
use crate::failure::{Failure, Outcome};
use kmipspec_protocol::message::{Authentication, Credential};
use kmipspec_protocol::registry::ResultReason;

/// The identity the request acts under; none when nothing names one, which only Query and Discover Versions may do without.
///
/// An Authentication object that names a known user replaces the certificate's identity (Profiles 2.1 §3.1.3); every
/// Credential in it must be right (2.1 §9.4). A server without users does not look at Credentials at all.
pub(crate) fn authenticate<'a>(
    config: &'a Config,
    channel: Option<&'a str>,
    authentication: Option<&Authentication<'_>>,
) -> Outcome<Option<&'a str>> {
    let mut identity = channel;
    let Some(authentication) = authentication.filter(|_| !config.users.is_empty()) else { return Ok(identity) };
    for credential in &authentication.credentials {
        let Credential::UsernameAndPassword(credential) = credential else { return Err(refused()) };
        let user = config.users.iter().find(|(name, _)| *name == credential.username);
        let Some((name, expected)) = user else { return Err(refused()) };
        let right = match &credential.password {
            Some(password) => same(password.as_bytes(), expected.as_bytes()),
            // The channel may vouch for the user in place of a password (UG 2.1 §3.1.1.1).
            None => channel == Some(name.as_str()),
        };
        if !right {
            return Err(refused());
        }
        identity = Some(name);
    }
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
