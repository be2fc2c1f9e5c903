//! How parameters of PKCS#11 are written: numbers in network order, a CK_ULONG in eight bytes, a CK_BYTE or CK_BBOOL in one.
//!
//! UNCLEAR: the encoding stands in the profile alone; the published PKCS11-M-1 shows versions, flags and padded texts. Here what
//! has a length of its own follows that length as a CK_ULONG, and a template or list follows its count.

/// The Input Parameters cannot be read: PKCS#11 Codec Error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CodecError;

/// Reads Input Parameters; cannot run past their end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Input<'d>(&'d [u8]);

impl<'d> Input<'d> {
    /// All of them.
    pub(crate) fn new(bytes: &'d [u8]) -> Self {
        Self(bytes)
    }

    /// So many bytes.
    pub(crate) fn take(&mut self, count: usize) -> Result<&'d [u8], CodecError> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(CodecError)?;
        self.0 = rest;
        Ok(taken)
    }

    /// A CK_ULONG, CK_FLAGS, or handle.
    pub(crate) fn long(&mut self) -> Result<u64, CodecError> {
        self.take(8)?.try_into().map(u64::from_be_bytes).map_err(|_| CodecError)
    }

    /// A CK_BBOOL.
    pub(crate) fn boolean(&mut self) -> Result<bool, CodecError> {
        match self.take(1)? {
            [0] => Ok(false),
            [1] => Ok(true),
            _ => Err(CodecError),
        }
    }

    /// A length and as many bytes.
    pub(crate) fn bytes(&mut self) -> Result<&'d [u8], CodecError> {
        let count = usize::try_from(self.long()?).map_err(|_| CodecError)?;
        self.take(count)
    }

    /// A CK_ATTRIBUTE array: count, then type and value of each.
    pub(crate) fn template(&mut self) -> Result<Vec<(u64, &'d [u8])>, CodecError> {
        let count = self.long()?;
        let mut all = Vec::new();
        for _ in 0..count {
            // Each takes bytes of the input, so its length bounds the list.
            all.push((self.long()?, self.bytes()?));
        }
        Ok(all)
    }

    /// Nothing may be left over.
    pub(crate) fn finish(self) -> Result<(), CodecError> {
        if self.0.is_empty() { Ok(()) } else { Err(CodecError) }
    }
}

/// Writes Output Parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Output(pub(crate) Vec<u8>);

impl Output {
    /// A CK_ULONG, CK_FLAGS, or handle.
    pub(crate) fn long(&mut self, value: u64) -> &mut Self {
        self.raw(&value.to_be_bytes())
    }

    /// Bytes alone.
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// A length and the bytes.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.long(u64::try_from(bytes.len()).unwrap_or(u64::MAX)).raw(bytes)
    }

    /// A text of fixed length, cut or filled up with blanks.
    pub(crate) fn padded(&mut self, text: &str, length: usize) -> &mut Self {
        let filled = text.bytes().chain(std::iter::repeat(b' ')).take(length);
        self.0.extend(filled);
        self
    }

    /// A CK_VERSION.
    pub(crate) fn version(&mut self, major: u8, minor: u8) -> &mut Self {
        self.raw(&[major, minor])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut output = Output::default();
        output.long(7).bytes(b"abc").padded("x", 4).version(3, 0);
        let mut input = Input::new(&output.0);
        assert_eq!(input.long(), Ok(7));
        assert_eq!(input.bytes(), Ok(b"abc".as_slice()));
        assert_eq!(input.take(4), Ok(b"x   ".as_slice()));
        assert_eq!(input.take(2), Ok([3, 0].as_slice()));
        assert_eq!(input.finish(), Ok(()));
    }

    #[test]
    fn lengths_that_lie_are_refused() {
        let mut output = Output::default();
        output.long(u64::MAX).raw(b"abc");
        assert_eq!(Input::new(&output.0).bytes(), Err(CodecError));
        assert_eq!(Input::new(&output.0).template(), Err(CodecError));
        assert_eq!(Input::new(&[2]).boolean(), Err(CodecError));
        assert_eq!(Input::new(&[2]).finish(), Err(CodecError));
    }
}
