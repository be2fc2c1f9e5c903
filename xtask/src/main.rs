//! Makes the checked-in Rust tables from the facts in `protocol/data`: `cargo xtask tables`.
//!
//! `cargo xtask tables --check` writes nothing and fails when a table is not the one the data gives.

mod cipher_suites;
mod registry;
mod schema;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// One file to be made: its path from the workspace root, and its text.
struct Output {
    path: PathBuf,
    text: String,
}

/// Takes the workspace root, gives the files it makes.
type Generator = fn(&Path) -> Result<Vec<Output>, Box<dyn Error>>;

/// Every generator.
const GENERATORS: &[Generator] = &[registry::generate, schema::generate, cipher_suites::generate];

/// Folders with nothing but generated files: what no generator makes is removed from them.
const OWNED: &[&str] = &["protocol/src/registry/enumerations"];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let check = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["tables"] => false,
        ["tables", "--check"] => true,
        _ => {
            eprintln!("usage: cargo xtask tables [--check]");
            return ExitCode::from(1);
        }
    };
    match tables(check) {
        Ok(stale) if stale.is_empty() => ExitCode::SUCCESS,
        Ok(stale) if check => {
            for path in &stale {
                eprintln!("not current: {}", path.display());
            }
            eprintln!("{} generated files are not what protocol/data gives; run `cargo xtask tables`", stale.len());
            ExitCode::from(4)
        }
        Ok(written) => {
            for path in &written {
                println!("{}", path.display());
            }
            ExitCode::SUCCESS
        }
        Err(e) => {
            eprintln!("xtask: {e}");
            ExitCode::from(2)
        }
    }
}

/// Compares every generated file with what is checked in, and writes those that differ unless `check`. Gives the ones that differ.
fn tables(check: bool) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("xtask has no parent folder")?;
    let mut outputs = Vec::new();
    for generate in GENERATORS {
        outputs.extend(generate(root)?);
    }
    let mut stale = Vec::new();
    for output in &outputs {
        let path = root.join(&output.path);
        // A missing file differs from any text.
        if std::fs::read_to_string(&path).ok().as_deref() != Some(&output.text) {
            if !check {
                if let Some(folder) = path.parent() {
                    std::fs::create_dir_all(folder)?;
                }
                std::fs::write(&path, &output.text)?;
            }
            stale.push(output.path.clone());
        }
    }
    for folder in OWNED {
        for entry in std::fs::read_dir(root.join(folder)).into_iter().flatten() {
            let path = Path::new(folder).join(entry?.file_name());
            if !outputs.iter().any(|o| o.path == path) {
                if !check {
                    std::fs::remove_file(root.join(&path))?;
                }
                stale.push(path);
            }
        }
    }
    Ok(stale)
}
