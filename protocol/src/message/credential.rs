//! Credential: who is asking (1.4 §2.1.2, 2.1 §9.11). Types a version does not have are held whole.

use super::{AnyItem, DateTimeExtended, DecodeError, FieldValue, Fields, Reading, structure};
use crate::registry::{AttestationType, CredentialType, HashingAlgorithm, TicketType, tag};
use crate::ttlv::{ItemRef, Tag, Writer};
use crate::version::Version;
use std::borrow::Cow;

structure! {
    /// Username and Password.
    pub struct UsernameAndPasswordCredential<'d> {
        /// Username.
        username: Cow<'d, str> = USERNAME,
        /// Password.
        password: Option<Cow<'d, str>> = PASSWORD,
    }
}

structure! {
    /// Device (1.1): at least one field tells the device apart.
    pub struct DeviceCredential<'d> {
        /// Device Serial Number.
        device_serial_number: Option<Cow<'d, str>> = DEVICE_SERIAL_NUMBER,
        /// Password.
        password: Option<Cow<'d, str>> = PASSWORD,
        /// Device Identifier.
        device_identifier: Option<Cow<'d, str>> = DEVICE_IDENTIFIER,
        /// Network Identifier.
        network_identifier: Option<Cow<'d, str>> = NETWORK_IDENTIFIER,
        /// Machine Identifier.
        machine_identifier: Option<Cow<'d, str>> = MACHINE_IDENTIFIER,
        /// Media Identifier.
        media_identifier: Option<Cow<'d, str>> = MEDIA_IDENTIFIER,
    }
}

structure! {
    /// Nonce (1.4 §2.1.14, 2.1 §9.14): what the server wants signed in an attestation.
    pub struct Nonce<'d> {
        /// Nonce ID.
        nonce_id: Cow<'d, [u8]> = NONCE_ID,
        /// Nonce Value.
        nonce_value: Cow<'d, [u8]> = NONCE_VALUE,
    }
}

structure! {
    /// Attestation (1.2): a measurement or an assertion over the server's nonce.
    pub struct AttestationCredential<'d> {
        /// The nonce the server sent.
        nonce: Nonce<'d> = NONCE,
        /// Attestation Type.
        attestation_type: AttestationType = ATTESTATION_TYPE,
        /// Attestation Measurement.
        attestation_measurement: Option<Cow<'d, [u8]>> = ATTESTATION_MEASUREMENT,
        /// Attestation Assertion.
        attestation_assertion: Option<Cow<'d, [u8]>> = ATTESTATION_ASSERTION,
    }
}

structure! {
    /// One Time Password (2.0).
    pub struct OneTimePasswordCredential<'d> {
        /// Username.
        username: Cow<'d, str> = USERNAME,
        /// Password.
        password: Option<Cow<'d, str>> = PASSWORD,
        /// One Time Password.
        one_time_password: Cow<'d, str> = ONE_TIME_PASSWORD,
    }
}

structure! {
    /// Hashed Password (2.0).
    pub struct HashedPasswordCredential<'d> {
        /// Username.
        username: Cow<'d, str> = USERNAME,
        /// Timestamp, which goes into the hash.
        timestamp: DateTimeExtended = TIME_STAMP,
        /// Hashing Algorithm.
        hashing_algorithm: Option<HashingAlgorithm> = HASHING_ALGORITHM,
        /// Hashed Password.
        hashed_password: Cow<'d, [u8]> = HASHED_PASSWORD,
    }
}

structure! {
    /// Ticket (2.0; 2.1 §7.39): what Login gave.
    pub struct Ticket<'d> {
        /// Ticket Type.
        ticket_type: TicketType = TICKET_TYPE,
        /// Ticket Value.
        ticket_value: Cow<'d, [u8]> = TICKET_VALUE,
    }
}

/// A Credential: its type decides the layout of its value.
#[derive(Clone, Debug, PartialEq)]
pub enum Credential<'d> {
    /// Username and Password.
    UsernameAndPassword(UsernameAndPasswordCredential<'d>),
    /// Device, 1.1.
    Device(DeviceCredential<'d>),
    /// Attestation, 1.2.
    Attestation(AttestationCredential<'d>),
    /// One Time Password, 2.0.
    OneTimePassword(OneTimePasswordCredential<'d>),
    /// Hashed Password, 2.0.
    HashedPassword(HashedPasswordCredential<'d>),
    /// Ticket, 2.0.
    Ticket(Ticket<'d>),
    /// Any other type, or one the version does not have yet.
    Other {
        /// Credential Type.
        credential_type: CredentialType,
        /// Credential Value, as it came.
        value: AnyItem<'d>,
    },
}

impl Credential<'_> {
    /// Its Credential Type.
    pub fn credential_type(&self) -> CredentialType {
        match self {
            Self::UsernameAndPassword(_) => CredentialType::USERNAME_AND_PASSWORD,
            Self::Device(_) => CredentialType::DEVICE,
            Self::Attestation(_) => CredentialType::ATTESTATION,
            Self::OneTimePassword(_) => CredentialType::ONE_TIME_PASSWORD,
            Self::HashedPassword(_) => CredentialType::HASHED_PASSWORD,
            Self::Ticket(_) => CredentialType::TICKET,
            Self::Other { credential_type, .. } => *credential_type,
        }
    }
}

/// The value of a Ticket credential: a structure around the ticket.
fn read_ticket<'d>(value: ItemRef<'d>, reading: Reading) -> Result<Ticket<'d>, DecodeError> {
    let mut fields = Fields::new(value, reading)?;
    let ticket = Ticket::read(fields.req(tag::TICKET)?, reading)?;
    fields.finish()?;
    Ok(ticket)
}

impl<'d> FieldValue<'d> for Credential<'d> {
    fn read(item: ItemRef<'d>, reading: Reading) -> Result<Self, DecodeError> {
        let mut fields = Fields::new(item, reading)?;
        let credential_type = CredentialType::read(fields.req(tag::CREDENTIAL_TYPE)?, reading)?;
        let value = fields.req(tag::CREDENTIAL_VALUE)?;
        fields.finish()?;
        let version = reading.version;
        Ok(match credential_type {
            CredentialType::USERNAME_AND_PASSWORD => {
                Self::UsernameAndPassword(UsernameAndPasswordCredential::read(value, reading)?)
            }
            CredentialType::DEVICE if version >= Version::V1_1 => Self::Device(DeviceCredential::read(value, reading)?),
            CredentialType::ATTESTATION if version >= Version::V1_2 => {
                Self::Attestation(AttestationCredential::read(value, reading)?)
            }
            CredentialType::ONE_TIME_PASSWORD if version >= Version::V2_0 => {
                Self::OneTimePassword(OneTimePasswordCredential::read(value, reading)?)
            }
            CredentialType::HASHED_PASSWORD if version >= Version::V2_0 => {
                Self::HashedPassword(HashedPasswordCredential::read(value, reading)?)
            }
            CredentialType::TICKET if version >= Version::V2_0 => Self::Ticket(read_ticket(value, reading)?),
            _ => Self::Other { credential_type, value: AnyItem::Wire(value) },
        })
    }

    fn write(&self, w: &mut Writer, tag: Tag, version: Version) {
        const VALUE: Tag = tag::CREDENTIAL_VALUE;
        w.begin(tag);
        w.enumeration(tag::CREDENTIAL_TYPE, self.credential_type().0);
        match self {
            Self::UsernameAndPassword(value) => value.write(w, VALUE, version),
            Self::Device(value) => value.write(w, VALUE, version),
            Self::Attestation(value) => value.write(w, VALUE, version),
            Self::OneTimePassword(value) => value.write(w, VALUE, version),
            Self::HashedPassword(value) => value.write(w, VALUE, version),
            Self::Ticket(ticket) => w.structure(VALUE, |w| ticket.write(w, tag::TICKET, version)),
            Self::Other { value, .. } => value.write_as(w, VALUE),
        }
        w.end();
    }
}
