//! Standard output with manners: a closed pipe is not an error, colour only where it is seen.

use super::args::Color;
use std::io::{self, IsTerminal, Write};

/// Standard output; when the reader goes away the rest is dropped in silence.
#[derive(Debug)]
pub struct Stdout {
    out: io::BufWriter<io::Stdout>,
    gone: bool,
}

impl Stdout {
    /// Buffers, and flushes on drop.
    pub fn new() -> Self {
        Self { out: io::BufWriter::new(io::stdout()), gone: false }
    }

    /// Whether the reader went away.
    pub fn is_gone(&self) -> bool {
        self.gone
    }

    /// A broken pipe becomes success, for good.
    fn forgive<T>(&mut self, result: io::Result<T>, instead: T) -> io::Result<T> {
        match result {
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => {
                self.gone = true;
                Ok(instead)
            }
            other => other,
        }
    }
}

impl Default for Stdout {
    fn default() -> Self {
        Self::new()
    }
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.gone {
            return Ok(bytes.len());
        }
        let result = self.out.write(bytes);
        self.forgive(result, bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.gone {
            return Ok(());
        }
        let result = self.out.flush();
        self.forgive(result, ())
    }
}

/// Whether to colour what goes to `stream`.
pub fn use_color(when: Color, stream: &impl IsTerminal) -> bool {
    match when {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            let no_color = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
            let dumb = std::env::var_os("TERM").is_some_and(|t| t == "dumb");
            stream.is_terminal() && !no_color && !dumb
        }
    }
}
