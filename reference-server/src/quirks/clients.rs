//! Quirks about who a client is: the handshake, the credentials, and what comes before them.

use super::hooks::Fault::{Credentials, Inside, Strangers};
use super::row;
use super::{Quirk, Quirks};
use kmipspec_protocol::registry::Operation;

/// What comes of somebody whom nothing names.
impl Quirks {
    /// Whether such a client is served all the same; it may have shown a certificate.
    pub(crate) fn serves_nobody(&self, certificate: bool) -> bool {
        self.has(if certificate { "nameless-client-is-served" } else { "tls-authenticates-nobody" })
    }

    /// Whether a client may leave its certificate out.
    pub(crate) fn asks_for_no_certificate(&self) -> bool {
        self.has("tls-certificate-is-optional") || self.has("tls-authenticates-nobody")
    }
}

/// The rows.
#[rustfmt::skip]
pub(super) fn rows() -> Vec<Quirk> {
    vec![
        row("tls-certificate-is-optional", "A client without certificate is let in, and asks Query and Discover Versions before it is authenticated", "AO-12; Profiles 2.1 §3.1.3", &["access.certificate.none.query", "access.certificate.none.discover-versions"], Strangers),
        row("tls-authenticates-nobody", "A client without certificate and credential is served like any other", "AO-13; Profiles 2.1 §3.1.3", &["access.certificate.none.*"], Strangers),
        row("tls-accepts-expired", "A certificate that has expired is as good as any", "AO-13; field B5", &["access.certificate.expired.*"], Strangers),
        row("tls-accepts-not-yet-valid", "A certificate that is not yet valid is as good as any", "AO-13", &["access.certificate.not-yet-valid.*"], Strangers),
        row("tls-accepts-foreign-ca", "Nobody looks at who signed a certificate", "AO-13; field B11", &["access.certificate.foreign-ca.*", "access.certificate.self-signed.*"], Strangers),
        row("tls-accepts-self-signed", "A certificate that its own key signed is as good as any", "AO-13", &["access.certificate.self-signed.*"], Strangers),
        row("tls-accepts-wrong-eku", "A certificate for servers is good for clients", "field B5; RFC 5280 §4.2.1.12", &["access.certificate.wrong-eku.*"], Strangers),
        row("tls-accepts-revoked", "A certificate that its CA has revoked is as good as any", "AO-13; RFC 5280 §6.1.3", &["access.certificate.revoked.*"], Strangers),
        row("nameless-client-is-served", "A certificate without any name in it is that of a client", "AO-20; UG 2.1 §3.1", &["access.certificate.no-cn.create"], Strangers),
        row("channel-identity-is-ignored", "Whoever shows a certificate is the same client", "AO-14; Profiles 2.1 §3.1.3", &["access.other-client.*", "access.matrix.*", "operations.poll.result"], Inside(&[])),
        row("auth-takes-any-password", "Any password is right", "AO-01; 1.4 §6.6", &["access.ordering.batch-options", "access.ordering.missing-field", "access.ordering.other-clients-object", "access.ordering.response-size", "access.ordering.two-credentials", "access.ordering.unknown-object", "access.ordering.unknown-operation", "access.ordering.whole-batch", "access.ordering.wrong-state"], Credentials),
        row("auth-unknown-user-is-the-channel", "A user name that nobody has is as good as none", "AO-01; 1.4 §6.6", &["access.ordering.unknown-user"], Credentials),
        row("auth-one-credential-is-enough", "Of several credentials one has to be right", "AO-17; 2.1 §9.4", &["access.ordering.two-credentials"], Credentials),
        row("auth-first-credential-counts", "The credentials behind the first are not looked at", "AO-17; 2.1 §9.4", &["access.ordering.two-credentials"], Credentials),
        row("auth-last-credential-counts", "The credentials before the last are not looked at", "AO-17; 2.1 §9.4", &["access.ordering.two-credentials"], Credentials),
        row("auth-channel-goes-first", "A credential is checked, and the client is still whom its certificate names", "AO-15; Profiles 2.1 §3.1.3", &["access.ordering.credential-goes-first", "operations.delegated-login.not-more", "operations.delegated-login.rights", "operations.login.ticket"], Credentials),
        row("auth-password-is-required", "A user name without password is no credential that can be read", "AO-18; UG 2.1 §3.1.1.1", &["access.ordering.user-name-alone"], Credentials),
        row("auth-says-permission-denied", "Permission Denied stands for Authentication Not Successful", "AO-01; 1.4 §11.1", &["access.ordering.batch-options", "access.ordering.missing-field", "access.ordering.other-clients-object", "access.ordering.response-size", "access.ordering.unknown-object", "access.ordering.unknown-operation", "access.ordering.unknown-user", "access.ordering.whole-batch", "access.ordering.wrong-state"], Credentials),
        row("auth-after-batch", "A batch is done, and who sent it is found out afterwards", "AO-10; 1.4 §6.6", &["access.ordering.whole-batch"], Credentials),
        row("auth-object-first", "Whether the object is there is said before the password is looked at", "AO-01; UG 2.1 §3.1", &["access.ordering.unknown-object", "access.ordering.unknown-user"], Credentials),
        row("auth-permission-first", "Whether it may be done is said before the password is looked at", "AO-02, AO-03; UG 2.1 §3.1", &["access.ordering.other-clients-object", "access.ordering.wrong-state"], Credentials),
        row("auth-field-first", "What a request lacks is said before the password is looked at", "AO-04; UG 2.1 §3.1", &["access.ordering.missing-field"], Credentials),
        row("auth-operation-first", "Whether the operation is supported is said before the password is looked at", "AO-05; UG 2.1 §3.1", &["access.ordering.unknown-operation"], Credentials),
        row("auth-options-first", "Options of the batch are judged before the password is looked at", "AO-06; UG 2.1 §3.1", &["access.ordering.batch-options"], Credentials),
        row("auth-size-first", "Whether the answer would be too large is said before the password is looked at", "AO-07; UG 2.1 §3.1", &["access.ordering.response-size"], Credentials),
        row("attestation-is-asked-of-all", "Get needs an attestation, and asks for it who cannot make one", "AO-38; 1.2 §11.1", &["access.ordering.attestation"], Inside(&[Operation::GET])).through(&[Operation::GET]),
        row("other-client-may-wrap", "A key can be wrapped with the key of another client", "1.2 §3.18.2", &["access.matrix.get.wrapped-with-theirs"], Inside(&[Operation::GET])),
        row("access-tells-what-exists", "Permission Denied tells which objects of others there are, where Get hides them", "AO-33; 1.4 §3.18.2", &["access.matrix.existence"], Inside(&[])),
    ]
}
