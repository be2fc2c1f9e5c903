//! What all operations that make objects share: the attributes asked for, with templates, and those the server sets itself.

use crate::application;
use crate::attributes::{Attribute, AttributeKey, admit, invalid_value, rule};
use crate::constraints;
use crate::context::Context;
use crate::digest;
use crate::failure::{Failure, Outcome};
use crate::key_format;
use crate::lifecycle;
use crate::object::{StoredObject, name_parts};
use crate::split_key;
use crate::usage::set_count;
use kmipspec_protocol::attributes::{Attributes, Name, Template};
use kmipspec_protocol::message::to_item;
use kmipspec_protocol::objects::{ManagedObject, Object};
use kmipspec_protocol::registry::{KeyFormatType, ObjectClass, ObjectType, ResultReason, State, tag};
use kmipspec_protocol::ttlv::{Doc, Item, Limits, Value};
use kmipspec_protocol::version::Version;

/// Seconds a lease lasts that nobody has asked for: the Lease Time attribute of new objects.
pub(crate) const LEASE_TIME: u32 = 3_600;

/// Who made the key material.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// This server.
    Generated,
    /// A client, who registers it.
    Registered,
    /// This server's authority, for a key that somebody has made.
    Certified,
}

/// What the client asks for, if anything, admitted to the version, with the attributes of the templates it names.
///
/// Templates are found by name; a single-instance attribute of the request wins over a template's, and a later template's
/// over an earlier's (1.4 §4).
pub(crate) fn requested_attributes(context: &mut Context<'_>, asked: Option<&Template<'_>>) -> Outcome<Vec<Attribute>> {
    let mut attributes = Vec::new();
    let Some(asked) = asked else { return Ok(attributes) };
    for name in &asked.names {
        for attribute in template(context, name)? {
            merge(&mut attributes, attribute, context.version);
        }
    }
    for attribute in admit_all(&asked.attributes, context.version)? {
        merge(&mut attributes, attribute, context.version);
    }
    Ok(attributes)
}

/// The attributes of a list, those of one instance given once at most.
pub(crate) fn admit_all(list: &Attributes<'_>, version: Version) -> Outcome<Vec<Attribute>> {
    let all = admit(list.to_vec()?, version)?;
    for (place, attribute) in all.iter().enumerate() {
        let twice = all.iter().take(place).any(|earlier| earlier.key == attribute.key);
        if twice && is_single(&attribute.key, version) {
            return Err(single_valued(version));
        }
    }
    Ok(all)
}

/// Whether these have the value already, or have one of an attribute of which there is one only: an object may say several.
fn is_said(these: &[Attribute], key: &AttributeKey, value: &Item, version: Version) -> bool {
    these.iter().any(|a| a.key == *key && (a.value == *value || !has_many(key, version)))
}

/// An attribute of one instance is given more than once.
fn single_valued(version: Version) -> Failure {
    Failure::by_version(
        version,
        ResultReason::INDEX_OUT_OF_BOUNDS,
        ResultReason::ATTRIBUTE_SINGLE_VALUED,
        "an attribute of one instance is given more than once",
    )
}

/// The attributes that the Template object with this Name holds, not those it has itself.
fn template(context: &mut Context<'_>, name: &Name<'_>) -> Outcome<Vec<Attribute>> {
    let ids = context.transaction.named(name.name_type.0, &name.name_value);
    let found =
        ids.iter().filter_map(|id| context.transaction.object(id)).find(|o| o.object_type == ObjectType::TEMPLATE);
    let found = found.ok_or_else(|| Failure::new(ResultReason::ITEM_NOT_FOUND, "no template with this name"))?;
    if found.archived {
        return Err(Failure::new(ResultReason::OBJECT_ARCHIVED, "the template is archived"));
    }
    let bytes = found.material.as_ref().map(|material| material.item().encode()).unwrap_or_default();
    let Ok(doc) = Doc::strict_owned(bytes, &Limits::default()) else { return Ok(Vec::new()) };
    let Some(root) = doc.root() else { return Ok(Vec::new()) };
    let Object::Template(held) = Object::decode(root, context.version)? else { return Ok(Vec::new()) };
    let usable = |a: &Attribute| match &a.key {
        AttributeKey::Standard(tag::NAME) => false,
        AttributeKey::Standard(tag) => rule(*tag, context.version).is_some_and(|r| r.client_sets()),
        AttributeKey::Custom { .. } => true,
    };
    Ok(held.attributes.to_vec()?.into_iter().filter(usable).collect())
}

/// Whether the attribute has one instance at most.
fn is_single(key: &AttributeKey, version: Version) -> bool {
    match key {
        AttributeKey::Standard(tag) => rule(*tag, version).is_some_and(|r| !r.many()),
        AttributeKey::Custom { .. } => false,
    }
}

/// Whether it may have several: at this version, or at one that has it.
fn has_many(key: &AttributeKey, version: Version) -> bool {
    match key {
        AttributeKey::Standard(tag) => {
            rule(*tag, version).or_else(|| rule(*tag, Version::V3_0)).is_some_and(|rule| rule.many())
        }
        AttributeKey::Custom { .. } => true,
    }
}

/// Adds an attribute; one of a single instance replaces what is there.
pub(crate) fn merge(attributes: &mut Vec<Attribute>, attribute: Attribute, version: Version) {
    if is_single(&attribute.key, version) {
        attributes.retain(|a| a.key != attribute.key);
    }
    attributes.push(attribute);
}

/// A new object with what the client asked for and what the server sets (1.4 §3, "when implicitly set"); `told` is what the
/// material says of itself, where the request is silent.
///
/// It is stored, and its identifier is the new ID Placeholder.
pub(crate) fn create(
    context: &mut Context<'_>,
    material: ManagedObject,
    requested: Vec<Attribute>,
    told: Vec<Attribute>,
    origin: Origin,
) -> Outcome<String> {
    let object_type = material.object_type();
    let (material, requested) = match origin {
        Origin::Generated => {
            check_generator(context, &requested)?;
            in_format(material, requested, context.version)?
        }
        Origin::Registered | Origin::Certified => (material, requested),
    };
    store(context, object_type, Some(material), requested, told, origin)
}

/// The generator of what is made here must be as the request wants it (1.3 §3.45, 2.1 §4.46): each field that it gives.
fn check_generator(context: &Context<'_>, requested: &[Attribute]) -> Outcome<()> {
    let version = context.version;
    let key = AttributeKey::Standard(tag::RANDOM_NUMBER_GENERATOR);
    let Some(asked) = requested.iter().find(|a| a.key == key) else { return Ok(()) };
    let ours = to_item(&context.config.random.parameters(), tag::RANDOM_NUMBER_GENERATOR, version);
    if asked.value.items().iter().all(|field| ours.items().contains(field)) {
        return Ok(());
    }
    Err(invalid_value(version, "this server has no such random number generator; Query RNGs tells of the one it has"))
}

/// Material made here, in the Key Format Type that the client asks for among the attributes, which must be possible, or since
/// 2.0 in the default one (2.1 §4.26).
fn in_format(
    material: ManagedObject,
    mut requested: Vec<Attribute>,
    version: Version,
) -> Outcome<(ManagedObject, Vec<Attribute>)> {
    if version < Version::V2_0 {
        return Ok((material, requested));
    }
    let place = requested.iter().position(|a| a.key == AttributeKey::Standard(tag::KEY_FORMAT_TYPE));
    let asked = place.map(|place| requested.remove(place).value);
    if let Some(Value::Enumeration(format)) = asked.as_ref().and_then(Item::value) {
        let material = key_format::convert(&material, Some(KeyFormatType(format)), None, version)?;
        return Ok((material, requested));
    }
    let default = key_format::default_format(&material);
    let converted = key_format::convert(&material, default, None, version).ok();
    Ok((converted.unwrap_or(material), requested))
}

/// [`create`] for what has no material: users and groups (3.0).
pub(crate) fn create_bare(
    context: &mut Context<'_>,
    object_type: ObjectType,
    requested: Vec<Attribute>,
) -> Outcome<String> {
    store(context, object_type, None, requested, Vec::new(), Origin::Registered)
}

/// An imported object: attributes are what is given, whoever sets them otherwise; what is not given is as for a new object. In
/// place of an object with this identifier it keeps that one's place.
pub(crate) fn import(
    context: &mut Context<'_>,
    id: &str,
    replaced: Option<&StoredObject>,
    material: ManagedObject,
    given: Vec<Attribute>,
    told: Vec<Attribute>,
    destroyed: bool,
) -> Outcome<()> {
    let version = context.version;
    let mut object = StoredObject::new(id, material.object_type(), context.client);
    object.sequence = replaced.map_or(0, |replaced| replaced.sequence);
    object.set(Item::text(tag::UNIQUE_IDENTIFIER, id));
    object.set(Item::enumeration(tag::OBJECT_TYPE, object.object_type.0));
    for told in told.into_iter().filter(|told| given.iter().all(|given| given.key != told.key)) {
        if !is_said(&object.attributes, &told.key, &told.value, version) {
            object.attributes.push(told);
        }
    }
    implicit(context, &mut object, Some(&material), Origin::Registered);
    object.attributes.retain(|held| given.iter().all(|given| given.key != held.key));
    for Attribute { key, index, value } in given {
        check_name(context, &object, &key, &value, ResultReason::INVALID_FIELD)?;
        match index {
            Some(_) => object.attributes.push(Attribute { key, index, value }),
            None if is_single(&key, version) => object.attributes.push(Attribute { key, index, value }),
            None => {
                object.add(key, value);
            }
        }
    }
    object.material = Some(material).filter(|_| !destroyed);
    context.services.rotation.note(&object);
    context.transaction.put(object);
    context.returned(id);
    Ok(())
}

/// Makes the object and stores it.
fn store(
    context: &mut Context<'_>,
    object_type: ObjectType,
    material: Option<ManagedObject>,
    requested: Vec<Attribute>,
    told: Vec<Attribute>,
    origin: Origin,
) -> Outcome<String> {
    let version = context.version;
    let id = context.config.random.uuid().ok_or_else(|| Failure::internal(version, "no identifier could be made"))?;
    let mut object = StoredObject::new(id.as_str(), object_type, context.client);
    object.set(Item::text(tag::UNIQUE_IDENTIFIER, id.as_str()));
    object.set(Item::enumeration(tag::OBJECT_TYPE, object_type.0));
    for attribute in requested {
        accept(context, &mut object, attribute)?;
    }
    let asked = object.attributes.len();
    for Attribute { key, index, value } in told {
        // What the request itself says goes first; else the object may say several values of one attribute.
        let (requested, said) = object.attributes.split_at(asked);
        if is_said(said, &key, &value, version) || requested.iter().any(|a| a.key == key) {
            continue;
        }
        check_name(context, &object, &key, &value, ResultReason::INVALID_FIELD)?;
        if object.instances(&key).next().is_some() {
            object.add(key, value);
        } else {
            object.attributes.push(Attribute { key, index, value });
        }
    }
    check_dates(&object, version)?;
    implicit(context, &mut object, material.as_ref(), origin);
    constraints::check(context, &object)?;
    object.material = material;
    lifecycle::settle(&mut object, context.now);
    split_key::note_base(context, &object);
    context.services.rotation.note(&object);
    context.transaction.put(object);
    context.returned(&id);
    Ok(id)
}

/// One attribute of the request: the client may set it, it fits, its Name is free.
fn accept(context: &Context<'_>, object: &mut StoredObject, attribute: Attribute) -> Outcome<()> {
    let version = context.version;
    let Attribute { key, value, .. } = attribute;
    let value = application::complete(context, value)?;
    match &key {
        AttributeKey::Custom { vendor, .. } if vendor == "y" && version < Version::V2_0 => {
            return Err(Failure::invalid_field("custom attributes of a client begin with x-"));
        }
        AttributeKey::Custom { .. } => {}
        AttributeKey::Standard(tag) => {
            let Some(rule) = rule(*tag, version) else { return Err(Failure::invalid_field("no such attribute")) };
            if !rule.client_sets() {
                // Repeating what the object says of itself does no harm.
                if object.attribute(*tag).is_some_and(|a| a.value == value) {
                    return Ok(());
                }
                return Err(Failure::by_version(
                    version,
                    ResultReason::INVALID_FIELD,
                    ResultReason::ATTRIBUTE_READ_ONLY,
                    "this attribute is set by the server only",
                ));
            }
            if !rule.many() {
                if object.attribute(*tag).is_some() {
                    return Err(single_valued(version));
                }
                object.set(complete(value));
                return Ok(());
            }
        }
    }
    check_name(context, object, &key, &value, ResultReason::INVALID_FIELD)?;
    if !object.instances(&key).any(|a| a.value == value) {
        object.add(key, value);
    }
    Ok(())
}

/// A Name must have value and type, and no other object of this server may carry it (1.4 §3.2).
pub(crate) fn check_name(
    context: &Context<'_>,
    object: &StoredObject,
    key: &AttributeKey,
    value: &Item,
    before_2: ResultReason,
) -> Outcome<()> {
    if *key != AttributeKey::Standard(tag::NAME) {
        return Ok(());
    }
    let Some((kind, text)) = name_parts(value) else {
        return Err(invalid_value(context.version, "a Name needs value and type"));
    };
    let taken = context.transaction.named(kind, text).iter().any(|other| *other != object.id);
    if taken && !context.quirk("names-are-not-unique") {
        return Err(Failure::by_version(
            context.version,
            before_2,
            ResultReason::NON_UNIQUE_NAME_ATTRIBUTE,
            "another object has this Name",
        ));
    }
    Ok(())
}

/// Dates must be in their order: deactivation not before activation, protection stops not before processing starts, both inside.
pub(crate) fn check_dates(object: &StoredObject, version: Version) -> Outcome<()> {
    let in_order = |first, then| match (object.date(first), object.date(then)) {
        (Some(first), Some(then)) => first <= then,
        _ => true,
    };
    let ordered = in_order(tag::ACTIVATION_DATE, tag::DEACTIVATION_DATE)
        && in_order(tag::ACTIVATION_DATE, tag::PROCESS_START_DATE)
        && in_order(tag::PROTECT_STOP_DATE, tag::DEACTIVATION_DATE)
        && in_order(tag::PROCESS_START_DATE, tag::DEACTIVATION_DATE);
    if ordered {
        return Ok(());
    }
    Err(invalid_value(version, "the dates of the object are not in their order"))
}

/// What the server sets when an object is made.
fn implicit(context: &Context<'_>, object: &mut StoredObject, material: Option<&ManagedObject>, origin: Origin) {
    let now = context.now;
    object.set(Item::date_time(tag::INITIAL_DATE, now));
    object.set(Item::date_time(tag::LAST_CHANGE_DATE, now));
    object.set(Item::bytes(tag::SHORT_UNIQUE_IDENTIFIER, digest::short_identifier(&object.id)));
    if lifecycle::has_state(object.object_type) {
        object.set(Item::enumeration(tag::STATE, State::PRE_ACTIVE.0));
    }
    object.set(Item::interval(tag::LEASE_TIME, LEASE_TIME));
    let grouped = object.attribute(tag::OBJECT_GROUP).is_some();
    if !grouped && (Version::V1_1..Version::V2_0).contains(&context.version) && !is_template(object.object_type) {
        // 1.1 §3.33 reserves the name; a server may set the attribute (published SKFF-O-6-11).
        object.add(AttributeKey::Standard(tag::OBJECT_GROUP), Item::text(tag::OBJECT_GROUP, "default"));
    }
    // 3.0: objects of the system are none of a client's making.
    object.set(Item::enumeration(tag::OBJECT_CLASS, ObjectClass::USER.0));
    if object.attribute(tag::FRESH).is_none() {
        object.set(Item::boolean(tag::FRESH, true));
    }
    let Some(material) = material.filter(|_| !is_template(object.object_type)) else { return };
    if object.attribute(tag::CRYPTOGRAPHIC_USAGE_MASK).is_none() {
        object.set(Item::integer(tag::CRYPTOGRAPHIC_USAGE_MASK, 0));
    }
    if object.object_type == ObjectType::SECRET_DATA
        && context.version >= Version::V2_0
        && object.attribute(tag::CRYPTOGRAPHIC_LENGTH).is_none()
        && let Some(bytes) = material.material().filter(|_| !material.is_wrapped())
    {
        // 2.0 and 2.1 §4.15: everything has one but Opaque Objects.
        let bits = bytes.len().saturating_mul(8);
        object.set(Item::integer(tag::CRYPTOGRAPHIC_LENGTH, i32::try_from(bits).unwrap_or(i32::MAX)));
    }
    let format = digest::key_format_type(material);
    for value in digest::digests(material, format, context.version, &context.config.digests) {
        object.add(AttributeKey::Standard(tag::DIGEST), value);
    }
    if let Some(format) = format {
        object.set(Item::enumeration(tag::KEY_FORMAT_TYPE, format.0));
    }
    // 2.1 §11.42: 1 is software, which is what this is.
    object.set(Item::integer(tag::PROTECTION_STORAGE_MASK, 1));
    let sensitive = object.boolean(tag::SENSITIVE).unwrap_or(false);
    let extractable = object.boolean(tag::EXTRACTABLE).unwrap_or(true);
    object.set(Item::boolean(tag::SENSITIVE, sensitive));
    object.set(Item::boolean(tag::ALWAYS_SENSITIVE, sensitive));
    object.set(Item::boolean(tag::EXTRACTABLE, extractable));
    object.set(Item::boolean(tag::NEVER_EXTRACTABLE, !extractable));
    if matches!(
        object.object_type,
        ObjectType::SYMMETRIC_KEY | ObjectType::PRIVATE_KEY | ObjectType::SPLIT_KEY | ObjectType::SECRET_DATA
    ) {
        object.set(Item::boolean(tag::KEY_VALUE_PRESENT, !material.lacks_key_value()));
    }
    if origin != Origin::Registered {
        object.set(Item::date_time(tag::ORIGINAL_CREATION_DATE, now));
    }
    if origin == Origin::Generated && object.attribute(tag::RANDOM_NUMBER_GENERATOR).is_none() {
        let parameters = context.config.random.parameters();
        object.set(to_item(&parameters, tag::RANDOM_NUMBER_GENERATOR, context.version));
    }
}

/// Whether objects of this type only hold attributes for others.
fn is_template(object_type: ObjectType) -> bool {
    object_type == ObjectType::TEMPLATE
}

/// A value as the server keeps it: Usage Limits begin with all of their total left; a Count that a client gives is ignored
/// (1.0 §3.16, 1.4 §3.21, 2.1 §4.59).
pub(crate) fn complete(mut value: Item) -> Item {
    if value.tag == tag::USAGE_LIMITS
        && let Some(Value::LongInteger(total)) = value.child(tag::USAGE_LIMITS_TOTAL).and_then(Item::value)
    {
        set_count(&mut value, total);
    }
    value
}
