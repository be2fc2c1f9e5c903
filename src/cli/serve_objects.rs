//! Objects that `serve` begins with: a list in YAML, in the notation of scenarios.
//!
//! ```yaml
//! - id: key-1                       # Unique Identifier
//!   owner: alice                    # default: alice, the client of the ready line
//!   type: SymmetricKey
//!   material: 000102030405060708090a0b0c0d0e0f
//!   Attributes: {Name: my-key, CryptographicAlgorithm: AES, CryptographicLength: 128, CryptographicUsageMask: [Encrypt], State: Active}
//! - id: cert-1
//!   type: Certificate
//!   file: ca.pem                    # PEM, or the bytes themselves; relative to this file
//! - id: password-1
//!   SecretData: {SecretDataType: Password, KeyBlock: {KeyFormatType: Opaque, KeyValue: {KeyMaterial: "70617373"}}}   # as in Register
//!   Attributes: {CryptographicUsageMask: 0, InitialDate: now-86400, x-Purpose: test}
//! ```

use crate::runner::data_file::{self, DataFileError};
use crate::scenario::attributes::Named;
use crate::scenario::build::{Build, hex};
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::fields::{Fields, text, word};
use crate::scenario::lower::Lowering;
use crate::scenario::names;
use crate::scenario::node::Node;
use crate::scenario::vars::Vars;
use kmipspec_protocol::attributes::Attribute;
use kmipspec_protocol::objects::ManagedObject;
use kmipspec_protocol::registry::{
    CertificateType, CryptographicAlgorithm, KeyFormatType, ObjectType, SecretDataType, tag,
};
use kmipspec_protocol::ttlv::{Item, Tag, Value};
use kmipspec_protocol::version::Version;
use kmipspec_reference_server::SeedObject;
use rustls_pki_types::pem::{self, PemObject, SectionKind};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Object types, under the names of their structures.
const TYPES: [(&str, ObjectType); 9] = [
    ("Certificate", ObjectType::CERTIFICATE),
    ("SymmetricKey", ObjectType::SYMMETRIC_KEY),
    ("PublicKey", ObjectType::PUBLIC_KEY),
    ("PrivateKey", ObjectType::PRIVATE_KEY),
    ("SplitKey", ObjectType::SPLIT_KEY),
    ("Template", ObjectType::TEMPLATE),
    ("SecretData", ObjectType::SECRET_DATA),
    ("OpaqueObject", ObjectType::OPAQUE_OBJECT),
    ("PGPKey", ObjectType::PGP_KEY),
];

/// Reads a file that is such a list.
pub(super) fn load(path: &Path, now: i64) -> Result<Vec<SeedObject>, DataFileError> {
    read(&data_file::read(path)?, path, now)
}

/// Reads such a list; `path` is the file it stands in.
pub(super) fn read(root: &Node, path: &Path, now: i64) -> Result<Vec<SeedObject>, DataFileError> {
    let mut reader = Reader { folder: path.parent().unwrap_or(Path::new("")).to_owned(), now, errors: Vec::new() };
    let mut objects = Vec::new();
    let mut ids = BTreeSet::new();
    match root.list() {
        Some(list) => {
            for node in list {
                let Some(object) = reader.object(node) else { continue };
                if !ids.insert(object.id.clone()) {
                    reader.error(node, format!("there is another object `{}`", object.id));
                }
                objects.push(object);
            }
        }
        None => reader.error(root, format!("objects are a list, not {}", root.kind_name())),
    }
    if reader.errors.is_empty() { Ok(objects) } else { Err(DataFileError::Invalid(reader.errors)) }
}

/// A list being read.
struct Reader {
    /// Where relative paths begin.
    folder: PathBuf,
    /// What `now` means in it.
    now: i64,
    /// What is wrong.
    errors: Vec<Diagnostic>,
}

impl Reader {
    /// Notes an error.
    fn error(&mut self, at: &Node, message: impl Into<String>) {
        self.errors.push(Diagnostic::new(&at.place, message));
    }

    /// One object.
    fn object(&mut self, node: &Node) -> Option<SeedObject> {
        let mut f = Fields::of(node, "an object", &mut self.errors)?;
        let id = f.require("id", &mut self.errors).and_then(|n| text(n, "id", &mut self.errors));
        let owner = f.text("owner", &mut self.errors).unwrap_or_else(|| "alice".to_owned());
        let attributes = f.take("Attributes");
        let whole: Vec<_> = TYPES.iter().filter_map(|(name, kind)| f.take(name).map(|node| (node, *kind))).collect();
        let whole = whole.first().copied();
        let kind = f.take("type");
        let format = f.take("format");
        let material = f.take("material");
        let file = f.take("file");
        let before = self.errors.len();
        f.finish(&mut self.errors);
        let version = self.version(attributes, whole.map(|(_, kind)| kind));
        let attributes = attributes.map_or_else(Vec::new, |attributes| self.attributes(attributes, version));
        let material = match (whole, kind) {
            (Some((node, kind)), None) => {
                for (extra, name) in [(format, "format"), (material, "material"), (file, "file")] {
                    if let Some(extra) = extra {
                        self.error(extra, format!("the structure has all there is to say: no `{name}` beside it"));
                    }
                }
                self.structure(node, kind, version)
            }
            (None, Some(kind)) => self.short(node, kind, format, material, file, &attributes),
            (Some(_), Some(kind)) => {
                self.error(kind, "the structure says what it is: no `type` beside it");
                None
            }
            (None, None) => {
                self.error(
                    node,
                    "an object has a `type` with `material` or `file`, or its structure: `SymmetricKey: {...}`",
                );
                None
            }
        };
        let sound = self.errors.len() == before;
        Some(SeedObject { id: id?, owner, version, material: material.filter(|_| sound)?, attributes })
    }

    /// 2.1, unless something in it is of 1.x only.
    fn version(&self, attributes: Option<&Node>, kind: Option<ObjectType>) -> Version {
        let names = attributes.and_then(Node::map).unwrap_or_default();
        let old = |name: &str| Named::read(name, Version::V2_1).is_err() && Named::read(name, Version::V1_4).is_ok();
        if kind == Some(ObjectType::TEMPLATE) || names.iter().any(|entry| old(&entry.key)) {
            Version::V1_4
        } else {
            Version::V2_1
        }
    }

    /// What lowering makes of something, with its errors.
    fn lowered<T>(&mut self, version: Version, lower: impl FnOnce(&mut Lowering) -> T) -> T {
        let mut lowering = Lowering::new(version);
        let made = lower(&mut lowering);
        self.errors.append(&mut lowering.errors);
        made
    }

    /// Items without holes: nothing is ever bound here.
    fn items(&mut self, build: &Build, version: Version, at: &Node) -> Vec<Item> {
        match build.resolve(&Vars::new("seed", "seed", version, self.now)) {
            Ok(items) => items,
            Err(e) => {
                self.error(at, e.to_string());
                Vec::new()
            }
        }
    }

    /// Attributes in the common notation.
    fn attributes(&mut self, node: &Node, version: Version) -> Vec<Attribute> {
        let Some(all) = self.lowered(version, |lowering| lowering.attributes(node)) else {
            self.error(node, "`Attributes` is a map of attribute names");
            return Vec::new();
        };
        let mut attributes = Vec::new();
        for (named, build) in all {
            for item in self.items(&build, version, node) {
                attributes.push(Attribute::new(named.clone().key(), None, item));
            }
        }
        attributes
    }

    /// An object written as in Register.
    fn structure(&mut self, node: &Node, kind: ObjectType, version: Version) -> Option<ManagedObject> {
        let name = TYPES.iter().find(|(_, of)| *of == kind).map(|(name, _)| *name)?;
        let tag = names::tag(name, version).ok()?;
        let build = self.lowered(version, |lowering| lowering.value(tag, node, &[]))?;
        let item = self.items(&build, version, node).into_iter().next()?;
        ManagedObject::new(item)
    }

    /// An object that is its type, its bytes, and what the attributes say of them.
    fn short(
        &mut self,
        object: &Node,
        kind: &Node,
        format: Option<&Node>,
        material: Option<&Node>,
        file: Option<&Node>,
        attributes: &[Attribute],
    ) -> Option<ManagedObject> {
        let kind = word(kind, "type", &TYPES, &mut self.errors)?;
        let format = format.and_then(|node| self.format(node));
        let bytes = match (material, file) {
            (Some(node), None) => self.digits(node)?,
            (None, Some(node)) => self.file(node)?,
            _ => {
                self.error(object, "an object with a `type` has either `material` or `file`");
                return None;
            }
        };
        let number = |wanted: Tag| match attributes.iter().find(|a| a.value.tag == wanted)?.value.value()? {
            Value::Enumeration(number) => Some(number),
            Value::Integer(number) => u32::try_from(number).ok(),
            _ => None,
        };
        let algorithm = number(tag::CRYPTOGRAPHIC_ALGORITHM).map(CryptographicAlgorithm);
        let length = number(tag::CRYPTOGRAPHIC_LENGTH).and_then(|bits| i32::try_from(bits).ok());
        let bits = i32::try_from(bytes.len().saturating_mul(8)).unwrap_or(i32::MAX);
        let made = match kind {
            ObjectType::SYMMETRIC_KEY => {
                let Some(algorithm) = algorithm else {
                    self.error(object, "a key needs `CryptographicAlgorithm` among its `Attributes`");
                    return None;
                };
                ManagedObject::symmetric_key(algorithm, length.unwrap_or(bits), bytes)
            }
            ObjectType::PUBLIC_KEY | ObjectType::PRIVATE_KEY => {
                let (Some(algorithm), Some(length)) = (algorithm, length) else {
                    self.error(object, "a key of a pair needs `CryptographicAlgorithm` and `CryptographicLength` among its `Attributes`");
                    return None;
                };
                if kind == ObjectType::PUBLIC_KEY {
                    ManagedObject::public_key(format.unwrap_or(KeyFormatType::X_509), algorithm, length, bytes)
                } else {
                    ManagedObject::private_key(format.unwrap_or(KeyFormatType::PKCS_8), algorithm, length, bytes)
                }
            }
            ObjectType::SECRET_DATA => ManagedObject::secret_data(SecretDataType::PASSWORD, bytes),
            ObjectType::CERTIFICATE => ManagedObject::certificate(CertificateType::X_509, bytes),
            _ => {
                self.error(object, "an object of this type is written as its structure");
                return None;
            }
        };
        Some(made)
    }

    /// Key Format Type by name.
    fn format(&mut self, node: &Node) -> Option<KeyFormatType> {
        let name = text(node, "format", &mut self.errors)?;
        match names::enum_code(tag::KEY_FORMAT_TYPE, &name, Version::V2_1) {
            Ok(code) => Some(KeyFormatType(code)),
            Err(unknown) => {
                self.errors.push(Diagnostic::new(&node.place, unknown.message).with_help(unknown.help));
                None
            }
        }
    }

    /// Hexadecimal digits.
    fn digits(&mut self, node: &Node) -> Option<Vec<u8>> {
        let bytes = node.text().and_then(hex);
        if bytes.is_none() {
            self.error(node, "`material` is hexadecimal");
        }
        bytes
    }

    /// The bytes of a file, or of the first section of a PEM file.
    fn file(&mut self, node: &Node) -> Option<Vec<u8>> {
        let path = self.folder.join(text(node, "file", &mut self.errors)?);
        match std::fs::read(&path) {
            Err(e) => {
                self.error(node, format!("{}: {e}", path.display()));
                None
            }
            Ok(bytes) => Some(match <(SectionKind, Vec<u8>)>::from_pem_slice(&bytes) {
                Ok((_, der)) => der,
                Err(pem::Error::NoItemsFound) => bytes,
                Err(e) => {
                    self.error(node, format!("{}: {e}", path.display()));
                    return None;
                }
            }),
        }
    }
}
