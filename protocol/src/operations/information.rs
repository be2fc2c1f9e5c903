//! What Query tells of a server: random number generators, profiles, validations, capabilities, defaults.

use super::lists::{ObjectGroups, ObjectTypes};
use crate::attributes::Attributes;
use crate::message::structure;
use crate::registry::{
    CryptographicAlgorithm, DestroyAction, DrbgAlgorithm, Fips186Variation, HashingAlgorithm, ObjectType, ProfileName,
    RecommendedCurve, RngAlgorithm, RngMode, ShreddingAlgorithm, UnwrapMode, ValidationAuthorityType, ValidationType,
};
use std::borrow::Cow;

structure! {
    /// RNG Parameters (1.3; 1.4 §2.1.18, 2.1 §7.36): what a random number generator is built on. Also the attribute
    /// Random Number Generator.
    pub struct RNGParameters {
        /// What kind it is.
        rng_algorithm: RngAlgorithm = RNG_ALGORITHM,
        /// The cipher inside.
        cryptographic_algorithm: Option<CryptographicAlgorithm> = CRYPTOGRAPHIC_ALGORITHM,
        /// Its key length in bits.
        cryptographic_length: Option<i32> = CRYPTOGRAPHIC_LENGTH,
        /// The hash inside.
        hashing_algorithm: Option<HashingAlgorithm> = HASHING_ALGORITHM,
        /// The construction, if it is a DRBG.
        drbg_algorithm: Option<DrbgAlgorithm> = DRBG_ALGORITHM,
        /// The curve inside.
        recommended_curve: Option<RecommendedCurve> = RECOMMENDED_CURVE,
        /// The variant, if it is that of FIPS 186.
        fips186_variation: Option<Fips186Variation> = FIPS186_VARIATION,
        /// Whether it has prediction resistance.
        prediction_resistance: Option<bool> = PREDICTION_RESISTANCE,
    }
}

impl RNGParameters {
    /// A generator of this kind, and nothing said of what is inside.
    pub fn new(rng_algorithm: RngAlgorithm) -> Self {
        Self {
            rng_algorithm,
            cryptographic_algorithm: None,
            cryptographic_length: None,
            hashing_algorithm: None,
            drbg_algorithm: None,
            recommended_curve: None,
            fips186_variation: None,
            prediction_resistance: None,
        }
    }
}

structure! {
    /// Profile Information (1.3; 1.4 §2.1.19, 2.1 §7.31).
    pub struct ProfileInformation<'d> {
        /// The profile.
        profile_name: ProfileName = PROFILE_NAME,
        /// Its version.
        profile_version: Option<ProfileVersion> = PROFILE_VERSION since V2_0,
        /// Where it is served.
        server_uri: Option<Cow<'d, str>> = SERVER_URI,
        /// The port there.
        server_port: Option<i32> = SERVER_PORT,
    }
}

impl ProfileInformation<'_> {
    /// The profile, and nothing said of where.
    pub fn new(profile_name: ProfileName) -> Self {
        Self { profile_name, profile_version: None, server_uri: None, server_port: None }
    }
}

structure! {
    /// Profile Version (2.0; 2.1 §7.32).
    pub struct ProfileVersion {
        /// The number before the dot.
        profile_version_major: i32 = PROFILE_VERSION_MAJOR,
        /// The number behind the dot.
        profile_version_minor: i32 = PROFILE_VERSION_MINOR,
    }
}

structure! {
    /// Validation Information (1.3; 1.4 §2.1.20, 2.1 §7.41): a certificate of the product, such as one of FIPS 140.
    pub struct ValidationInformation<'d> {
        /// Who validated.
        validation_authority_type: ValidationAuthorityType = VALIDATION_AUTHORITY_TYPE,
        /// Of which country.
        validation_authority_country: Option<Cow<'d, str>> = VALIDATION_AUTHORITY_COUNTRY,
        /// Where the authority is found.
        validation_authority_uri: Option<Cow<'d, str>> = VALIDATION_AUTHORITY_URI,
        /// Version of what was validated against, before the dot.
        validation_version_major: i32 = VALIDATION_VERSION_MAJOR,
        /// Behind the dot.
        validation_version_minor: Option<i32> = VALIDATION_VERSION_MINOR,
        /// What was validated: hardware, software, firmware, or a mixture.
        validation_type: ValidationType = VALIDATION_TYPE,
        /// The level reached.
        validation_level: i32 = VALIDATION_LEVEL,
        /// Number of the certificate.
        validation_certificate_identifier: Option<Cow<'d, str>> = VALIDATION_CERTIFICATE_IDENTIFIER,
        /// Where the certificate is found.
        validation_certificate_uri: Option<Cow<'d, str>> = VALIDATION_CERTIFICATE_URI,
        /// Where the vendor is found.
        validation_vendor_uri: Option<Cow<'d, str>> = VALIDATION_VENDOR_URI,
        /// Profiles that were validated.
        validation_profiles: Vec<Cow<'d, str>> = VALIDATION_PROFILE,
    }
}

structure! {
    /// Capability Information (1.3; 1.4 §2.1.21, 2.1 §7.5): what is left out is not told.
    #[derive(Default)]
    pub struct CapabilityInformation {
        /// Cryptographic operations in parts.
        streaming_capability: Option<bool> = STREAMING_CAPABILITY,
        /// Asynchronous operations.
        asynchronous_capability: Option<bool> = ASYNCHRONOUS_CAPABILITY,
        /// Attestation.
        attestation_capability: Option<bool> = ATTESTATION_CAPABILITY,
        /// Undo in a batch.
        batch_undo_capability: Option<bool> = BATCH_UNDO_CAPABILITY since V1_4,
        /// Continue in a batch.
        batch_continue_capability: Option<bool> = BATCH_CONTINUE_CAPABILITY since V1_4,
        /// What becomes of a wrapped key that is registered.
        unwrap_mode: Option<UnwrapMode> = UNWRAP_MODE,
        /// What Destroy does.
        destroy_action: Option<DestroyAction> = DESTROY_ACTION,
        /// How it is overwritten.
        shredding_algorithm: Option<ShreddingAlgorithm> = SHREDDING_ALGORITHM,
        /// Whether clients share a random number generator.
        rng_mode: Option<RngMode> = RNG_MODE,
        /// Protection against quantum computers.
        quantum_safe_capability: Option<bool> = QUANTUM_SAFE_CAPABILITY since V2_0,
    }
}

structure! {
    /// Defaults Information (2.0; 2.1 §7.11).
    pub struct DefaultsInformation<'d> {
        /// One for each group of objects; one at least at 2.0.
        object_defaults: Vec<ObjectDefaults<'d>> = OBJECT_DEFAULTS,
    }
}

structure! {
    /// Object Defaults (2.0; 2.1 §7.22): either of the first two is there.
    pub struct ObjectDefaults<'d> {
        /// For objects of this type.
        object_type: Option<ObjectType> = OBJECT_TYPE,
        /// For objects of these types.
        object_types: Option<ObjectTypes> = OBJECT_TYPES since V2_1,
        /// What they have unless the request says otherwise.
        attributes: Attributes<'d> = ATTRIBUTES,
        /// In these groups only.
        object_groups: Option<ObjectGroups<'d>> = OBJECT_GROUPS since V2_1,
    }
}
