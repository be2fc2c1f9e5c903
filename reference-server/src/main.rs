//! The reference server alone: starts with defaults, prints the ready line, stops on Ctrl-C. `kmipspec serve` has the options.

use kmipspec_reference_server::{Config, Server};
use std::io::Write;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let server = match Server::start(Config::default()).await {
        Ok(server) => server,
        Err(e) => {
            eprintln!("cannot {e}");
            return ExitCode::from(3);
        }
    };
    match server.ready().to_line() {
        Ok(line) => {
            // A closed stdout is not an error.
            let _ = writeln!(std::io::stdout(), "{line}");
        }
        Err(e) => eprintln!("cannot write the ready line: {e}"),
    }
    let _ = tokio::signal::ctrl_c().await;
    server.shutdown().await;
    ExitCode::SUCCESS
}
