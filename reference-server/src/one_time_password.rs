//! One-time passwords: RFC 4226 by count, RFC 6238 by time. KMIP has the credential (2.1 §9.11) and leaves the algorithm open.

use crate::store::{Horizon, Store};
use crate::user_credentials::equal;
use crate::users::{MovingFactor, OneTimePassword};
use aws_lc_rs::hmac;
use kmipspec_protocol::registry::HashingAlgorithm;

/// The table of the store that holds the first count each user has not used up.
const TABLE: &str = "one-time-password";

/// How many counts a token may be ahead (RFC 4226 §7.4).
const AHEAD: u64 = 10;

/// Uses the password up, if it is the user's now, and all before it; gives what must be saved before anybody is told.
pub(crate) fn accept(store: &dyn Store, user: &str, token: &OneTimePassword, given: &str, now: i64) -> Option<Horizon> {
    let mut transaction = store.begin();
    let used =
        transaction.record(TABLE, user).and_then(|bytes| bytes.as_ref().try_into().ok()).map_or(0, u64::from_be_bytes);
    let count = count_of(token, given, used, now)?;
    transaction.put_record(TABLE, user, Some(&count.saturating_add(1).to_be_bytes()));
    Some(transaction.commit())
}

/// The count of a password that is the token's now; `first` is the first count that has not been used up.
pub(crate) fn count_of(token: &OneTimePassword, given: &str, first: u64, now: i64) -> Option<u64> {
    let mut counts = match token.moving_factor {
        MovingFactor::Counter(start) => start.max(first)..=start.max(first).saturating_add(AHEAD),
        MovingFactor::Seconds(step) => {
            let at = u64::try_from(now).unwrap_or(0) / u64::from(step.max(1));
            at.saturating_sub(1).max(first)..=at.saturating_add(1)
        }
    };
    counts.find(|count| password(token, *count).is_some_and(|made| equal(made.as_bytes(), given.as_bytes())))
}

/// The password of a count: HMAC, dynamic truncation, decimal digits (RFC 4226 §5.3).
pub(crate) fn password(token: &OneTimePassword, count: u64) -> Option<String> {
    let algorithm = match token.hashing_algorithm {
        HashingAlgorithm::SHA_1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        HashingAlgorithm::SHA_256 => hmac::HMAC_SHA256,
        HashingAlgorithm::SHA_512 => hmac::HMAC_SHA512,
        _ => return None,
    };
    let mac = hmac::sign(&hmac::Key::new(algorithm, &token.secret), &count.to_be_bytes());
    let mac = mac.as_ref();
    let offset = usize::from(mac.last()? & 0x0f);
    let four: [u8; 4] = mac.get(offset..offset.checked_add(4)?)?.try_into().ok()?;
    let number = u32::from_be_bytes(four) & 0x7fff_ffff;
    let digits = token.digits.clamp(6, 8);
    Some(format!("{:0width$}", number % 10_u32.pow(digits), width = usize::try_from(digits).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MemoryStore;

    fn token(moving_factor: MovingFactor, digits: u32) -> OneTimePassword {
        let secret = b"12345678901234567890".to_vec();
        OneTimePassword { secret, moving_factor, digits, hashing_algorithm: HashingAlgorithm::SHA_1 }
    }

    #[test]
    fn counted_passwords_are_those_of_rfc_4226_appendix_d() {
        let token = token(MovingFactor::Counter(0), 6);
        let published =
            ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"];
        for (count, expected) in (0..).zip(published) {
            assert_eq!(password(&token, count).as_deref(), Some(expected));
        }
        let store = MemoryStore::default();
        let takes = |given: &str, now: i64| accept(&store, "alice", &token, given, now).is_some();
        assert!(takes("359152", 0));
        assert!(!takes("359152", 0), "used");
        assert!(!takes("755224", 0), "passed over");
        assert!(takes("969429", 0));
    }

    #[test]
    fn timed_passwords_are_those_of_rfc_6238_appendix_b() {
        let token = token(MovingFactor::Seconds(30), 8);
        let store = MemoryStore::default();
        let takes = |given: &str, now: i64| accept(&store, "alice", &token, given, now).is_some();
        assert!(takes("94287082", 59));
        assert!(!takes("94287082", 59), "used");
        assert!(!takes("07081804", 59), "not yet");
        assert!(takes("07081804", 1_111_111_109));
        let sha_256 = OneTimePassword {
            secret: b"12345678901234567890123456789012".to_vec(),
            hashing_algorithm: HashingAlgorithm::SHA_256,
            ..token.clone()
        };
        assert_eq!(password(&sha_256, 1).as_deref(), Some("46119246"));
    }
}
