//! Colour, where it is wanted; every report reads the same without it.

use crate::runner::verdict::Verdict;
use anstyle::{AnsiColor, Style};

/// Paints text, or leaves it alone.
#[derive(Clone, Copy, Debug)]
pub struct Paint {
    /// Whether to colour at all.
    pub color: bool,
}

impl Paint {
    /// No colour.
    pub const PLAIN: Self = Self { color: false };

    /// `text` in `style`.
    pub fn in_style(self, style: Style, text: &str) -> String {
        if self.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    /// Labels and what one skips at first reading.
    pub fn dim(self, text: &str) -> String {
        self.in_style(Style::new().dimmed(), text)
    }

    /// Headings.
    pub fn bold(self, text: &str) -> String {
        self.in_style(Style::new().bold(), text)
    }

    /// Text in the colour of a verdict.
    pub fn verdict(self, verdict: Verdict, text: &str) -> String {
        let style = match verdict {
            Verdict::Pass => AnsiColor::Green.on_default(),
            Verdict::Fail => AnsiColor::Red.on_default().bold(),
            Verdict::Error => AnsiColor::Magenta.on_default().bold(),
            Verdict::NonStrict => AnsiColor::Yellow.on_default(),
            Verdict::Info | Verdict::Inconclusive => AnsiColor::Cyan.on_default(),
            Verdict::Skip | Verdict::Disabled => Style::new().dimmed(),
        };
        self.in_style(style, text)
    }
}
