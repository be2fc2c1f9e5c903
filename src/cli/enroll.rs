//! `kmipspec enroll`: a client becomes known to a server, with a package for whoever runs it.

use super::args::EnrollArgs;
use super::dispatch::failed;
use super::output::Stdout;
use crate::exit::Exit;
use kmipspec_reference_server::registration::{Enrollment, Kind, Registry};
use std::io::Write;

/// Makes the package, or approves.
pub(super) fn run(args: &EnrollArgs, out: &mut Stdout) -> Exit {
    let registry = match Registry::new(&args.registry) {
        Ok(registry) => registry,
        Err(e) => return failed("use the registry", &e),
    };
    let told = match (&args.package, &args.ca) {
        (Some(package), Some(ca)) => {
            let ca = match std::fs::read_to_string(ca) {
                Ok(ca) => ca,
                Err(e) => return failed("read the CA's certificate", &e),
            };
            let wanted = Enrollment {
                name: args.name.clone(),
                kind: if args.bootstrap { Kind::Bootstrap } else { Kind::Client },
                needs_approval: args.needs_approval,
                tenant: args.tenant,
                approve_sub_clients: args.approve_sub_clients,
                sub_clients_from: args.sub_clients_from,
            };
            match registry.enroll(&wanted, package, &ca, &args.address) {
                Ok(_) => writeln!(out, "{}", package.display()),
                Err(e) => return failed("make the package", &e),
            }
        }
        _ => match registry.approve(&args.name) {
            Ok(meant) if meant.len() == 1 => writeln!(out, "{} is approved", args.name),
            Ok(meant) => {
                let several: Vec<_> = meant.iter().map(|one| one.fingerprint.as_str()).collect();
                match several.as_slice() {
                    [] => eprintln!("kmipspec: failed to approve {}: nobody of that name is registered", args.name),
                    all => eprintln!(
                        "kmipspec: failed to approve {}: several certificates have that name; say which: {}",
                        args.name,
                        all.join(", ")
                    ),
                }
                return Exit::Usage;
            }
            Err(e) => return failed("approve", &e),
        },
    };
    match told {
        Ok(()) => Exit::Success,
        Err(e) => failed("write to standard output", &e),
    }
}
