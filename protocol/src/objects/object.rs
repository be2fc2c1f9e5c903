//! Any managed object: which structure belongs to which Object Type.

use super::managed_object::retype_identifiers;
use super::{
    Certificate, CertificateRequest, DeviceCredential, HashedPasswordCredential, ManagedObject,
    OneTimePasswordCredential, OpaqueObject, PGPKey, PasswordCredential, PrivateKey, PublicKey, SecretData, SplitKey,
    SymmetricKey, Template,
};
use crate::message::{AnyItem, DecodeError, Field, FieldValue, Fields, Reading, UnknownFields};
use crate::registry::{ObjectType, tag};
use crate::ttlv::{Doc, Item, ItemRef, ItemType, Limits, Tag, Writer};
use crate::version::Version;

/// Object Type, tag, and the versions that have it.
pub(super) const OBJECTS: [(ObjectType, Tag, Version, Version); 14] = [
    (ObjectType::CERTIFICATE, tag::CERTIFICATE, Version::V1_0, Version::V3_0),
    (ObjectType::SYMMETRIC_KEY, tag::SYMMETRIC_KEY, Version::V1_0, Version::V3_0),
    (ObjectType::PUBLIC_KEY, tag::PUBLIC_KEY, Version::V1_0, Version::V3_0),
    (ObjectType::PRIVATE_KEY, tag::PRIVATE_KEY, Version::V1_0, Version::V3_0),
    (ObjectType::SPLIT_KEY, tag::SPLIT_KEY, Version::V1_0, Version::V3_0),
    (ObjectType::TEMPLATE, tag::TEMPLATE, Version::V1_0, Version::V1_4),
    (ObjectType::SECRET_DATA, tag::SECRET_DATA, Version::V1_0, Version::V3_0),
    (ObjectType::OPAQUE_OBJECT, tag::OPAQUE_OBJECT, Version::V1_0, Version::V3_0),
    (ObjectType::PGP_KEY, tag::PGP_KEY, Version::V1_2, Version::V3_0),
    (ObjectType::CERTIFICATE_REQUEST, tag::CERTIFICATE_REQUEST, Version::V2_0, Version::V3_0),
    (ObjectType::PASSWORD_CREDENTIAL, tag::PASSWORD_CREDENTIAL, Version::V3_0, Version::V3_0),
    (ObjectType::DEVICE_CREDENTIAL, tag::DEVICE_CREDENTIAL, Version::V3_0, Version::V3_0),
    (ObjectType::ONE_TIME_PASSWORD_CREDENTIAL, tag::OTP_CREDENTIAL, Version::V3_0, Version::V3_0),
    (ObjectType::HASHED_PASSWORD_CREDENTIAL, tag::HASHED_PASSWORD_CREDENTIAL, Version::V3_0, Version::V3_0),
];

/// An object with the fields of its type.
#[derive(Clone, Debug, PartialEq)]
pub enum Object<'d> {
    /// Certificate.
    Certificate(Certificate<'d>),
    /// Symmetric Key.
    SymmetricKey(SymmetricKey<'d>),
    /// Public Key.
    PublicKey(PublicKey<'d>),
    /// Private Key.
    PrivateKey(PrivateKey<'d>),
    /// Split Key.
    SplitKey(SplitKey<'d>),
    /// Template, 1.x.
    Template(Template<'d>),
    /// Secret Data.
    SecretData(SecretData<'d>),
    /// Opaque Object.
    OpaqueObject(OpaqueObject<'d>),
    /// PGP Key, since 1.2.
    PGPKey(PGPKey<'d>),
    /// Certificate Request, since 2.0.
    CertificateRequest(CertificateRequest<'d>),
    /// Password Credential, since 3.0.
    PasswordCredential(PasswordCredential<'d>),
    /// Device Credential, since 3.0.
    DeviceCredential(DeviceCredential<'d>),
    /// One Time Password Credential, since 3.0.
    OneTimePasswordCredential(OneTimePasswordCredential<'d>),
    /// Hashed Password Credential, since 3.0.
    HashedPasswordCredential(HashedPasswordCredential<'d>),
}

impl<'d> Object<'d> {
    /// Takes an object apart; its tag says what it is.
    pub fn decode(item: ItemRef<'d>, reading: impl Into<Reading>) -> Result<Self, DecodeError> {
        let reading = reading.into();
        let row = OBJECTS.iter().find(|(_, tag, ..)| *tag == item.tag());
        let object_type = row.map(|row| row.0).ok_or(DecodeError::Unknown { tag: item.tag(), at: item.offset() })?;
        Ok(match object_type {
            ObjectType::CERTIFICATE => Self::Certificate(Certificate::read(item, reading)?),
            ObjectType::SYMMETRIC_KEY => Self::SymmetricKey(SymmetricKey::read(item, reading)?),
            ObjectType::PUBLIC_KEY => Self::PublicKey(PublicKey::read(item, reading)?),
            ObjectType::PRIVATE_KEY => Self::PrivateKey(PrivateKey::read(item, reading)?),
            ObjectType::SPLIT_KEY => Self::SplitKey(SplitKey::read(item, reading)?),
            ObjectType::TEMPLATE => Self::Template(Template::read(item, reading)?),
            ObjectType::SECRET_DATA => Self::SecretData(SecretData::read(item, reading)?),
            ObjectType::PGP_KEY => Self::PGPKey(PGPKey::read(item, reading)?),
            ObjectType::CERTIFICATE_REQUEST => Self::CertificateRequest(CertificateRequest::read(item, reading)?),
            ObjectType::PASSWORD_CREDENTIAL => Self::PasswordCredential(PasswordCredential::read(item, reading)?),
            ObjectType::DEVICE_CREDENTIAL => Self::DeviceCredential(DeviceCredential::read(item, reading)?),
            ObjectType::ONE_TIME_PASSWORD_CREDENTIAL => {
                Self::OneTimePasswordCredential(OneTimePasswordCredential::read(item, reading)?)
            }
            ObjectType::HASHED_PASSWORD_CREDENTIAL => {
                Self::HashedPasswordCredential(HashedPasswordCredential::read(item, reading)?)
            }
            _ => Self::OpaqueObject(OpaqueObject::read(item, reading)?),
        })
    }

    /// Writes it under the tag of its type.
    pub fn encode(&self, w: &mut Writer, version: Version) {
        match self {
            Self::Certificate(object) => object.write(w, tag::CERTIFICATE, version),
            Self::SymmetricKey(object) => object.write(w, tag::SYMMETRIC_KEY, version),
            Self::PublicKey(object) => object.write(w, tag::PUBLIC_KEY, version),
            Self::PrivateKey(object) => object.write(w, tag::PRIVATE_KEY, version),
            Self::SplitKey(object) => object.write(w, tag::SPLIT_KEY, version),
            Self::Template(object) => object.write(w, tag::TEMPLATE, version),
            Self::SecretData(object) => object.write(w, tag::SECRET_DATA, version),
            Self::OpaqueObject(object) => object.write(w, tag::OPAQUE_OBJECT, version),
            Self::PGPKey(object) => object.write(w, tag::PGP_KEY, version),
            Self::CertificateRequest(object) => object.write(w, tag::CERTIFICATE_REQUEST, version),
            Self::PasswordCredential(object) => object.write(w, tag::PASSWORD_CREDENTIAL, version),
            Self::DeviceCredential(object) => object.write(w, tag::DEVICE_CREDENTIAL, version),
            Self::OneTimePasswordCredential(object) => object.write(w, tag::OTP_CREDENTIAL, version),
            Self::HashedPasswordCredential(object) => object.write(w, tag::HASHED_PASSWORD_CREDENTIAL, version),
        }
    }
}

/// The object in a payload (Register, Get, …), whole: as it came, or one of ours.
#[derive(Clone, Debug, PartialEq)]
pub struct AnyObject<'d>(pub AnyItem<'d>);

impl<'d> AnyObject<'d> {
    /// What it is, by its tag.
    pub fn object_type(&self) -> Option<ObjectType> {
        OBJECTS.iter().find(|(_, tag, ..)| *tag == self.0.tag()).map(|row| row.0)
    }

    /// A copy to keep. Of a message of a later version only what is known is kept: `reading` is that of the message, and `parsed` this
    /// object, taken apart.
    pub fn known(&self, parsed: &Object<'_>, reading: Reading) -> Option<ManagedObject> {
        if reading.unknown == UnknownFields::Refuse {
            return self.to_managed_object();
        }
        let mut writer = Writer::new();
        parsed.encode(&mut writer, reading.version);
        let doc = Doc::lenient_owned(writer.finish(), &Limits::default());
        ManagedObject::new(doc.root().map(Item::from_ref)?)
    }

    /// A copy to keep.
    pub fn to_managed_object(&self) -> Option<ManagedObject> {
        ManagedObject::new(self.0.to_item())
    }

    /// Takes it apart, if it came in a message.
    pub fn decode(&self, reading: impl Into<Reading>) -> Option<Result<Object<'d>, DecodeError>> {
        self.0.wire().map(|item| Object::decode(item, reading))
    }
}

impl From<ManagedObject> for AnyObject<'_> {
    fn from(object: ManagedObject) -> Self {
        Self(AnyItem::Owned(object.into_item()))
    }
}

/// The tags of the objects a version has, and how many of the array count.
fn tags(version: Version) -> ([Tag; OBJECTS.len()], usize) {
    let mut tags = [Tag(0); OBJECTS.len()];
    let mut count = 0;
    let rows = OBJECTS.iter().filter(|row| row.2 <= version && version <= row.3);
    for (slot, row) in tags.iter_mut().zip(rows) {
        *slot = row.1;
        count += 1;
    }
    (tags, count)
}

impl<'d> Field<'d> for AnyObject<'d> {
    /// The tag is not used: the object's own tag says what it is.
    fn take(fields: &mut Fields<'d>, _: Tag) -> Result<Self, DecodeError> {
        let (tags, count) = tags(fields.reading().version);
        let item = fields.req_any(tags.get(..count).unwrap_or(&tags))?;
        Ok(Self(AnyItem::Wire(item)))
    }
    /// One of our own is written with the identifiers of the version; one that came in a message as it came.
    fn put(&self, w: &mut Writer, _: Tag, version: Version) {
        match &self.0 {
            AnyItem::Owned(item) if version >= Version::V3_0 => {
                let mut item = item.clone();
                retype_identifiers(&mut item, ItemType::IDENTIFIER);
                w.item(&item);
            }
            other => other.write(w),
        }
    }
    fn absent(fields: &Fields<'d>, tag: Tag) -> Result<Self, DecodeError> {
        Err(DecodeError::Missing { tag, at: fields.parent().offset() })
    }
}

impl<'d> Field<'d> for Option<AnyObject<'d>> {
    fn take(fields: &mut Fields<'d>, _: Tag) -> Result<Self, DecodeError> {
        let (tags, count) = tags(fields.reading().version);
        let item = fields.opt_any(tags.get(..count).unwrap_or(&tags))?;
        Ok(item.map(|item| AnyObject(AnyItem::Wire(item))))
    }
    fn put(&self, w: &mut Writer, tag: Tag, version: Version) {
        if let Some(object) = self {
            object.put(w, tag, version);
        }
    }
    fn absent(_: &Fields<'d>, _: Tag) -> Result<Self, DecodeError> {
        Ok(None)
    }
}
