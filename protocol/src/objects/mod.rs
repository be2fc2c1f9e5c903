//! Managed objects: one file per object type, plus what they share.
//!
//! [`ManagedObject`] keeps an object exactly as it was registered and answers what a server needs to know of it; the
//! typed structures ([`SymmetricKey`], [`KeyBlock`], …) say whether it has the fields that its type asks for.

mod certificate;
mod certificate_request;
mod device_credential;
mod hashed_password_credential;
mod key_block;
mod key_value;
mod key_wrapping;
mod managed_object;
mod object;
mod one_time_password_credential;
mod opaque_object;
mod password_credential;
mod pgp_key;
mod private_key;
mod public_key;
mod secret_data;
mod split_key;
mod symmetric_key;
mod template;
#[cfg(test)]
mod tests;

pub use certificate::Certificate;
pub use certificate_request::CertificateRequest;
pub use device_credential::DeviceCredential;
pub use hashed_password_credential::HashedPasswordCredential;
pub use key_block::KeyBlock;
pub use key_value::KeyValue;
pub use key_wrapping::{KeyInformation, KeyWrappingData, KeyWrappingSpecification};
pub use managed_object::ManagedObject;
pub use object::{AnyObject, Object};
pub use one_time_password_credential::OneTimePasswordCredential;
pub use opaque_object::OpaqueObject;
pub use password_credential::PasswordCredential;
pub use pgp_key::PGPKey;
pub use private_key::PrivateKey;
pub use public_key::PublicKey;
pub use secret_data::SecretData;
pub use split_key::SplitKey;
pub use symmetric_key::SymmetricKey;
pub use template::Template;
