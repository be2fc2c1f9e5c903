//! `kmipspec fuzz export`: a finding in the forms of others.

use super::dispatch::failed;
use super::fuzz_args::{ExportArgs, ExportForm};
use super::output::Stdout;
use super::replay::{inputs, of_record};
use crate::exit::Exit;
use crate::fuzzing::script::Script;
use crate::fuzzing::wire::Given;
use crate::report::message;
use crate::report::text::hex;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

/// Writes it to standard output.
pub(super) fn run(args: &ExportArgs, out: &mut Stdout) -> Exit {
    let text = match args.form {
        ExportForm::Yaml => scenario(&args.finding),
        form => one(&args.finding).and_then(|script| match form {
            ExportForm::Xml => as_xml(&script),
            ExportForm::C => Ok(as_c(&script)),
            ExportForm::Hex | ExportForm::Yaml => Ok(as_hex(&script)),
        }),
    };
    match text {
        Err(exit) => exit,
        Ok(text) => match out.write_all(text.as_bytes()) {
            Ok(()) => Exit::Success,
            Err(e) => failed("write", &e),
        },
    }
}

/// The conversation of a file.
fn one(path: &Path) -> Result<Script, Exit> {
    match inputs(path)?.as_slice() {
        [Given { script, .. }] => Ok(script.clone()),
        _ => {
            eprintln!("kmipspec: {} is not one finding", path.display());
            Err(Exit::Usage)
        }
    }
}

/// The scenario that was written with it: which step must come to what is known there.
fn scenario(path: &Path) -> Result<String, Exit> {
    let record = path.with_extension("json");
    let Some(found) = of_record(&record)? else { return Err(Exit::Usage) };
    if found.scenario.is_empty() {
        eprintln!("kmipspec: {}: no scenario can leave a connection alone (see kmipspec replay)", path.display());
        return Err(Exit::InvalidData);
    }
    let path = record.parent().unwrap_or(Path::new("")).join(&found.scenario);
    std::fs::read_to_string(&path).map_err(|e| failed(&format!("read {}", path.display()), &e))
}

/// Who says it, and where.
fn about(place: usize, step: &crate::fuzzing::script::Step) -> String {
    format!("step {place}, connection {}, identity {}", step.connection, step.identity)
}

fn as_hex(script: &Script) -> String {
    let mut out = String::new();
    for (place, step) in script.steps.iter().enumerate().filter(|(_, step)| !step.bytes.is_empty()) {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "# {}\n{}", about(place, step), hex(&step.bytes));
    }
    out
}

fn as_c(script: &Script) -> String {
    let mut out = "#include <stddef.h>\n".to_owned();
    for (place, step) in script.steps.iter().enumerate().filter(|(_, step)| !step.bytes.is_empty()) {
        let _ = writeln!(out, "\n/* {} */\nstatic const unsigned char step_{place}[] = {{", about(place, step));
        for line in step.bytes.chunks(16) {
            let numbers: Vec<String> = line.iter().map(|byte| format!("0x{byte:02x}")).collect();
            let _ = writeln!(out, "    {},", numbers.join(", "));
        }
        let _ = writeln!(out, "}};\nstatic const size_t step_{place}_size = sizeof step_{place};");
    }
    out
}

fn as_xml(script: &Script) -> Result<String, Exit> {
    let mut out = "<KMIP>\n".to_owned();
    for (place, step) in script.steps.iter().enumerate().filter(|(_, step)| !step.bytes.is_empty()) {
        match message::as_xml(&step.bytes) {
            Ok(text) => {
                let _ = write!(out, "<!-- {} -->\n{text}", about(place, step));
            }
            Err(why) => {
                eprintln!("kmipspec: step {place} has no form in XML: {why}; `--as hex` has all");
                return Err(Exit::InvalidData);
            }
        }
    }
    out.push_str("</KMIP>\n");
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzzing::script::Step;

    #[test]
    fn forms_have_all_bytes() {
        let step = |bytes: &[u8]| Step { connection: 0, identity: 1, bytes: bytes.to_vec() };
        let script = Script { steps: vec![step(&[0x42, 0xff]), step(b""), step(&[7; 17])] };
        assert_eq!(
            as_hex(&script),
            format!(
                "# step 0, connection 0, identity 1\n42ff\n# step 2, connection 0, identity 1\n{}\n",
                "07".repeat(17)
            )
        );
        let c = as_c(&script);
        assert!(c.contains("step_0[] = {\n    0x42, 0xff,\n};") && c.matches("0x07").count() == 17, "{c}");
        assert_eq!(as_xml(&script), Err(Exit::InvalidData));
        let message =
            kmipspec_protocol::ttlv::Item::structure(kmipspec_protocol::registry::tag::REQUEST_MESSAGE, vec![]);
        let sound = Script { steps: vec![step(&message.encode())] };
        assert!(as_xml(&sound).expect("it has one").contains("<RequestMessage/>"));
    }
}
