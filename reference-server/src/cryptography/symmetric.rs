//! Encryption under symmetric keys, at once or in parts: block ciphers in all modes, ChaCha20, ChaCha20-Poly1305, one time pads.

use super::ciphers::{Keyed, Wide, is_block_cipher};
use super::{Parameters, authenticated, bad_parameters, failed, modes, padding, unsupported};
use crate::failure::{Failure, Outcome};
use crate::random::Random;
use chacha20::{ChaCha20, ChaCha20Legacy, XChaCha20};
use cipher::{KeyIvInit, StreamCipher, StreamCipherSeek};
use kmipspec_protocol::registry::{BlockCipherMode, CryptographicAlgorithm, PaddingMethod, ResultReason};
use kmipspec_protocol::version::Version;

/// Bytes of a nonce of GCM, CCM and ChaCha20 that nobody asked to be of another length.
const NONCE: usize = 12;

/// What to encrypt or decrypt with.
pub(crate) struct Cipher<'a> {
    /// The algorithm of the key.
    algorithm: CryptographicAlgorithm,
    /// The key.
    key: &'a [u8],
    /// Mode, padding, tag length.
    parameters: &'a Parameters,
    /// Where the bytes of a random padding come from.
    random: &'a dyn Random,
    /// Whose reasons failures have.
    version: Version,
}

/// How far an encryption or decryption has come.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress {
    /// The IV to go on with.
    iv: Vec<u8>,
    /// What is authenticated only.
    additional: Vec<u8>,
    /// Input that waits for the rest of its block, or for the end.
    held: Vec<u8>,
    /// Bytes of output so far.
    done: usize,
}

impl Progress {
    /// The IV and the additional data, which come with the first part.
    pub(crate) fn begin(&mut self, iv: Vec<u8>, additional: &[u8]) {
        self.iv = iv;
        self.additional = additional.to_vec();
    }

    /// Bytes of input that wait.
    pub(crate) fn waiting(&self) -> usize {
        self.held.len()
    }

    /// Adds to what waits; with the last part gives all of it.
    pub(crate) fn gather(&mut self, data: &[u8], last: bool) -> Option<Vec<u8>> {
        self.held.extend_from_slice(data);
        last.then(|| std::mem::take(&mut self.held))
    }
}

/// Output, and with the last part of an authenticated mode the tag.
#[derive(Debug, Default)]
pub(crate) struct Sealed {
    /// Ciphertext without tag.
    pub(crate) data: Vec<u8>,
    /// Authentication tag.
    pub(crate) tag: Option<Vec<u8>>,
}

/// How the algorithm and the mode take their data.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Part by part, in one of these modes.
    Blocks(BlockCipherMode),
    /// Part by part, each byte at its place.
    Stream,
    /// All of it at the end, in one of these modes.
    Whole(BlockCipherMode),
}

impl<'a> Cipher<'a> {
    /// The cipher of a key, with parameters that make sense with it.
    pub(crate) fn new(
        algorithm: CryptographicAlgorithm,
        key: &'a [u8],
        parameters: &'a Parameters,
        random: &'a dyn Random,
        version: Version,
    ) -> Outcome<Self> {
        let cipher = Self { algorithm, key, parameters, random, version };
        if let Kind::Blocks(mode) = cipher.kind()?
            && modes::is_by_blocks(mode)
        {
            padding::check(cipher.padding(), version)?;
        }
        Ok(cipher)
    }

    /// The IV to begin with: that of the request, or a random one where the parameters ask for it; then it is `true`, and part
    /// of the answer (1.4 §4.29).
    pub(crate) fn iv(&self, given: Option<&[u8]>) -> Outcome<(Vec<u8>, bool)> {
        let wanted = self.iv_length()?;
        if wanted == 0 {
            return Ok((Vec::new(), false));
        }
        if let Some(given) = given {
            let right = match self.kind()? {
                Kind::Blocks(BlockCipherMode::CTR) => given.len() <= wanted,
                Kind::Whole(BlockCipherMode::GCM | BlockCipherMode::CCM) => true,
                Kind::Stream => matches!(given.len(), 8 | 12 | 24),
                _ => given.len() == wanted,
            };
            if !right || given.is_empty() {
                return Err(bad_parameters(self.version, "the IV/Counter/Nonce does not have the length of the mode"));
            }
            return Ok((given.to_vec(), false));
        }
        if !self.parameters.random_iv {
            return Err(self.lacks_iv());
        }
        // IV Length counts bits (1.4 §3.6); only modes with IVs of various lengths have a use for it.
        let asked = self.parameters.iv_length.and_then(|bits| usize::try_from(bits).ok()).map(|bits| bits / 8);
        let various = matches!(
            self.kind()?,
            Kind::Whole(BlockCipherMode::GCM | BlockCipherMode::CCM) | Kind::Blocks(BlockCipherMode::CTR)
        );
        let length = asked.filter(|length| various && (1..=64).contains(length)).unwrap_or(wanted);
        let mut iv = vec![0; length];
        if !self.random.fill(&mut iv) {
            return Err(Failure::new(ResultReason::CRYPTOGRAPHIC_FAILURE, "no random IV could be made"));
        }
        Ok((iv, true))
    }

    /// The mode needs an IV that did not come. 1.2 has no table of errors for Encrypt, and what is required and missing is an
    /// invalid message elsewhere in 1.x (§11.3, §11.19); 2.x has a reason of its own.
    pub(crate) fn lacks_iv(&self) -> Failure {
        Failure::by_version(
            self.version,
            ResultReason::INVALID_MESSAGE,
            ResultReason::MISSING_INITIALIZATION_VECTOR,
            "the mode needs an IV/Counter/Nonce",
        )
    }

    /// The first block of CTR: the IV, and in what it leaves free, or in the last Counter Length bits, the Initial Counter Value
    /// (1.4 §3.6). UNCLEAR: no text says where counting begins by default; here at 1, as RFC 3686 does.
    fn first_counter(&self, iv: &[u8], block: usize) -> Vec<u8> {
        let counter_bytes = match self.parameters.counter_length.and_then(|bits| usize::try_from(bits).ok()) {
            Some(bits) if iv.len() == block && self.parameters.initial_counter.is_some() => (bits / 8).min(block),
            _ => block.saturating_sub(iv.len()),
        };
        let start = i64::from(self.parameters.initial_counter.unwrap_or(1).cast_unsigned()).to_be_bytes();
        let fixed = iv.iter().copied().take(block.saturating_sub(counter_bytes));
        let zeros = std::iter::repeat_n(0, counter_bytes.saturating_sub(start.len()));
        fixed.chain(zeros).chain(start.into_iter().skip(start.len().saturating_sub(counter_bytes))).collect()
    }

    /// Encrypts the next part.
    pub(crate) fn encrypt(&self, progress: &mut Progress, data: &[u8], last: bool) -> Outcome<Sealed> {
        progress.held.extend_from_slice(data);
        match self.kind()? {
            Kind::Stream => self.stream(progress).map(plain),
            Kind::Blocks(mode) => self.blocks(mode, progress, last, true).map(plain),
            Kind::Whole(_) if !last => Ok(Sealed::default()),
            Kind::Whole(mode) => self.seal(mode, progress),
        }
    }

    /// Decrypts the next part; of an authenticated mode nothing is given out before the tag has been compared.
    pub(crate) fn decrypt(
        &self,
        progress: &mut Progress,
        data: &[u8],
        tag: Option<&[u8]>,
        last: bool,
    ) -> Outcome<Vec<u8>> {
        progress.held.extend_from_slice(data);
        match self.kind()? {
            Kind::Stream => self.stream(progress),
            Kind::Blocks(mode) => self.blocks(mode, progress, last, false),
            Kind::Whole(_) if !last => Ok(Vec::new()),
            Kind::Whole(mode) => self.open(mode, progress, tag),
        }
    }

    /// Whether the tag is part of what is encrypted and decrypted: authenticated modes.
    pub(crate) fn has_tag(&self) -> bool {
        self.algorithm == CryptographicAlgorithm::CHA_CHA20POLY1305
            || matches!(self.parameters.mode, Some(BlockCipherMode::GCM | BlockCipherMode::CCM))
    }

    /// Bytes of the tag: Tag Length, or 16.
    pub(crate) fn tag_length(&self) -> Outcome<usize> {
        let Some(length) = self.parameters.tag_length else { return Ok(authenticated::TAG) };
        let length = usize::try_from(length).ok().filter(|length| (4..=authenticated::TAG).contains(length));
        length.ok_or_else(|| bad_parameters(self.version, "an authentication tag has 4 to 16 bytes"))
    }

    /// How data is taken; an unknown mode, or none where one is needed, is a failure.
    fn kind(&self) -> Outcome<Kind> {
        match self.algorithm {
            CryptographicAlgorithm::CHA_CHA20 | CryptographicAlgorithm::ONE_TIME_PAD => return Ok(Kind::Stream),
            CryptographicAlgorithm::CHA_CHA20POLY1305 => return Ok(Kind::Whole(BlockCipherMode::AEAD)),
            _ if is_block_cipher(self.algorithm) => {}
            _ => return Err(bad_parameters(self.version, "this server has no cipher of the key's algorithm")),
        }
        let Some(mode) = self.parameters.mode else {
            return Err(bad_parameters(
                self.version,
                "no Block Cipher Mode is given, with the request or with the key",
            ));
        };
        match mode {
            mode if modes::is_in_parts(mode) => Ok(Kind::Blocks(mode)),
            BlockCipherMode::GCM
            | BlockCipherMode::CCM
            | BlockCipherMode::XTS
            | BlockCipherMode::NIST_KEY_WRAP
            | BlockCipherMode::AES_KEY_WRAP_PADDING => Ok(Kind::Whole(mode)),
            BlockCipherMode::CMAC | BlockCipherMode::CBC_MAC => {
                Err(bad_parameters(self.version, "this Block Cipher Mode makes MACs, it does not encrypt"))
            }
            _ => Err(unsupported(self.version, "this Block Cipher Mode is not supported")),
        }
    }

    /// Bytes of IV that the mode takes by default; none for ECB, the key wraps and one time pads.
    fn iv_length(&self) -> Outcome<usize> {
        Ok(match self.kind()? {
            Kind::Stream if self.algorithm == CryptographicAlgorithm::ONE_TIME_PAD => 0,
            Kind::Stream => NONCE,
            Kind::Blocks(BlockCipherMode::ECB) => 0,
            Kind::Blocks(_) => self.keyed()?.block(),
            Kind::Whole(BlockCipherMode::XTS) => 16,
            Kind::Whole(BlockCipherMode::NIST_KEY_WRAP | BlockCipherMode::AES_KEY_WRAP_PADDING) => 0,
            Kind::Whole(_) => NONCE,
        })
    }

    /// Padding Method; none asked for is none done.
    fn padding(&self) -> PaddingMethod {
        self.parameters.padding.unwrap_or(PaddingMethod::NONE)
    }

    /// The block cipher with its key.
    fn keyed(&self) -> Outcome<Keyed> {
        Keyed::new(self.algorithm, self.key).ok_or_else(refused)
    }

    /// The block cipher with this key, which must have blocks of 16 bytes.
    fn wide(&self, key: &[u8]) -> Outcome<Wide> {
        match Keyed::new(self.algorithm, key).ok_or_else(refused)? {
            Keyed::Wide(cipher) => Ok(cipher),
            Keyed::Narrow(_) => Err(bad_parameters(self.version, "the mode needs a cipher with blocks of 16 bytes")),
        }
    }

    /// What can be done now of what is held, in a mode that goes part by part.
    fn blocks(&self, mode: BlockCipherMode, progress: &mut Progress, last: bool, forth: bool) -> Outcome<Vec<u8>> {
        let cipher = self.keyed()?;
        let block = cipher.block();
        let padded = modes::is_by_blocks(mode) && self.padding() != PaddingMethod::NONE;
        if mode == BlockCipherMode::CTR && progress.done == 0 {
            progress.iv = self.first_counter(&progress.iv, block);
        }
        if last && forth && padded {
            padding::add(self.padding(), &mut progress.held, block, self.random)?;
        }
        let over = progress.held.len() % block;
        let ready = match last {
            true if over != 0 && modes::is_by_blocks(mode) => {
                return Err(failed("without padding the data must be whole blocks"));
            }
            true => progress.held.len(),
            // The last block waits: its padding comes off at the end.
            false if padded && !forth && over == 0 => progress.held.len().saturating_sub(block),
            false => progress.held.len().saturating_sub(over),
        };
        let rest = progress.held.split_off(ready);
        let mut data = std::mem::replace(&mut progress.held, rest);
        if !data.is_empty() {
            progress.iv = modes::pass(&cipher, mode, &progress.iv, &mut data, forth).ok_or_else(refused)?;
        }
        progress.done = progress.done.saturating_add(data.len());
        if last && !forth && padded {
            padding::remove(self.padding(), &mut data, block)?;
        }
        Ok(data)
    }

    /// All that is held, by a key stream: the same both ways.
    fn stream(&self, progress: &mut Progress) -> Outcome<Vec<u8>> {
        let mut data = std::mem::take(&mut progress.held);
        let place = progress.done;
        progress.done = place.saturating_add(data.len());
        if self.algorithm == CryptographicAlgorithm::ONE_TIME_PAD {
            let pad = self.key.get(place..progress.done);
            let pad = pad.ok_or_else(|| failed("the one time pad is shorter than the data"))?;
            data.iter_mut().zip(pad).for_each(|(byte, pad)| *byte ^= pad);
            return Ok(data);
        }
        let counter = u64::from(self.parameters.initial_counter.unwrap_or(0).cast_unsigned());
        let place = u64::try_from(place).ok().and_then(|place| counter.checked_mul(64)?.checked_add(place));
        let place = place.ok_or_else(refused)?;
        match progress.iv.len() {
            8 => keystream::<ChaCha20Legacy>(self.key, &progress.iv, place, &mut data),
            12 => keystream::<ChaCha20>(self.key, &progress.iv, place, &mut data),
            _ => keystream::<XChaCha20>(self.key, &progress.iv, place, &mut data),
        }
        .ok_or_else(|| failed("the key is no ChaCha20 key of 256 bits"))?;
        Ok(data)
    }

    /// All that is held, in a mode that needs all of it.
    fn seal(&self, mode: BlockCipherMode, progress: &mut Progress) -> Outcome<Sealed> {
        let mut data = std::mem::take(&mut progress.held);
        let (iv, additional) = (progress.iv.as_slice(), progress.additional.as_slice());
        let tag = match mode {
            BlockCipherMode::GCM => {
                authenticated::gcm(&self.wide(self.key)?, iv, additional, &mut data).map(|mut tag| {
                    tag.truncate(self.tag_length().unwrap_or(authenticated::TAG));
                    tag
                })
            }
            BlockCipherMode::CCM => {
                authenticated::ccm(&self.wide(self.key)?, iv, additional, &mut data, self.tag_length()?)
            }
            BlockCipherMode::AEAD => authenticated::chacha20_poly1305(self.key, iv, additional, &mut data),
            _ => return self.without_tag(mode, iv, data, true).map(plain),
        };
        let tag =
            tag.ok_or_else(|| bad_parameters(self.version, "nonce or tag have a length that the mode does not take"))?;
        self.tag_length()?;
        Ok(Sealed { data, tag: Some(tag) })
    }

    /// The same back.
    fn open(&self, mode: BlockCipherMode, progress: &mut Progress, tag: Option<&[u8]>) -> Outcome<Vec<u8>> {
        let data = std::mem::take(&mut progress.held);
        let (iv, additional) = (progress.iv.as_slice(), progress.additional.as_slice());
        if !self.has_tag() {
            return self.without_tag(mode, iv, data, false);
        }
        let length = self.tag_length()?;
        let tag = tag.filter(|tag| tag.len() == length).ok_or_else(|| {
            bad_parameters(
                self.version,
                "the Authenticated Encryption Tag is missing, or not as long as Tag Length says",
            )
        })?;
        match mode {
            BlockCipherMode::GCM => authenticated::gcm_open(&self.wide(self.key)?, iv, additional, &data, tag),
            BlockCipherMode::CCM => authenticated::ccm_open(&self.wide(self.key)?, iv, additional, &data, tag),
            _ => authenticated::chacha20_poly1305_open(self.key, iv, additional, &data, tag),
        }
        .ok_or_else(|| failed("the data is not authentic"))
    }

    /// XTS and the key wraps.
    fn without_tag(&self, mode: BlockCipherMode, iv: &[u8], mut data: Vec<u8>, forth: bool) -> Outcome<Vec<u8>> {
        if mode == BlockCipherMode::XTS {
            let (first, second) = self.key.split_at(self.key.len() / 2);
            let done = authenticated::xts(self.wide(first)?, self.wide(second)?, iv, &mut data, forth);
            return done.map(|()| data).ok_or_else(|| failed("XTS needs a block of data at least"));
        }
        let padded = mode == BlockCipherMode::AES_KEY_WRAP_PADDING;
        let cipher = self.wide(self.key)?;
        let wrapped = if forth {
            authenticated::wrap(cipher, padded, &data)
        } else {
            authenticated::unwrap(cipher, padded, &data)
        };
        wrapped.ok_or_else(|| failed("the data cannot be wrapped, or is not what was wrapped"))
    }
}

/// A ChaCha20 of one of its nonce lengths, from a place in its key stream on.
fn keystream<S: KeyIvInit + StreamCipher + StreamCipherSeek>(
    key: &[u8],
    nonce: &[u8],
    place: u64,
    data: &mut [u8],
) -> Option<()> {
    let mut stream = S::new_from_slices(key, nonce).ok()?;
    stream.try_seek(place).ok()?;
    stream.try_apply_keystream(data).ok()
}

/// Output without a tag.
fn plain(data: Vec<u8>) -> Sealed {
    Sealed { data, tag: None }
}

/// The library refused key or data.
fn refused() -> Failure {
    failed("the key does not have a length of its algorithm, or the data was refused")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    /// Encrypts at once.
    fn encrypt(cipher: &Cipher<'_>, iv: &[u8], additional: &[u8], data: &[u8]) -> Outcome<Sealed> {
        let mut progress = Progress { iv: iv.to_vec(), additional: additional.to_vec(), ..Progress::default() };
        cipher.encrypt(&mut progress, data, true)
    }

    /// Decrypts at once.
    fn decrypt(cipher: &Cipher<'_>, iv: &[u8], additional: &[u8], data: &[u8], tag: Option<&[u8]>) -> Outcome<Vec<u8>> {
        let mut progress = Progress { iv: iv.to_vec(), additional: additional.to_vec(), ..Progress::default() };
        cipher.decrypt(&mut progress, data, tag, true)
    }

    #[test]
    fn what_is_encrypted_comes_back_in_every_mode_also_in_parts() {
        let random = SeededRandom::new(1);
        for mode in [
            BlockCipherMode::ECB,
            BlockCipherMode::CBC,
            BlockCipherMode::PCBC,
            BlockCipherMode::CTR,
            BlockCipherMode::CFB,
            BlockCipherMode::OFB,
            BlockCipherMode::GCM,
            BlockCipherMode::CCM,
            BlockCipherMode::XTS,
            BlockCipherMode::AES_KEY_WRAP_PADDING,
        ] {
            let parameters = Parameters {
                mode: Some(mode),
                padding: Some(PaddingMethod::PKCS5),
                random_iv: true,
                ..Parameters::default()
            };
            let key = [[7; 16], [8; 16]].concat();
            let cipher =
                Cipher::new(CryptographicAlgorithm::AES, &key, &parameters, &random, Version::V2_1).expect("fits");
            let (iv, _) = cipher.iv(None).expect("an IV");
            for plain in [&b"sixteen bytes..."[..], b"more than sixteen", &[5; 64]] {
                let sealed = encrypt(&cipher, &iv, b"more", plain).expect("encrypts");
                assert_ne!(sealed.data, plain, "{mode:?}");
                let tag = sealed.tag.as_deref();
                assert_eq!(decrypt(&cipher, &iv, b"more", &sealed.data, tag).expect("decrypts"), plain, "{mode:?}");
                let mut progress = Progress { iv: iv.clone(), additional: b"more".to_vec(), ..Progress::default() };
                let mut parts = Vec::new();
                for byte in plain {
                    parts.extend(cipher.encrypt(&mut progress, &[*byte], false).expect("goes on").data);
                }
                let end = cipher.encrypt(&mut progress, &[], true).expect("ends");
                parts.extend(end.data);
                assert_eq!(parts, sealed.data, "{mode:?}");
                assert_eq!(end.tag, sealed.tag, "{mode:?}");
                let mut progress = Progress { iv: iv.clone(), additional: b"more".to_vec(), ..Progress::default() };
                let mut back = Vec::new();
                for chunk in sealed.data.chunks(7) {
                    back.extend(cipher.decrypt(&mut progress, chunk, None, false).expect("goes on"));
                }
                back.extend(cipher.decrypt(&mut progress, &[], tag, true).expect("ends"));
                assert_eq!(back, plain, "{mode:?}");
            }
        }
    }

    #[test]
    fn gcm_refuses_what_was_changed_also_with_a_short_tag() {
        let random = SeededRandom::new(1);
        let parameters = Parameters { mode: Some(BlockCipherMode::GCM), tag_length: Some(12), ..Parameters::default() };
        let cipher =
            Cipher::new(CryptographicAlgorithm::AES, &[1; 16], &parameters, &random, Version::V2_1).expect("fits");
        let sealed = encrypt(&cipher, &[2; 12], b"aad", b"secret").expect("encrypts");
        let tag = sealed.tag.unwrap_or_default();
        assert_eq!(tag.len(), 12);
        let open = |aad: &[u8], data: &[u8]| decrypt(&cipher, &[2; 12], aad, data, Some(&tag)).is_ok();
        assert!(open(b"aad", &sealed.data));
        assert!(!open(b"other", &sealed.data));
        assert!(!open(b"aad", b"secret"));
    }

    #[test]
    fn ccm_is_that_of_sp_800_38c_example_1() {
        let random = SeededRandom::new(1);
        let parameters = Parameters { mode: Some(BlockCipherMode::CCM), tag_length: Some(4), ..Parameters::default() };
        let key: Vec<u8> = (0x40..0x50).collect();
        let cipher = Cipher::new(CryptographicAlgorithm::AES, &key, &parameters, &random, Version::V2_1).expect("fits");
        let (nonce, aad): (Vec<u8>, Vec<u8>) = ((0x10..0x17).collect(), (0..8).collect());
        let sealed = encrypt(&cipher, &nonce, &aad, &[0x20, 0x21, 0x22, 0x23]).expect("encrypts");
        assert_eq!(sealed.data, [0x71, 0x62, 0x01, 0x5b]);
        assert_eq!(sealed.tag, Some(vec![0x4d, 0xac, 0x25, 0x5d]));
    }

    #[test]
    fn ctr_counts_from_the_initial_counter_value() {
        let random = SeededRandom::new(1);
        // RFC 3686 test vector 1: nonce 00000030, IV of zeros, counter 1.
        let key = [0xae, 0x68, 0x52, 0xf8, 0x12, 0x10, 0x67, 0xcc, 0x4b, 0xf7, 0xa5, 0x76, 0x55, 0x77, 0xf3, 0x9e];
        let parameters =
            Parameters { mode: Some(BlockCipherMode::CTR), initial_counter: Some(1), ..Parameters::default() };
        let cipher = Cipher::new(CryptographicAlgorithm::AES, &key, &parameters, &random, Version::V2_1).expect("fits");
        let nonce = [0, 0, 0, 0x30, 0, 0, 0, 0, 0, 0, 0, 0];
        let sealed = encrypt(&cipher, &nonce, &[], b"Single block msg").expect("encrypts");
        assert_eq!(sealed.data.get(..4), Some(&[0xe4, 0x09, 0x5d, 0x4f][..]));
    }

    #[test]
    fn chacha20_is_that_of_rfc_8439_with_both_nonces() {
        let random = SeededRandom::new(1);
        let parameters = Parameters::default();
        let cipher = Cipher::new(CryptographicAlgorithm::CHA_CHA20, &[0; 32], &parameters, &random, Version::V2_1)
            .expect("fits");
        for nonce in [&[0; 12][..], &[0; 8]] {
            let stream = encrypt(&cipher, nonce, &[], &[0; 64]).expect("encrypts").data;
            assert_eq!(stream.get(..8), Some(&[0x76, 0xb8, 0xe0, 0xad, 0xa0, 0xf1, 0x3d, 0x90][..]));
        }
    }

    #[test]
    fn data_that_does_not_fit_is_refused() {
        let random = SeededRandom::new(1);
        let with = |mode| Parameters { mode: Some(mode), ..Parameters::default() };
        let made = |algorithm, key: &'static [u8], parameters: &Parameters| {
            let cipher = Cipher::new(algorithm, key, parameters, &random, Version::V1_4)?;
            encrypt(&cipher, &[0; 16], &[], &[0; 15])
        };
        assert!(made(CryptographicAlgorithm::AES, &[1; 16], &with(BlockCipherMode::ECB)).is_err(), "no whole block");
        assert!(made(CryptographicAlgorithm::AES, &[1; 15], &with(BlockCipherMode::CTR)).is_err(), "no AES key");
        assert!(made(CryptographicAlgorithm::AES, &[1; 16], &with(BlockCipherMode::CMAC)).is_err(), "a MAC");
        assert!(made(CryptographicAlgorithm::DES3, &[1; 24], &with(BlockCipherMode::GCM)).is_err(), "narrow blocks");
        assert!(made(CryptographicAlgorithm::ONE_TIME_PAD, &[1; 14], &Parameters::default()).is_err(), "short pad");
        assert!(made(CryptographicAlgorithm::AES, &[1; 16], &Parameters::default()).is_err(), "no mode");
    }
}
