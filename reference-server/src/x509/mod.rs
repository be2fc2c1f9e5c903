//! X.509 as Certify, Re-certify and Validate need it: requests, the issuing authority, certificates, paths. Encodings are those of
//! `x509-cert` and `x509-parser`, signatures those of AWS-LC.

pub(crate) mod authority;
pub(crate) mod issue;
pub(crate) mod key_usage;
pub(crate) mod path;
pub(crate) mod request;
pub(crate) mod signature;
pub(crate) mod subject_name;
