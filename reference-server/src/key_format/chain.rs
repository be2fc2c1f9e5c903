//! PKCS#12 in KMIP: a container registered becomes a private key with its certificates, and the other way round on Get
//! (1.4 §3.45, §4.11, §11.4; 2.1 §4.39, §6.1.19).

use super::pkcs12::{self, Contents, Unreadable};
use super::{convert, from_pkcs8};
use crate::attributes::{Attribute, AttributeKey};
use crate::certificate;
use crate::context::Context;
use crate::creation::{self, Origin};
use crate::failure::{Failure, Outcome};
use crate::key_pair::add_link;
use crate::object::StoredObject;
use kmipspec_protocol::objects::ManagedObject;
use kmipspec_protocol::registry::{
    CertificateType, KeyFormatType, LinkType, ObjectType, ResultReason, SecretDataType, State, tag,
};
use kmipspec_protocol::ttlv::Item;
use kmipspec_protocol::version::Version;

/// Certificates followed up a chain at most.
const LONGEST: usize = 16;

/// What a registered container becomes.
pub(crate) struct Taken {
    /// The private key, in PKCS#8.
    pub(crate) key: ManagedObject,
    /// What the container says of it.
    pub(crate) told: Vec<Attribute>,
    /// Its certificates, not stored yet.
    pub(crate) contents: Contents,
}

/// Takes the container of a Register request apart, with the password that its one PKCS#12 Password Link leads to.
pub(crate) fn take(context: &mut Context<'_>, object: &ManagedObject, requested: &[Attribute]) -> Outcome<Taken> {
    let version = context.version;
    let password = password(context, requested.iter().map(|attribute| &attribute.value))?;
    let name = requested.iter().find_map(|a| text(&a.value, tag::PKCS_12_FRIENDLY_NAME));
    let bytes = object.material().ok_or_else(|| Failure::invalid_message("the PKCS#12 container is missing"))?;
    let contents = pkcs12::open(bytes, &password, name).map_err(|why| unreadable(why, version))?;
    let key = from_pkcs8(&contents.private_key).ok_or_else(|| {
        Failure::new(ResultReason::CRYPTOGRAPHIC_FAILURE, "the private key in the container is of no known kind")
    })?;
    let (Some(algorithm), Some(length)) = (key.algorithm(version), key.length()) else {
        return Err(Failure::invalid_field("the private key in the container says no algorithm and length"));
    };
    let mut told = vec![
        Attribute::standard(Item::enumeration(tag::CRYPTOGRAPHIC_ALGORITHM, algorithm.0)),
        Attribute::standard(Item::integer(tag::CRYPTOGRAPHIC_LENGTH, length)),
    ];
    if let Some(name) = &contents.friendly_name {
        told.push(Attribute::standard(Item::text(tag::PKCS_12_FRIENDLY_NAME, name.as_str())));
    }
    let key = ManagedObject::private_key(KeyFormatType::PKCS_8, algorithm, length, contents.private_key.as_slice());
    Ok(Taken { key, told, contents })
}

/// Stores the certificates of a container, each linked to the next, and links the private key to the first.
pub(crate) fn keep(context: &mut Context<'_>, key: &str, contents: &Contents) -> Outcome<()> {
    let before = context.references.returned.len();
    let placeholder = context.references.placeholder.clone();
    let mut child: Option<String> = None;
    for der in &contents.chain {
        let material = ManagedObject::certificate(CertificateType::X_509, der.as_slice());
        let mut told = certificate::attributes(CertificateType::X_509, der);
        if let Some(name) = contents.friendly_name.as_deref().filter(|_| child.is_none()) {
            told.push(Attribute::standard(Item::text(tag::PKCS_12_FRIENDLY_NAME, name)));
        }
        let id = creation::create(context, material, Vec::new(), told, Origin::Registered)?;
        match &child {
            None => add_link(context, key, LinkType::PKCS_12_CERTIFICATE_LINK, &id)?,
            Some(child) => add_link(context, child, LinkType::CERTIFICATE_LINK, &id)?,
        }
        child = Some(id);
    }
    // The response names the private key alone.
    context.references.returned.truncate(before);
    context.references.placeholder = placeholder;
    Ok(())
}

/// The password behind the one PKCS#12 Password Link: Secret Data of the type Password, Active. Published TC-PKCS12-2 has
/// Permission Denied and Wrong Key Lifecycle State for one that is not; the rest is Invalid Field (1.4 §11.4) and Bad Password.
fn password<'a>(context: &mut Context<'_>, attributes: impl Iterator<Item = &'a Item>) -> Outcome<String> {
    let version = context.version;
    let bad = |message| Failure::by_version(version, ResultReason::INVALID_FIELD, ResultReason::BAD_PASSWORD, message);
    let mut links = attributes.filter(|a| a.tag == tag::LINK).filter_map(|a| {
        let wanted = Item::enumeration(tag::LINK_TYPE, LinkType::PKCS_12_PASSWORD_LINK.0);
        (a.child(tag::LINK_TYPE) == Some(&wanted)).then(|| text_of(a.child(tag::LINKED_OBJECT_IDENTIFIER)?))?
    });
    let (Some(id), None) = (links.next(), links.next()) else {
        return Err(bad("PKCS#12 needs one PKCS#12 Password Link"));
    };
    let no_password = || bad("the PKCS#12 Password Link leads to no Secret Data of the type Password");
    let secret = context.any_object(id).map_err(|_| no_password())?;
    let kind = secret.material.as_ref().and_then(|material| material.item().child(tag::SECRET_DATA_TYPE));
    let wanted = Item::enumeration(tag::SECRET_DATA_TYPE, SecretDataType::PASSWORD.0);
    if secret.object_type != ObjectType::SECRET_DATA || kind.is_some_and(|kind| *kind != wanted) {
        return Err(no_password());
    }
    if secret.state() != Some(State::ACTIVE) {
        return Err(Failure::by_version(
            version,
            ResultReason::PERMISSION_DENIED,
            ResultReason::WRONG_KEY_LIFECYCLE_STATE,
            "the password of the container is not Active",
        ));
    }
    let bytes = secret.material.as_ref().filter(|material| !material.is_wrapped()).and_then(|m| m.material());
    bytes.and_then(|bytes| std::str::from_utf8(bytes).ok()).map(str::to_owned).ok_or_else(no_password)
}

/// The container cannot be taken apart.
fn unreadable(why: Unreadable, version: Version) -> Failure {
    match why {
        Unreadable::Password => Failure::by_version(
            version,
            ResultReason::CRYPTOGRAPHIC_FAILURE,
            ResultReason::BAD_PASSWORD,
            "the container does not open with the password",
        ),
        Unreadable::NoKey => Failure::invalid_field("no private key of this friendly name is in the container"),
    }
}

/// A container with a private key, or since 2.0 a certificate's, and its certificate chain, under its password.
pub(crate) fn container(
    context: &mut Context<'_>,
    object: &StoredObject,
    material: &ManagedObject,
) -> Outcome<ManagedObject> {
    let version = context.version;
    let refused = |message| Failure::new(ResultReason::KEY_FORMAT_TYPE_NOT_SUPPORTED, message);
    if version < Version::V1_4 {
        return Err(refused("PKCS#12 came with 1.4"));
    }
    if object.object_type != ObjectType::PRIVATE_KEY {
        return Err(refused("a PKCS#12 container is made for a private key"));
    }
    let password = password(context, object.attributes.iter().map(|attribute| &attribute.value))?;
    let key = convert(material, Some(KeyFormatType::PKCS_8), None, version)?;
    let private_key = key.material().map(<[u8]>::to_vec).ok_or_else(|| refused("the private key is not here"))?;
    let name = object.attribute(tag::PKCS_12_FRIENDLY_NAME).and_then(|a| text_of(&a.value));
    let contents =
        Contents { private_key, friendly_name: name.map(str::to_owned), chain: certificates(context, object)? };
    let container = pkcs12::seal(&contents, &password)
        .ok_or_else(|| Failure::new(ResultReason::CRYPTOGRAPHIC_FAILURE, "the container could not be made"))?;
    // As published: a Byte String at 1.4 (TC-PKCS12-2-14), Key Material from 2.0 on (TC-PKCS12-2-20).
    let value = if version < Version::V2_0 {
        Item::bytes(tag::KEY_VALUE, container)
    } else {
        Item::structure(tag::KEY_VALUE, vec![Item::bytes(tag::KEY_MATERIAL, container)])
    };
    let format = Item::enumeration(tag::KEY_FORMAT_TYPE, KeyFormatType::PKCS_12.0);
    let block = Item::structure(tag::KEY_BLOCK, vec![format, value]);
    ManagedObject::new(Item::structure(tag::PRIVATE_KEY, vec![block])).ok_or_else(|| refused("no private key"))
}

/// The certificate chain: by the key's PKCS#12 Certificate Link, or that or the Certificate Link of its public key, then up by
/// Certificate Links. Where more than one way leads on, that is an error.
fn certificates(context: &mut Context<'_>, object: &StoredObject) -> Outcome<Vec<Vec<u8>>> {
    let mut next = one_link(object, LinkType::PKCS_12_CERTIFICATE_LINK)?;
    if next.is_none()
        && let Some(public) = one_link(object, LinkType::PUBLIC_KEY_LINK)?
    {
        let public = context.object(&public)?;
        next = match one_link(&public, LinkType::PKCS_12_CERTIFICATE_LINK)? {
            Some(certificate) => Some(certificate),
            None => one_link(&public, LinkType::CERTIFICATE_LINK)?,
        };
    }
    let mut chain: Vec<Vec<u8>> = Vec::new();
    while let Some(id) = next {
        let certificate = context.object(&id)?;
        let bytes = certificate.material.as_ref().filter(|m| m.object_type() == ObjectType::CERTIFICATE);
        let Some(bytes) = bytes.and_then(|material| material.material()) else { break };
        if chain.len() >= LONGEST || chain.iter().any(|held| held == bytes) {
            break;
        }
        chain.push(bytes.to_vec());
        next = one_link(&certificate, LinkType::CERTIFICATE_LINK)?;
    }
    Ok(chain)
}

/// The one Link of a type, if there is one.
fn one_link(object: &StoredObject, kind: LinkType) -> Outcome<Option<String>> {
    let wanted = Item::enumeration(tag::LINK_TYPE, kind.0);
    let key = AttributeKey::Standard(tag::LINK);
    let mut links = object.instances(&key).filter(|a| a.value.child(tag::LINK_TYPE) == Some(&wanted));
    let (first, second) = (links.next(), links.next());
    if second.is_some() {
        return Err(Failure::invalid_field("there is more than one certificate chain"));
    }
    Ok(first.and_then(|link| text_of(link.value.child(tag::LINKED_OBJECT_IDENTIFIER)?)).map(str::to_owned))
}

/// The text of an item of this tag.
fn text(item: &Item, wanted: kmipspec_protocol::ttlv::Tag) -> Option<&str> {
    (item.tag == wanted).then(|| text_of(item))?
}

/// The text of an item.
fn text_of(item: &Item) -> Option<&str> {
    item.value()?.text()
}
