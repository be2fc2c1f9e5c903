//! `protocol/data/{operations,structures,attributes,errors,sections}.yaml` -> `protocol/src/schema/*_table.rs`.
//!
//! Every name is resolved here against the tags and enumerations of the registry, so a slip in the data fails the generator.

use crate::Output;
use crate::registry::{self, Names, constant, header, version};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

type Fallible<T> = Result<T, Box<dyn Error>>;
/// Version -> section number.
type Sections = BTreeMap<String, String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldRow {
    field: Option<String>,
    /// In place of `field`: any one of these stands here.
    #[serde(default)]
    one_of: Vec<String>,
    required: String,
    #[serde(default)]
    repeatable: bool,
    #[serde(default)]
    types: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OperationFile {
    operations: Vec<OperationRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OperationRow {
    name: String,
    xml_name: String,
    code: u32,
    initiator: String,
    sections: Sections,
    layouts: Vec<PayloadRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PayloadRow {
    versions: [String; 2],
    #[serde(default)]
    uses_id_placeholder: bool,
    #[serde(default)]
    sets_id_placeholder: bool,
    #[serde(default)]
    second_hand: bool,
    request: Option<Vec<FieldRow>>,
    response: Option<Vec<FieldRow>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StructureFile {
    structures: Vec<StructureRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StructureRow {
    tag: String,
    layouts: Vec<LayoutRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LayoutRow {
    versions: [String; 2],
    #[serde(default)]
    variant: String,
    #[serde(default)]
    open: bool,
    sections: Sections,
    fields: Vec<FieldRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AttributeFile {
    attributes: Vec<AttributeRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AttributeRow {
    name: String,
    tag: String,
    types: Vec<String>,
    versions: [String; 2],
    sections: Sections,
    rules: Vec<RulesRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RulesRow {
    versions: [String; 2],
    initially_set_by: String,
    always_has_value: Option<bool>,
    modifiable_by_server: Option<bool>,
    modifiable_by_client: Option<bool>,
    deletable_by_client: Option<bool>,
    multiple_instances: Option<bool>,
    implicitly_set_by: Vec<String>,
    applies_to: Vec<String>,
    #[serde(default)]
    note: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ErrorFile {
    general: Vec<ErrorRow>,
    operations: Vec<OperationErrors>,
    lists: Vec<ListRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OperationErrors {
    operation: String,
    sections: Sections,
    errors: Vec<ErrorRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ErrorRow {
    id: String,
    versions: [String; 2],
    condition: String,
    status: Option<String>,
    reasons: Vec<String>,
    #[serde(default)]
    action: String,
    #[serde(default)]
    note: String,
    #[serde(default)]
    sections: Sections,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListRow {
    id: String,
    operation: String,
    versions: [String; 2],
    reasons: Vec<String>,
    sections: Sections,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SectionFile {
    sections: BTreeMap<String, BTreeMap<String, String>>,
}

/// Reads the five files and makes their tables.
pub(crate) fn generate(root: &Path) -> Fallible<Vec<Output>> {
    let names = registry::names(root)?;
    let data = root.join("protocol/data");
    let sections: SectionFile = registry::read(&data.join("sections.yaml"))?;
    let out = |file: &str, text: String| Output { path: PathBuf::from("protocol/src/schema").join(file), text };
    let cx = Cx { names, sections: sections.sections };
    Ok(vec![
        out("operation_table.rs", cx.operations(registry::read(&data.join("operations.yaml"))?)?),
        out("structure_table.rs", cx.structures(registry::read(&data.join("structures.yaml"))?)?),
        out("attribute_table.rs", cx.attributes(registry::read(&data.join("attributes.yaml"))?)?),
        out("error_table.rs", cx.errors(registry::read(&data.join("errors.yaml"))?)?),
        out("section_table.rs", cx.section_table()?),
    ])
}

/// What names are resolved against.
struct Cx {
    names: Names,
    sections: BTreeMap<String, BTreeMap<String, String>>,
}

impl Cx {
    fn operations(&self, file: OperationFile) -> Fallible<String> {
        let mut out = start(
            "operations",
            "Operations and their payloads.",
            "Field, Initiator, OperationLayout, OperationRow, Required, Span",
            "",
        );
        out.push_str("/// Every operation, by number; an operation both sides can start has a row for each.\npub static OPERATIONS: &[OperationRow] = &[\n");
        for op in &file.operations {
            self.names.value("Operation", &op.xml_name, op.code)?;
            let first = op.layouts.first().ok_or_else(|| format!("{}: no layout", op.name))?;
            let last = op.layouts.last().unwrap_or(first);
            writeln!(
                out,
                "    OperationRow {{ code: 0x{:02X}, name: {:?}, xml_name: {:?}, initiator: Initiator::{}, versions: {}, sections: {}, layouts: &[",
                op.code,
                op.name,
                op.xml_name,
                op.initiator,
                span(&[first.versions[0].clone(), last.versions[1].clone()])?,
                self.sections(&op.name, &op.sections)?,
            )?;
            for l in &op.layouts {
                writeln!(
                    out,
                    "        OperationLayout {{ versions: {}, second_hand: {}, uses_id_placeholder: {}, sets_id_placeholder: {},\n            request: {},\n            response: {},\n        }},",
                    span(&l.versions)?,
                    l.second_hand,
                    l.uses_id_placeholder,
                    l.sets_id_placeholder,
                    self.payload(l.request.as_deref())?,
                    self.payload(l.response.as_deref())?,
                )?;
            }
            out.push_str("    ] },\n");
        }
        out.push_str("];\n");
        Ok(out)
    }

    fn payload(&self, fields: Option<&[FieldRow]>) -> Fallible<String> {
        fields.map_or(Ok("None".into()), |f| Ok(format!("Some(&[{}])", self.fields(f)?)))
    }

    fn fields(&self, fields: &[FieldRow]) -> Fallible<String> {
        let mut out = String::new();
        for f in fields {
            let names: Vec<&String> = f.field.iter().chain(&f.one_of).collect();
            let tags: Vec<String> = names.iter().map(|n| self.tag(n)).collect::<Fallible<_>>()?;
            let required = match f.required.as_str() {
                "yes" => "Yes",
                "no" => "No",
                "conditional" => "Conditional",
                "unspecified" => "Unspecified",
                other => return Err(format!("required: {other:?}").into()),
            };
            write!(
                out,
                "\n                Field {{ name: {:?}, tags: &[{}], required: Required::{required}, repeatable: {}, types: &[{}] }},",
                names.first().ok_or("a field without a name")?,
                tags.join(", "),
                f.repeatable,
                registry::item_types(&f.types.iter().collect::<Vec<_>>()),
            )?;
        }
        Ok(out)
    }

    fn structures(&self, file: StructureFile) -> Fallible<String> {
        let mut out = start(
            "structures",
            "Structures and their fields.",
            "Field, Required, Span, StructureLayout, StructureRow",
            "use crate::ttlv::ItemType;\n",
        );
        out.push_str("/// Every structure with a table, sorted by tag.\npub static STRUCTURES: &[StructureRow] = &[\n");
        let mut rows = file.structures;
        rows.sort_by_key(|r| self.names.code(&r.tag));
        for row in &rows {
            writeln!(out, "    StructureRow {{ tag: {}, name: {:?}, layouts: &[", self.tag(&row.tag)?, row.tag)?;
            for l in &row.layouts {
                writeln!(
                    out,
                    "        StructureLayout {{ versions: {}, variant: {:?}, open: {}, sections: {}, fields: &[{}\n            ] }},",
                    span(&l.versions)?,
                    l.variant,
                    l.open,
                    self.sections(&row.tag, &l.sections)?,
                    self.fields(&l.fields)?,
                )?;
            }
            out.push_str("    ] },\n");
        }
        out.push_str("];\n");
        Ok(out)
    }

    fn attributes(&self, file: AttributeFile) -> Fallible<String> {
        let mut out = start(
            "attributes",
            "Attributes and their rule tables.",
            "AttributeRow, AttributeRules, SetBy, Span",
            "use crate::ttlv::ItemType;\n",
        );
        out.push_str("/// Every attribute, sorted by tag.\npub static ATTRIBUTES: &[AttributeRow] = &[\n");
        let mut rows = file.attributes;
        rows.sort_by_key(|r| self.names.code(&r.tag));
        for row in &rows {
            writeln!(
                out,
                "    AttributeRow {{ tag: {}, name: {:?}, xml_name: {:?}, types: &[{}], versions: {}, sections: {}, rules: &[",
                self.tag(&row.tag)?,
                row.name,
                row.tag,
                registry::item_types(&row.types.iter().collect::<Vec<_>>()),
                span(&row.versions)?,
                self.sections(&row.name, &row.sections)?,
            )?;
            for r in &row.rules {
                for op in &r.implicitly_set_by {
                    self.names.code_of("Operation", op)?;
                }
                let objects: Vec<String> = match &r.applies_to[..] {
                    [all] if all == "All" => Vec::new(),
                    names => names
                        .iter()
                        .map(|n| Ok(self.names.code_of("Object Type", n)?.to_string()))
                        .collect::<Fallible<_>>()?,
                };
                writeln!(
                    out,
                    "        AttributeRules {{ versions: {}, always_has_value: {:?}, initially_set_by: SetBy::{}, modifiable_by_server: {:?}, modifiable_by_client: {:?}, deletable_by_client: {:?}, multiple_instances: {:?}, implicitly_set_by: &{:?}, applies_to: &[{}], note: {:?} }},",
                    span(&r.versions)?,
                    r.always_has_value,
                    r.initially_set_by,
                    r.modifiable_by_server,
                    r.modifiable_by_client,
                    r.deletable_by_client,
                    r.multiple_instances,
                    r.implicitly_set_by,
                    objects.join(", "),
                    r.note,
                )?;
            }
            out.push_str("    ] },\n");
        }
        out.push_str("];\n");
        Ok(out)
    }

    fn errors(&self, file: ErrorFile) -> Fallible<String> {
        let mut out = header("protocol/data/errors.yaml");
        out.push_str("//! Which Result Reason the standard names for which condition.\n\nuse super::{ErrorRow, Span};\nuse crate::version::Version;\n\n");
        out.push_str("/// Every row: any message, then one operation (1.x), then the lists of 2.x.\npub static ERRORS: &[ErrorRow] = &[\n");
        for e in &file.general {
            self.error(&mut out, e, None, &e.sections)?;
        }
        for op in &file.operations {
            for e in &op.errors {
                let of_row = |s: &Sections| -> Fallible<Sections> {
                    let range = registry::range(&e.versions[0], &e.versions[1])?;
                    Ok(s.iter()
                        .filter(|(v, _)| range.contains(&v.as_str()))
                        .map(|(v, s)| (v.clone(), s.clone()))
                        .collect())
                };
                self.error(&mut out, e, Some(&op.operation), &of_row(&op.sections)?)?;
            }
        }
        for l in file.lists {
            let row = ErrorRow {
                id: l.id,
                versions: l.versions,
                condition: String::new(),
                status: Some("OperationFailed".into()),
                reasons: l.reasons,
                action: String::new(),
                note: String::new(),
                sections: Sections::new(),
            };
            self.error(&mut out, &row, Some(&l.operation), &l.sections)?;
        }
        out.push_str("];\n");
        Ok(out)
    }

    fn error(&self, out: &mut String, e: &ErrorRow, operation: Option<&String>, sections: &Sections) -> Fallible<()> {
        if let Some(op) = operation {
            self.names.code_of("Operation", op)?;
        }
        if let Some(status) = &e.status {
            self.names.code_of("Result Status", status)?;
        }
        let reasons: Vec<String> = e
            .reasons
            .iter()
            .map(|r| Ok(self.names.code_of("Result Reason", r)?.to_string()))
            .collect::<Fallible<_>>()?;
        writeln!(
            out,
            "    ErrorRow {{ id: {:?}, operation: {:?}, versions: {}, condition: {:?}, status: {:?}, reasons: &[{}], action: {:?}, note: {:?}, sections: {} }},",
            e.id,
            operation,
            span(&e.versions)?,
            e.condition,
            e.status,
            reasons.join(", "),
            e.action,
            e.note,
            self.sections(&e.id, sections)?,
        )?;
        Ok(())
    }

    fn section_table(&self) -> Fallible<String> {
        let mut out = header("protocol/data/sections.yaml");
        out.push_str("//! Section numbers and titles of the Specification.\n\nuse crate::version::Version;\n\n/// Per version, sorted by number as text.\npub(super) static SECTIONS: &[(Version, &[(&str, &str)])] = &[\n");
        for (v, sections) in &self.sections {
            writeln!(out, "    ({}, &[", version(v)?)?;
            for (number, title) in sections {
                writeln!(out, "        ({number:?}, {title:?}),")?;
            }
            out.push_str("    ]),\n");
        }
        out.push_str("];\n");
        Ok(out)
    }

    /// The constant of a tag given by its XML name.
    fn tag(&self, xml_name: &str) -> Fallible<String> {
        Ok(format!("tag::{}", constant(self.names.tag(xml_name)?)))
    }

    /// A list of sections, each of which must exist.
    fn sections(&self, what: &str, sections: &Sections) -> Fallible<String> {
        let mut list = Vec::new();
        for (v, s) in sections {
            if !self.sections.get(v).is_some_and(|all| all.contains_key(s)) {
                return Err(format!("{what}: {v} has no section {s}").into());
            }
            list.push(format!("({}, {s:?})", version(v)?));
        }
        Ok(format!("&[{}]", list.join(", ")))
    }
}

/// The first lines of a table file.
fn start(file: &str, what: &str, own: &str, ttlv: &str) -> String {
    let mut out = header(&format!("protocol/data/{file}.yaml"));
    let _ = write!(
        out,
        "//! {what}\n\nuse super::{{{own}}};\nuse crate::registry::tag;\n{ttlv}use crate::version::Version;\n\n"
    );
    out
}

/// `Span { since: .., until: .. }`.
fn span(v: &[String; 2]) -> Fallible<String> {
    registry::range(&v[0], &v[1])?;
    Ok(format!("Span {{ since: {}, until: {} }}", version(&v[0])?, version(&v[1])?))
}
