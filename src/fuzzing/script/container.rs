//! The form of a script in a file.

use std::fmt;

/// What every script begins with: seven letters, and the version of the form.
pub const MAGIC: &[u8; 8] = b"KMIPSEQ\x01";

/// Steps of a script at most.
pub const MAX_STEPS: usize = 8;

/// A conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// At most [`MAX_STEPS`].
    pub steps: Vec<Step>,
}

/// One message of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The connection: the same number is the same one, as long as the identity is the same.
    pub connection: u8,
    /// Who sends: 0 is the first identity, 1 the second; any other number is a client without an identity.
    pub identity: u8,
    /// A message, or what is sent in place of one; references are not resolved.
    pub bytes: Vec<u8>,
}

/// Why bytes are no script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScriptError {
    /// They do not begin with [`MAGIC`]: no script, or one of another version.
    Magic,
    /// A step ends behind the file.
    Cut {
        /// Where the step begins.
        at: usize,
    },
    /// More than [`MAX_STEPS`].
    TooMany,
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Magic => write!(f, "no script of version {}: it does not begin with KMIPSEQ", MAGIC[7]),
            Self::Cut { at } => write!(f, "the step at offset {at} ends behind the file"),
            Self::TooMany => write!(f, "more than {MAX_STEPS} steps"),
        }
    }
}

impl std::error::Error for ScriptError {}

impl Script {
    /// Reads a script.
    pub fn read(bytes: &[u8]) -> Result<Self, ScriptError> {
        let mut rest = bytes.strip_prefix(MAGIC).ok_or(ScriptError::Magic)?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let cut = ScriptError::Cut { at: bytes.len().saturating_sub(rest.len()) };
            if steps.len() == MAX_STEPS {
                return Err(ScriptError::TooMany);
            }
            let (&[connection, identity, a, b, c, d], behind) = rest.split_first_chunk::<6>().ok_or(cut)?;
            let length = usize::try_from(u32::from_be_bytes([a, b, c, d])).map_err(|_| cut)?;
            let (message, behind) = behind.split_at_checked(length).ok_or(cut)?;
            steps.push(Step { connection, identity, bytes: message.to_vec() });
            rest = behind;
        }
        Ok(Self { steps })
    }

    /// Writes it. Steps beyond [`MAX_STEPS`] are left out.
    pub fn write(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        for step in self.steps.iter().take(MAX_STEPS) {
            out.extend([step.connection, step.identity]);
            out.extend(u32::try_from(step.bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
            out.extend(&step.bytes);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(steps in prop::collection::vec((any::<u8>(), any::<u8>(), prop::collection::vec(any::<u8>(), 0..40)), 0..=MAX_STEPS)) {
            let steps = steps.into_iter().map(|(connection, identity, bytes)| Step { connection, identity, bytes }).collect();
            let script = Script { steps };
            let bytes = script.write();
            prop_assert_eq!(Script::read(&bytes), Ok(script));
            for end in 0..bytes.len() {
                // A cut between two steps is a shorter script; any other is an error, and none panics.
                if let Ok(shorter) = Script::read(&bytes[..end]) {
                    prop_assert_eq!(shorter.write(), &bytes[..end]);
                }
            }
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert_eq!(Script::read(b"KMIPSEQ\x02"), Err(ScriptError::Magic));
        let cut = Script::read(b"KMIPSEQ\x01\0\0\0\0\0\x09x").expect_err("one byte of nine");
        assert_eq!(cut.to_string(), "the step at offset 8 ends behind the file");
        let empty = Step { connection: 0, identity: 0, bytes: Vec::new() };
        let long = [MAGIC.as_slice(), &[0; 6 * 9]].concat();
        assert_eq!(Script::read(&long), Err(ScriptError::TooMany));
        assert_eq!(Script { steps: vec![empty; 9] }.write().len(), 8 + 8 * 6);
    }
}
