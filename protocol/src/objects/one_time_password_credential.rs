//! One Time Password Credential (3.0, second-hand): what one time passwords are made from.

use crate::message::{Interval, structure};
use crate::registry::{CryptographicAlgorithm, OtpAlgorithm};
use std::borrow::Cow;

structure! {
    /// What one time passwords are made from (RFC 4226, RFC 6238). Its tag is OTP Credential.
    pub struct OneTimePasswordCredential<'d> {
        /// By a counter or by time.
        otp_algorithm: OtpAlgorithm = OTP_ALGORITHM,
        /// The MAC inside.
        otp_digest: Option<CryptographicAlgorithm> = OTP_DIGEST,
        /// Serial number of the device.
        otp_serial: Option<Cow<'d, str>> = OTP_SERIAL,
        /// The secret.
        otp_seed: Option<Cow<'d, [u8]>> = OTP_SEED,
        /// How long a password by time is good for.
        otp_interval: Option<Interval> = OTP_INTERVAL,
        /// How many digits it has.
        otp_digits: Option<i32> = OTP_DIGITS,
    }
}
