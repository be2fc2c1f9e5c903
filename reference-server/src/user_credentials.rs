//! How the credentials that a user object of 3.0 links to are compared with what a request brings. The layouts are second-hand
//! and the comparison is ours, apart from Hashed Password (2.1 §9.11) and one time passwords (RFC 4226, RFC 6238).

use crate::cryptography::hashing::{digest, hash_of_hmac};
use crate::object::StoredObject;
use crate::one_time_password;
use crate::users::{MovingFactor, OneTimePassword};
use aws_lc_rs::{constant_time, pbkdf2};
use kmipspec_protocol::message::{
    Credential, DeviceCredential as Device, HashedPasswordCredential as Hashed, OneTimePasswordCredential as OneTime,
    with_item,
};
use kmipspec_protocol::objects::{
    DeviceCredential, HashedPasswordCredential, Object, OneTimePasswordCredential, PasswordCredential,
};
use kmipspec_protocol::registry::{CryptographicAlgorithm, HashingAlgorithm, OtpAlgorithm};
use kmipspec_protocol::ttlv::ItemRef;
use kmipspec_protocol::version::Version;
use std::num::NonZeroU32;

/// Rounds that a salted password may take; a client names the number.
const MOST_ROUNDS: u32 = 1_000_000;

/// What came of comparing a credential of a request with one of the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is right.
    Right,
    /// It is right, and the credential must remember this number: a counter, a time step, or a time.
    RightAt(u64),
    /// It is wrong.
    Wrong,
    /// The two have nothing to do with each other.
    Unrelated,
}

/// Compares a credential of a request with a stored one. `last` is what that one was told to remember.
pub(crate) fn compare(stored: &StoredObject, given: &Credential<'_>, last: Option<u64>, now: i64) -> Verdict {
    let Some(material) = &stored.material else { return Verdict::Unrelated };
    let compared = with_item(material.item(), |item: ItemRef<'_>| {
        Ok(match (Object::decode(item, Version::V3_0)?, given) {
            (Object::PasswordCredential(own), Credential::UsernameAndPassword(given)) => {
                given.password.as_deref().map_or(Verdict::Unrelated, |given| password(&own, given))
            }
            (Object::PasswordCredential(own), Credential::OneTimePassword(given)) => {
                given.password.as_deref().map_or(Verdict::Unrelated, |given| password(&own, given))
            }
            (Object::PasswordCredential(own), Credential::Device(given)) => {
                given.password.as_deref().map_or(Verdict::Unrelated, |given| password(&own, given))
            }
            (Object::OneTimePasswordCredential(own), Credential::OneTimePassword(given)) => {
                one_time(&own, given, last, now)
            }
            (Object::HashedPasswordCredential(own), Credential::HashedPassword(given)) => hashed(&own, given, last),
            (Object::HashedPasswordCredential(own), Credential::UsernameAndPassword(given)) => {
                given.password.as_deref().map_or(Verdict::Unrelated, |word| rehashed(&own, &given.username, word))
            }
            (Object::DeviceCredential(own), Credential::Device(given)) => device(&own, given),
            _ => Verdict::Unrelated,
        })
    });
    compared.unwrap_or(Verdict::Unrelated)
}

/// Right or wrong.
fn verdict(right: bool) -> Verdict {
    if right { Verdict::Right } else { Verdict::Wrong }
}

/// Whether two byte strings are equal, without telling by time where they differ.
pub(crate) fn equal(a: &[u8], b: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(a, b).is_ok()
}

// UNCLEAR: how a password is salted is said nowhere we know of; with an HMAC and a count of rounds it can only be PBKDF2.
/// A password in the clear, or salted by PBKDF2.
fn password(own: &PasswordCredential<'_>, given: &str) -> Verdict {
    if let Some(clear) = &own.password {
        return verdict(equal(clear.as_bytes(), given.as_bytes()));
    }
    let (Some(salt), Some(salted)) = (&own.password_salt, &own.salted_password) else { return Verdict::Unrelated };
    let algorithm = match own.password_salt_algorithm {
        None | Some(CryptographicAlgorithm::HMAC_SHA256) => pbkdf2::PBKDF2_HMAC_SHA256,
        Some(CryptographicAlgorithm::HMAC_SHA1) => pbkdf2::PBKDF2_HMAC_SHA1,
        Some(CryptographicAlgorithm::HMAC_SHA384) => pbkdf2::PBKDF2_HMAC_SHA384,
        Some(CryptographicAlgorithm::HMAC_SHA512) => pbkdf2::PBKDF2_HMAC_SHA512,
        Some(_) => return Verdict::Unrelated,
    };
    let rounds = own.iteration_count.and_then(|count| u32::try_from(count).ok()).filter(|count| *count <= MOST_ROUNDS);
    let Some(rounds) = rounds.and_then(NonZeroU32::new) else { return Verdict::Unrelated };
    verdict(pbkdf2::verify(algorithm, rounds, salt, given.as_bytes(), salted).is_ok())
}

/// Every field that the stored credential has is given, and the same. One without fields fits nothing.
fn device(own: &DeviceCredential<'_>, given: &Device<'_>) -> Verdict {
    let fields = [
        (&own.device_serial_number, &given.device_serial_number),
        (&own.device_identifier, &given.device_identifier),
        (&own.network_identifier, &given.network_identifier),
        (&own.machine_identifier, &given.machine_identifier),
        (&own.media_identifier, &given.media_identifier),
    ];
    let told = fields.iter().any(|(own, _)| own.is_some());
    verdict(told && fields.iter().all(|(own, given)| own.is_none() || own == given))
}

/// Hash(S1 || Timestamp) || S2, whose timestamps only go up (2.1 §9.11); SHA-256 where no hash is named.
fn hashed(own: &HashedPasswordCredential<'_>, given: &Hashed<'_>, last: Option<u64>) -> Verdict {
    let algorithm = own.hashing_algorithm.unwrap_or(HashingAlgorithm::SHA_256);
    let Ok(time) = u64::try_from(given.timestamp.0) else { return Verdict::Wrong };
    if given.hashing_algorithm.is_some_and(|named| named != algorithm) || last.is_some_and(|last| time <= last) {
        return Verdict::Wrong;
    }
    let first = [&own.hashed_username_password, given.timestamp.0.to_be_bytes().as_slice()].concat();
    let Some(hash) = digest(algorithm, &first) else { return Verdict::Unrelated };
    let expected = [hash.as_slice(), &own.hashed_password_username].concat();
    if equal(&expected, &given.hashed_password) { Verdict::RightAt(time) } else { Verdict::Wrong }
}

/// A password in the clear against its hashes.
fn rehashed(own: &HashedPasswordCredential<'_>, username: &str, password: &str) -> Verdict {
    let algorithm = own.hashing_algorithm.unwrap_or(HashingAlgorithm::SHA_256);
    let first = digest(algorithm, format!("{username}{password}").as_bytes());
    let second = digest(algorithm, format!("{password}{username}").as_bytes());
    let (Some(first), Some(second)) = (first, second) else { return Verdict::Unrelated };
    verdict(equal(&first, &own.hashed_username_password) && equal(&second, &own.hashed_password_username))
}

/// The token that makes the passwords, with the defaults of RFC 4226 and RFC 6238: SHA-1, six digits, 30 seconds.
fn token(own: &OneTimePasswordCredential<'_>) -> Option<OneTimePassword> {
    let hashing_algorithm = own.otp_digest.map_or(Some(HashingAlgorithm::SHA_1), hash_of_hmac)?;
    let digits = own.otp_digits.map_or(Some(6), |digits| u32::try_from(digits).ok())?;
    let moving_factor = match own.otp_algorithm {
        OtpAlgorithm::HOTP => MovingFactor::Counter(0),
        OtpAlgorithm::TOTP => MovingFactor::Seconds(own.otp_interval.map_or(30, |interval| interval.0)),
        _ => return None,
    };
    let secret = own.otp_seed.as_ref()?.to_vec();
    Some(OneTimePassword { secret, moving_factor, digits, hashing_algorithm })
}

/// A one time password by counter or time; each is good once (2.1 §9.11).
fn one_time(own: &OneTimePasswordCredential<'_>, given: &OneTime<'_>, last: Option<u64>, now: i64) -> Verdict {
    let Some(token) = token(own) else { return Verdict::Unrelated };
    let first = last.map_or(0, |last| last.saturating_add(1));
    let count = one_time_password::count_of(&token, &given.one_time_password, first, now);
    count.map_or(Verdict::Wrong, Verdict::RightAt)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kmipspec_protocol::message::{DateTimeExtended, Interval};
    use std::borrow::Cow;

    /// The seed of RFC 4226 Appendix D and RFC 6238 Appendix B.
    const SEED: &[u8] = b"12345678901234567890";

    fn stored(algorithm: OtpAlgorithm, digits: i32) -> OneTimePasswordCredential<'static> {
        OneTimePasswordCredential {
            otp_algorithm: algorithm,
            otp_digest: None,
            otp_serial: None,
            otp_seed: Some(Cow::Borrowed(SEED)),
            otp_interval: Some(Interval(30)),
            otp_digits: Some(digits),
        }
    }

    fn given(password: &str) -> OneTime<'_> {
        OneTime { username: "u".into(), password: None, one_time_password: password.into() }
    }

    #[test]
    fn passwords_by_counter_are_those_of_rfc_4226() {
        let own = stored(OtpAlgorithm::HOTP, 6);
        assert_eq!(one_time(&own, &given("359152"), None, 0), Verdict::RightAt(2));
        assert_eq!(one_time(&own, &given("359152"), Some(2), 0), Verdict::Wrong, "used once");
        assert_eq!(one_time(&own, &given("969429"), Some(2), 0), Verdict::RightAt(3));
    }

    #[test]
    fn passwords_by_time_are_those_of_rfc_6238() {
        let own = stored(OtpAlgorithm::TOTP, 8);
        for (now, password) in [(59, "94287082"), (1_111_111_109, "07081804"), (20_000_000_000, "65353130")] {
            let step = u64::try_from(now / 30).unwrap_or(0);
            assert_eq!(one_time(&own, &given(password), None, now), Verdict::RightAt(step));
            assert_eq!(one_time(&own, &given(password), Some(step), now), Verdict::Wrong, "used once");
            assert_eq!(one_time(&own, &given(password), None, now + 90), Verdict::Wrong, "too late");
        }
    }

    #[test]
    fn a_hashed_password_is_as_2_1_defines_it_and_its_time_goes_up() {
        let sha = |data: &[u8]| digest(HashingAlgorithm::SHA_256, data).unwrap_or_default();
        let own = HashedPasswordCredential {
            hashing_algorithm: None,
            hashed_username_password: sha(b"fredsecret").into(),
            hashed_password_username: sha(b"secretfred").into(),
        };
        let time = 1_335_514_622_000_000_i64;
        let mut first = sha(b"fredsecret");
        first.extend_from_slice(&time.to_be_bytes());
        let mut hash = sha(&first);
        hash.extend(sha(b"secretfred"));
        let mut request = Hashed {
            username: "fred".into(),
            timestamp: DateTimeExtended(time),
            hashing_algorithm: None,
            hashed_password: hash.into(),
        };
        let at = time.unsigned_abs();
        assert_eq!(hashed(&own, &request, None), Verdict::RightAt(at));
        assert_eq!(hashed(&own, &request, Some(at)), Verdict::Wrong);
        assert_eq!(rehashed(&own, "fred", "secret"), Verdict::Right);
        assert_eq!(rehashed(&own, "fred", "Secret"), Verdict::Wrong);
        request.timestamp = DateTimeExtended(time + 1);
        assert_eq!(hashed(&own, &request, None), Verdict::Wrong, "the hash is over the time");
    }

    #[test]
    fn a_salted_password_is_pbkdf2_of_rfc_6070() {
        let own = PasswordCredential {
            password: None,
            password_salt: Some(Cow::Borrowed(b"salt")),
            password_salt_algorithm: Some(CryptographicAlgorithm::HMAC_SHA1),
            salted_password: Some(Cow::Borrowed(&[
                0xEA, 0x6C, 0x01, 0x4D, 0xC7, 0x2D, 0x6F, 0x8C, 0xCD, 0x1E, 0xD9, 0x2A, 0xCE, 0x1D, 0x41, 0xF0, 0xD8,
                0xDE, 0x89, 0x57,
            ])),
            iteration_count: Some(2),
        };
        assert_eq!(password(&own, "password"), Verdict::Right);
        assert_eq!(password(&own, "Password"), Verdict::Wrong);
    }
}
