//! Who is asking: the certificate's common name, or the user whom every Credential of the request proves.

use crate::attestation;
use crate::config::Config;
use crate::cryptography::hashing::digest;
use crate::failure::{Failure, Outcome};
use crate::identity::Identity;
use crate::one_time_password;
use crate::principals;
use crate::services::Services;
use crate::store::{Horizon, Store};
use crate::user_credentials::equal;
use crate::users::{Device, User};
use kmipspec_protocol::message::{Authentication, Credential, DeviceCredential, HashedPasswordCredential};
use kmipspec_protocol::registry::{HashingAlgorithm, ResultReason};
use std::borrow::Cow;

/// The table of the store that holds the latest Timestamp of each user's Hashed Passwords.
const TIME_STAMPS: &str = "hashed-password";

/// What authentication works with.
pub(crate) struct Authenticator<'a> {
    /// Settings.
    pub(crate) config: &'a Config,
    /// Counters that must outlive a restart.
    pub(crate) store: &'a dyn Store,
    /// Tickets and nonces.
    pub(crate) services: &'a Services,
    /// Who the channel says it is.
    pub(crate) channel: Option<&'a str>,
    /// Seconds since 1970.
    pub(crate) now: i64,
}

/// What the Credentials of a request showed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shown {
    /// Who is asking; none when nothing names anybody, which only Query and Discover Versions may do without.
    pub(crate) identity: Option<Identity>,
    /// Whether an Attestation was good.
    pub(crate) attested: bool,
    /// What the response header proves in turn (2.1 §8.5).
    pub(crate) server_hashed_password: Option<Vec<u8>>,
    /// What must be saved before anybody is told: a password that was used up.
    pub(crate) horizon: Horizon,
}

impl Authenticator<'_> {
    /// Every Credential must be right (2.1 §9.4) and all must be the same user's, who then replaces the certificate's identity
    /// (Profiles 2.1 §3.1.3). Users are those created as objects (3.0), then those of the settings; a server without the latter
    /// looks at no Credential that names none of the former, apart from Tickets and Attestations.
    pub(crate) fn authenticate(&self, authentication: Option<&Authentication<'_>>) -> Outcome<Shown> {
        let mut shown = Shown::default();
        let credentials = self.considered(authentication.map_or(&[][..], |given| &given.credentials));
        let (mut right, mut wrong) = (0, None);
        for credential in credentials {
            let identity = match self.identity(credential, &mut shown) {
                Ok(Some(identity)) => identity,
                Ok(None) => continue,
                Err(failure) if self.quirk("auth-one-credential-is-enough") => {
                    wrong = Some(failure);
                    continue;
                }
                Err(failure) => return Err(failure),
            };
            right += 1;
            match &shown.identity {
                Some(before) if before.name != identity.name => return Err(refused()),
                // A Ticket says what may be done; beside it another Credential of the same user adds nothing.
                Some(before) if before.grant.is_some() => {}
                _ => shown.identity = Some(identity),
            }
        }
        if let Some(failure) = wrong.filter(|_| right == 0) {
            return Err(failure);
        }
        let channel = self.channel.map(|name| Identity::named(self.config, name));
        shown.identity = match channel {
            Some(_) if shown.identity.is_none() && self.quirk("channel-identity-is-ignored") => {
                Some(Identity::named(self.config, "client"))
            }
            Some(channel) if self.quirk("auth-channel-goes-first") => Some(channel),
            channel => shown.identity.or(channel),
        };
        Ok(shown)
    }

    /// Whether a quirk is on.
    fn quirk(&self, name: &str) -> bool {
        self.config.quirks.has(name)
    }

    /// The Credentials that are looked at: all.
    fn considered<'c, 'd>(&self, all: &'c [Credential<'d>]) -> &'c [Credential<'d>] {
        let one = match all {
            [first, .., _] if self.quirk("auth-first-credential-counts") => Some(first),
            [_, .., last] if self.quirk("auth-last-credential-counts") => Some(last),
            _ => None,
        };
        one.map_or(all, std::slice::from_ref)
    }

    /// Whom a Credential proves, if it is about anybody.
    fn identity(&self, credential: &Credential<'_>, shown: &mut Shown) -> Outcome<Option<Identity>> {
        let identity = match credential {
            Credential::Ticket(ticket) => self.services.sessions.enter(ticket, self.now)?,
            Credential::Attestation(given) => {
                attestation::check(self.config, &self.services.nonces, given, self.now)?;
                shown.attested = true;
                return Ok(None);
            }
            other => match principals::authenticate(self.store, other, self.now)? {
                Some((identity, horizon)) => {
                    shown.horizon = shown.horizon.max(horizon);
                    identity
                }
                None if self.config.users.is_empty() => return Ok(None),
                None if self.is_of_the_channel(other) => return Ok(None),
                None => {
                    let user = self.user(other, shown);
                    let user = user.map_err(|failure| self.misnamed(failure))?;
                    Identity::named(self.config, &user.name)
                }
            },
        };
        Ok(Some(identity))
    }

    /// Quirk: a user name that nobody has says nothing.
    fn is_of_the_channel(&self, credential: &Credential<'_>) -> bool {
        let Credential::UsernameAndPassword(given) = credential else { return false };
        self.quirk("auth-unknown-user-is-the-channel")
            && self.config.users.iter().all(|user| user.name != given.username)
    }

    /// Quirk: another reason for what is wrong with a Credential.
    fn misnamed(&self, failure: Failure) -> Failure {
        if self.quirk("auth-says-permission-denied") { Failure::permission_denied() } else { failure }
    }

    /// The user whom a Credential proves.
    fn user(&self, credential: &Credential<'_>, shown: &mut Shown) -> Outcome<&User> {
        let by_name = |name: &str| self.config.users.iter().find(|user| user.name == name).ok_or_else(refused);
        match credential {
            Credential::UsernameAndPassword(given) => {
                let user = by_name(&given.username)?;
                if given.password.is_none() && self.quirk("auth-password-is-required") {
                    return Err(Failure::invalid_message("the credential has no password"));
                }
                let right = self.right_password(user, user.password.as_deref(), given.password.as_ref());
                right.then_some(user).ok_or_else(refused)
            }
            Credential::Device(given) => self.owner_of_device(given).ok_or_else(refused),
            Credential::OneTimePassword(given) => {
                let user = by_name(&given.username)?;
                let token = user.one_time_password.as_ref().ok_or_else(refused)?;
                // The password comes first: a wrong one must not use up the token's.
                let right = match &given.password {
                    Some(_) => self.right_password(user, user.password.as_deref(), given.password.as_ref()),
                    None => true,
                };
                if !right {
                    return Err(refused());
                }
                let given = &given.one_time_password;
                let used_up = one_time_password::accept(self.store, &user.name, token, given, self.now);
                shown.horizon = shown.horizon.max(used_up.ok_or_else(refused)?);
                Ok(user)
            }
            Credential::HashedPassword(given) => {
                let user = by_name(&given.username)?;
                let (answer, horizon) = self.hashed_password(user, given).ok_or_else(refused)?;
                shown.server_hashed_password = Some(answer);
                shown.horizon = shown.horizon.max(horizon);
                Ok(user)
            }
            Credential::Ticket(_) | Credential::Attestation(_) | Credential::Other { .. } => Err(refused()),
        }
    }

    /// Whether the password is right. The channel may vouch for the user in place of one (UG 2.1 §3.1.1.1).
    fn right_password(&self, user: &User, expected: Option<&str>, given: Option<&Cow<'_, str>>) -> bool {
        match (expected, given) {
            (Some(expected), Some(given)) => {
                equal(given.as_bytes(), expected.as_bytes()) || self.quirk("auth-takes-any-password")
            }
            (_, None) => self.channel == Some(user.name.as_str()),
            (None, Some(_)) => false,
        }
    }

    /// The user that a device acts as.
    fn owner_of_device(&self, given: &DeviceCredential<'_>) -> Option<&User> {
        self.config.users.iter().find(|user| user.devices.iter().any(|device| self.is_device(user, device, given)))
    }

    /// Whether a Device credential is this device's: it names all that tells the device apart (2.1 §9.11), and its password.
    fn is_device(&self, user: &User, device: &Device, given: &DeviceCredential<'_>) -> bool {
        let fields = [
            (&device.serial_number, &given.device_serial_number),
            (&device.identifier, &given.device_identifier),
            (&device.network_identifier, &given.network_identifier),
            (&device.machine_identifier, &given.machine_identifier),
            (&device.media_identifier, &given.media_identifier),
        ];
        fields.iter().any(|(known, _)| known.is_some())
            && fields.iter().all(|(known, given)| known.is_none() || known.as_deref() == given.as_deref())
            && match &device.password {
                Some(password) => self.right_password(user, Some(password), given.password.as_ref()),
                None => given.password.is_none(),
            }
    }

    /// Checks a Hashed Password, whose Timestamp must be later than any before (2.1 §9.11), and gives Server Hashed Password.
    fn hashed_password(&self, user: &User, given: &HashedPasswordCredential<'_>) -> Option<(Vec<u8>, Horizon)> {
        let stamp = given.timestamp.0;
        let algorithm = given.hashing_algorithm.unwrap_or(HashingAlgorithm::SHA_256);
        let (expected, answer) = hashed_password(algorithm, &user.name, user.password.as_deref()?, stamp)?;
        let mut transaction = self.store.begin();
        let latest = transaction.record(TIME_STAMPS, &user.name);
        let latest = latest.and_then(|bytes| bytes.as_ref().try_into().ok()).map(i64::from_be_bytes);
        if !equal(&given.hashed_password, &expected) || latest.is_some_and(|latest| stamp <= latest) {
            return None;
        }
        transaction.put_record(TIME_STAMPS, &user.name, Some(&stamp.to_be_bytes()));
        Some((answer, transaction.commit()))
    }
}

/// Hashed Password, `H(S1 || T) || S2`, and Server Hashed Password, `H(T || S1 || H(S2))`, with `S1 = H(user || password)` and
/// `S2 = H(password || user)` (2.1 §9.11 and §8.5).
///
/// UNCLEAR: 2.1 §9.11 does not say how the Timestamp enters the hash; here as its eight bytes on the wire.
fn hashed_password(algorithm: HashingAlgorithm, user: &str, password: &str, stamp: i64) -> Option<(Vec<u8>, Vec<u8>)> {
    let hash = |parts: &[&[u8]]| digest(algorithm, &parts.concat());
    let stamp = stamp.to_be_bytes();
    let first = hash(&[user.as_bytes(), password.as_bytes()])?;
    let second = hash(&[password.as_bytes(), user.as_bytes()])?;
    let client = [hash(&[&first, &stamp])?, second.clone()].concat();
    let server = hash(&[&stamp, &first, &hash(&[&second])?])?;
    Some((client, server))
}

/// The one answer to everything that does not fit, so that nothing can be told from it.
pub(crate) fn refused() -> Failure {
    Failure::new(ResultReason::AUTHENTICATION_NOT_SUCCESSFUL, "authentication was not successful")
}
