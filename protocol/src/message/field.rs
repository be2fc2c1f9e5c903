//! How a Rust type stands as a field of a structure: once, optionally, or any number of times.

use super::fields::{no_value, wrong_type};
use super::{AnyItem, DecodeError, Fields, Reading};
use crate::registry as reg;
use crate::ttlv::{ItemRef, ItemType, Tag, Writer};
use crate::version::{ProtocolVersion, Version};
use std::borrow::Cow;

/// The value of one item.
pub trait FieldValue<'d>: Sized {
    /// The tag that stands for `tag` at this version: Attributes is Template-Attribute at 1.x.
    fn wire_tag(tag: Tag, version: Version) -> Tag {
        let _ = version;
        tag
    }
    /// From the item.
    fn read(item: ItemRef<'d>, reading: Reading) -> Result<Self, DecodeError>;
    /// As an item with this tag.
    fn write(&self, w: &mut Writer, tag: Tag, version: Version);
}

/// A field of a structure: `T` has to be there, `Option<T>` may be, `Vec<T>` may be repeated.
pub trait Field<'d>: Sized {
    /// Takes the field from the structure.
    fn take(fields: &mut Fields<'d>, tag: Tag) -> Result<Self, DecodeError>;
    /// Writes the field, if it is there.
    fn put(&self, w: &mut Writer, tag: Tag, version: Version);
    /// What it is at a version that does not have it.
    fn absent(fields: &Fields<'d>, tag: Tag) -> Result<Self, DecodeError>;
}

impl<'d, T: FieldValue<'d>> Field<'d> for T {
    fn take(fields: &mut Fields<'d>, tag: Tag) -> Result<Self, DecodeError> {
        let reading = fields.reading();
        T::read(fields.req(T::wire_tag(tag, reading.version))?, reading)
    }
    fn put(&self, w: &mut Writer, tag: Tag, version: Version) {
        self.write(w, T::wire_tag(tag, version), version);
    }
    fn absent(fields: &Fields<'d>, tag: Tag) -> Result<Self, DecodeError> {
        Err(DecodeError::Missing { tag, at: fields.parent().offset() })
    }
}

impl<'d, T: FieldValue<'d>> Field<'d> for Option<T> {
    fn take(fields: &mut Fields<'d>, tag: Tag) -> Result<Self, DecodeError> {
        let reading = fields.reading();
        fields.opt(T::wire_tag(tag, reading.version))?.map(|item| T::read(item, reading)).transpose()
    }
    fn put(&self, w: &mut Writer, tag: Tag, version: Version) {
        if let Some(value) = self {
            value.write(w, T::wire_tag(tag, version), version);
        }
    }
    fn absent(_: &Fields<'d>, _: Tag) -> Result<Self, DecodeError> {
        Ok(None)
    }
}

impl<'d, T: FieldValue<'d>> Field<'d> for Vec<T> {
    fn take(fields: &mut Fields<'d>, tag: Tag) -> Result<Self, DecodeError> {
        let reading = fields.reading();
        let mut all = Self::new();
        let tag = T::wire_tag(tag, reading.version);
        while let Some(item) = fields.next_of(tag) {
            all.push(T::read(item, reading)?);
        }
        Ok(all)
    }
    fn put(&self, w: &mut Writer, tag: Tag, version: Version) {
        for value in self {
            value.write(w, T::wire_tag(tag, version), version);
        }
    }
    fn absent(_: &Fields<'d>, _: Tag) -> Result<Self, DecodeError> {
        Ok(Self::new())
    }
}

/// Seconds since 1970: the item type Date-Time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateTime(pub i64);

/// Microseconds since 1970: the item type Date-Time Extended (2.0).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateTimeExtended(pub i64);

/// A number of seconds: the item type Interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interval(pub u32);

/// Bytes of our own, for structures that borrow nothing: the item type Byte String.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ByteString(pub Vec<u8>);

/// Two's complement of any length: the item type Big Integer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BigInteger<'d>(pub Cow<'d, [u8]>);

impl<'d> FieldValue<'d> for i32 {
    fn read(item: ItemRef<'d>, _: Reading) -> Result<Self, DecodeError> {
        item.as_i32().ok_or_else(|| no_value(item, ItemType::INTEGER))
    }
    fn write(&self, w: &mut Writer, tag: Tag, _: Version) {
        w.integer(tag, *self);
    }
}

impl<'d> FieldValue<'d> for i64 {
    fn read(item: ItemRef<'d>, _: Reading) -> Result<Self, DecodeError> {
        match item.ty() {
            ItemType::LONG_INTEGER => item.as_i64().ok_or_else(|| no_value(item, ItemType::LONG_INTEGER)),
            _ => Err(wrong_type(item, ItemType::LONG_INTEGER)),
        }
    }
    fn write(&self, w: &mut Writer, tag: Tag, _: Version) {
        w.long_integer(tag, *self);
    }
}

impl<'d> FieldValue<'d> for bool {
    fn read(item: ItemRef<'d>, _: Reading) -> Result<Self, DecodeError> {
        item.as_bool().ok_or_else(|| no_value(item, ItemType::BOOLEAN))
    }
    fn write(&self, w: &mut Writer, tag: Tag, _: Version) {
        w.boolean(tag, *self);
    }
}

impl<'d> FieldValue<'d> for Cow<'d, str> {
    fn read(item: ItemRef<'d>, _: Reading) -> Result<Self, DecodeError> {
        item.as_text().map(Cow::Borrowed).ok_or_else(|| no_value(item, ItemType::TEXT_STRING))
    }
    fn write(&self, w: &mut Writer, tag: Tag, _: Version) {
        w.text(tag, self);
    }
}

impl<'d> FieldValue<'d> for Cow<'d, [u8]> {
    fn read(item: ItemRef<'d>, _: Reading) -> Result<Self, DecodeError> {
        match item.ty() {
            ItemType::BYTE_STRING => {
                item.as_bytes().map(Cow::Borrowed).ok_or_else(|| no_value(item, ItemType::BYTE_STRING))
            }
            _ => Err(wrong_type(item, ItemType::BYTE_STRING)),
        }
    }
    fn write(&self, w: &mut Writer, tag: Tag, _: Version) {
        w.bytes(tag, self);
    }
}

impl<'d> FieldValue<'d> for ByteString {
    fn read(item: ItemRef<'d>, reading: Reading) -> Result<Self, DecodeError> {
        <Cow<'d, [u8]>>::read(item, reading).map(|bytes| Self(bytes.into_owned()))
    }
    fn write(&self, w: &mut Writer, tag: Tag, _: Version) {
        w.bytes(tag, &self.0);
    }
}

impl<'d> FieldValue<'d> for BigInteger<'d> {
    fn read(item: ItemRef<'d>, _: Reading) -> Result<Self, DecodeError> {
        match item.value() {
            Some(crate::ttlv::Value::BigInteger(v)) => Ok(Self(Cow::Borrowed(v))),
            _ => Err(no_value(item, ItemType::BIG_INTEGER)),
        }
    }
    fn write(&self, w: &mut Writer, tag: Tag, _: Version) {
        w.big_integer(tag, &self.0);
    }
}

impl<'d> FieldValue<'d> for DateTime {
    fn read(item: ItemRef<'d>, _: Reading) -> Result<Self, DecodeError> {
        match item.ty() {
            ItemType::DATE_TIME => item.as_i64().map(Self).ok_or_else(|| no_value(item, ItemType::DATE_TIME)),
            _ => Err(wrong_type(item, ItemType::DATE_TIME)),
        }
    }
    fn write(&self, w: &mut Writer, tag: Tag, _: Version) {
        w.date_time(tag, self.0);
    }
}

impl<'d> FieldValue<'d> for DateTimeExtended {
    fn read(item: ItemRef<'d>, _: Reading) -> Result<Self, DecodeError> {
        match item.ty() {
            ItemType::DATE_TIME_EXTENDED => {
                item.as_i64().map(Self).ok_or_else(|| no_value(item, ItemType::DATE_TIME_EXTENDED))
            }
            _ => Err(wrong_type(item, ItemType::DATE_TIME_EXTENDED)),
        }
    }
    fn write(&self, w: &mut Writer, tag: Tag, _: Version) {
        w.date_time_extended(tag, self.0);
    }
}

impl<'d> FieldValue<'d> for Interval {
    fn read(item: ItemRef<'d>, _: Reading) -> Result<Self, DecodeError> {
        match item.ty() {
            ItemType::INTERVAL => item.as_u32().map(Self).ok_or_else(|| no_value(item, ItemType::INTERVAL)),
            _ => Err(wrong_type(item, ItemType::INTERVAL)),
        }
    }
    fn write(&self, w: &mut Writer, tag: Tag, _: Version) {
        w.interval(tag, self.0);
    }
}

impl<'d> FieldValue<'d> for AnyItem<'d> {
    fn read(item: ItemRef<'d>, _: Reading) -> Result<Self, DecodeError> {
        Ok(Self::Wire(item))
    }
    fn write(&self, w: &mut Writer, tag: Tag, _: Version) {
        self.write_as(w, tag);
    }
}

impl<'d> FieldValue<'d> for ProtocolVersion {
    fn read(item: ItemRef<'d>, reading: Reading) -> Result<Self, DecodeError> {
        let mut fields = Fields::new(item, reading)?;
        let major = i32::take(&mut fields, reg::tag::PROTOCOL_VERSION_MAJOR)?;
        let minor = i32::take(&mut fields, reg::tag::PROTOCOL_VERSION_MINOR)?;
        fields.finish()?;
        Ok(Self { major, minor })
    }
    fn write(&self, w: &mut Writer, tag: Tag, _: Version) {
        w.begin(tag);
        w.integer(reg::tag::PROTOCOL_VERSION_MAJOR, self.major);
        w.integer(reg::tag::PROTOCOL_VERSION_MINOR, self.minor);
        w.end();
    }
}

/// Registry newtypes as fields: an Enumeration is a number with names, an unknown number survives.
macro_rules! enumerations {
    ($($name:ident),* $(,)?) => { $(
        impl<'d> FieldValue<'d> for reg::$name {
            fn read(item: ItemRef<'d>, _: Reading) -> Result<Self, DecodeError> {
                match item.ty() {
                    ItemType::ENUMERATION => {
                        item.as_u32().map(Self).ok_or_else(|| no_value(item, ItemType::ENUMERATION))
                    }
                    _ => Err(wrong_type(item, ItemType::ENUMERATION)),
                }
            }
            fn write(&self, w: &mut Writer, tag: Tag, _: Version) {
                w.enumeration(tag, self.0);
            }
        }
    )* };
}

/// Bit masks as fields: an Integer on the wire.
macro_rules! masks {
    ($($name:ident),* $(,)?) => { $(
        impl<'d> FieldValue<'d> for reg::$name {
            fn read(item: ItemRef<'d>, _: Reading) -> Result<Self, DecodeError> {
                item.as_i32().map(|v| Self(v.cast_unsigned())).ok_or_else(|| no_value(item, ItemType::INTEGER))
            }
            fn write(&self, w: &mut Writer, tag: Tag, _: Version) {
                w.integer(tag, self.0.cast_signed());
            }
        }
    )* };
}

enumerations!(
    AdjustmentType,
    AsynchronousIndicator,
    AttestationType,
    BatchErrorContinuationOption,
    BlockCipherMode,
    CancellationResult,
    CertificateRequestType,
    CertificateType,
    ClientRegistrationMethod,
    CredentialType,
    CryptographicAlgorithm,
    DeactivationReasonCode,
    DerivationMethod,
    DestroyAction,
    DigitalSignatureAlgorithm,
    DrbgAlgorithm,
    EncodingOption,
    EndpointRole,
    Ephemeral,
    Fips186Variation,
    HashingAlgorithm,
    InteropFunction,
    KeyCompressionType,
    KeyFormatType,
    KeyRoleType,
    KeyWrapType,
    LinkType,
    MaskGenerator,
    NameType,
    ObjectGroupMember,
    ObjectType,
    OpaqueDataType,
    Operation,
    OtpAlgorithm,
    PaddingMethod,
    Pkcs11Function,
    Pkcs11ReturnCode,
    ProcessingStage,
    ProfileName,
    PutFunction,
    QueryFunction,
    RecommendedCurve,
    ResultReason,
    ResultStatus,
    RevocationReasonCode,
    RngAlgorithm,
    RngMode,
    SecretDataType,
    ShreddingAlgorithm,
    SplitKeyMethod,
    TicketType,
    UnwrapMode,
    UsageLimitsUnit,
    ValidationAuthorityType,
    ValidationType,
    ValidityIndicator,
    WrappingMethod,
);

masks!(CryptographicUsageMask, ObjectClassMask, ProtectionStorageMask, StorageStatusMask);
