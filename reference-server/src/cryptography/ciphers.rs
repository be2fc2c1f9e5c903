//! The block ciphers of the Cryptographic Algorithm enumeration, in two families: those of 16 bytes a block and those of 8.
//!
//! A family is one type, so that each mode of operation is instantiated once for it.

use aes::{Aes128, Aes192, Aes256};
use aria::{Aria128, Aria192, Aria256};
use blowfish::Blowfish;
use camellia::{Camellia128, Camellia192, Camellia256};
use cast5::Cast5;
use cipher::consts::{U8, U16};
use cipher::{
    BlockCipherDecClosure, BlockCipherDecrypt, BlockCipherEncClosure, BlockCipherEncrypt, BlockSizeUser, KeyInit,
};
use des::{Des, TdesEde2, TdesEde3};
use idea::Idea;
use kmipspec_protocol::registry::CryptographicAlgorithm;
use rc2::Rc2;
use twofish::Twofish;

/// One type for several ciphers with the same block.
macro_rules! family {
    ($(#[$doc:meta])* $name:ident of $size:ty { $($(#[$note:meta])* $cipher:ident,)* }) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub(crate) enum $name { $($(#[$note])* $cipher(Box<$cipher>),)* }

        impl BlockSizeUser for $name {
            type BlockSize = $size;
        }

        impl BlockCipherEncrypt for $name {
            fn encrypt_with_backend(&self, f: impl BlockCipherEncClosure<BlockSize = $size>) {
                match self { $(Self::$cipher(cipher) => cipher.encrypt_with_backend(f),)* }
            }
        }

        impl BlockCipherDecrypt for $name {
            fn decrypt_with_backend(&self, f: impl BlockCipherDecClosure<BlockSize = $size>) {
                match self { $(Self::$cipher(cipher) => cipher.decrypt_with_backend(f),)* }
            }
        }
    };
}

family! {
    /// Ciphers with blocks of 16 bytes.
    Wide of U16 {
        /// AES with 128 bits of key.
        Aes128,
        /// AES with 192 bits of key.
        Aes192,
        /// AES with 256 bits of key.
        Aes256,
        /// Camellia with 128 bits of key.
        Camellia128,
        /// Camellia with 192 bits of key.
        Camellia192,
        /// Camellia with 256 bits of key.
        Camellia256,
        /// ARIA with 128 bits of key.
        Aria128,
        /// ARIA with 192 bits of key.
        Aria192,
        /// ARIA with 256 bits of key.
        Aria256,
        /// Twofish.
        Twofish,
    }
}

family! {
    /// Ciphers with blocks of 8 bytes.
    Narrow of U8 {
        /// DES: also 3DES with one key.
        Des,
        /// 3DES with two keys.
        TdesEde2,
        /// 3DES with three keys.
        TdesEde3,
        /// Blowfish.
        Blowfish,
        /// CAST-128.
        Cast5,
        /// IDEA.
        Idea,
        /// RC2, its effective key length that of the key.
        Rc2,
    }
}

/// A block cipher with its key.
#[derive(Clone)]
pub(crate) enum Keyed {
    /// Blocks of 16 bytes.
    Wide(Wide),
    /// Blocks of 8 bytes.
    Narrow(Narrow),
}

impl Keyed {
    /// The cipher of an algorithm; none where there is none here, or the key has a wrong length for it.
    pub(crate) fn new(algorithm: CryptographicAlgorithm, key: &[u8]) -> Option<Self> {
        Some(match algorithm {
            CryptographicAlgorithm::AES => Self::Wide(match key.len() {
                16 => Wide::Aes128(made(key)?),
                24 => Wide::Aes192(made(key)?),
                _ => Wide::Aes256(made(key)?),
            }),
            CryptographicAlgorithm::CAMELLIA => Self::Wide(match key.len() {
                16 => Wide::Camellia128(made(key)?),
                24 => Wide::Camellia192(made(key)?),
                _ => Wide::Camellia256(made(key)?),
            }),
            CryptographicAlgorithm::ARIA => Self::Wide(match key.len() {
                16 => Wide::Aria128(made(key)?),
                24 => Wide::Aria192(made(key)?),
                _ => Wide::Aria256(made(key)?),
            }),
            CryptographicAlgorithm::TWOFISH => Self::Wide(Wide::Twofish(made(key)?)),
            CryptographicAlgorithm::DES => Self::Narrow(Narrow::Des(made(key)?)),
            CryptographicAlgorithm::DES3 => Self::Narrow(match key.len() {
                8 => Narrow::Des(made(key)?),
                16 => Narrow::TdesEde2(made(key)?),
                _ => Narrow::TdesEde3(made(key)?),
            }),
            CryptographicAlgorithm::BLOWFISH => Self::Narrow(Narrow::Blowfish(made(key)?)),
            CryptographicAlgorithm::CAST5 => Self::Narrow(Narrow::Cast5(made(key)?)),
            CryptographicAlgorithm::IDEA => Self::Narrow(Narrow::Idea(made(key)?)),
            CryptographicAlgorithm::RC2 => Self::Narrow(Narrow::Rc2(made(key)?)),
            _ => return None,
        })
    }

    /// Bytes of a block.
    pub(crate) fn block(&self) -> usize {
        match self {
            Self::Wide(_) => 16,
            Self::Narrow(_) => 8,
        }
    }
}

/// Whether an algorithm is a block cipher of this server.
pub(crate) fn is_block_cipher(algorithm: CryptographicAlgorithm) -> bool {
    matches!(
        algorithm,
        CryptographicAlgorithm::AES
            | CryptographicAlgorithm::CAMELLIA
            | CryptographicAlgorithm::ARIA
            | CryptographicAlgorithm::TWOFISH
            | CryptographicAlgorithm::DES
            | CryptographicAlgorithm::DES3
            | CryptographicAlgorithm::BLOWFISH
            | CryptographicAlgorithm::CAST5
            | CryptographicAlgorithm::IDEA
            | CryptographicAlgorithm::RC2
    )
}

/// A cipher with its key, if the key has a length that the cipher takes.
fn made<C: KeyInit>(key: &[u8]) -> Option<Box<C>> {
    C::new_from_slice(key).ok().map(Box::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One block under a key, by published vectors of each cipher.
    #[test]
    fn each_cipher_is_that_of_its_standard() {
        let hex = |text: &str| -> Vec<u8> {
            text.as_bytes()
                .chunks(2)
                .map(|two| u8::from_str_radix(&String::from_utf8_lossy(two), 16).unwrap_or(0))
                .collect()
        };
        let cases = [
            // FIPS 197 appendix C.1
            (
                CryptographicAlgorithm::AES,
                "000102030405060708090a0b0c0d0e0f",
                "00112233445566778899aabbccddeeff",
                "69c4e0d86a7b0430d8cdb78070b4c55a",
            ),
            // RFC 3713 appendix A
            (
                CryptographicAlgorithm::CAMELLIA,
                "0123456789abcdeffedcba9876543210",
                "0123456789abcdeffedcba9876543210",
                "67673138549669730857065648eabe43",
            ),
            // RFC 5794 appendix A.1
            (
                CryptographicAlgorithm::ARIA,
                "000102030405060708090a0b0c0d0e0f",
                "00112233445566778899aabbccddeeff",
                "d718fbd6ab644c739da95f3be6451778",
            ),
            // The paper's first iteration.
            (
                CryptographicAlgorithm::TWOFISH,
                "00000000000000000000000000000000",
                "00000000000000000000000000000000",
                "9f589f5cf6122c32b6bfec2f2ae8c35a",
            ),
            // NIST SP 800-17
            (CryptographicAlgorithm::DES, "0101010101010101", "8000000000000000", "95f8a5e5dd31d900"),
            // Eric Young's set.
            (CryptographicAlgorithm::BLOWFISH, "0000000000000000", "0000000000000000", "4ef997456198dd78"),
            // RFC 2144 appendix B.1
            (CryptographicAlgorithm::CAST5, "0123456712345678234567893456789a", "0123456789abcdef", "238b4fe5847e44b2"),
            // RFC 2268 §5, 64 bits
            (CryptographicAlgorithm::RC2, "ffffffffffffffff", "ffffffffffffffff", "278b27e42e2f0d49"),
        ];
        for (algorithm, key, plain, cipher) in cases {
            let (key, plain, expected) = (hex(key), hex(plain), hex(cipher));
            let mut block = plain;
            match Keyed::new(algorithm, &key).expect("a key of the right length") {
                Keyed::Wide(cipher) => {
                    cipher.encrypt_block(block.as_mut_slice().try_into().expect("16 bytes"));
                }
                Keyed::Narrow(cipher) => {
                    cipher.encrypt_block(block.as_mut_slice().try_into().expect("8 bytes"));
                }
            }
            assert_eq!(block, expected, "{algorithm:?}");
        }
    }

    #[test]
    fn a_key_of_another_length_is_refused() {
        for (algorithm, length) in [
            (CryptographicAlgorithm::AES, 15),
            (CryptographicAlgorithm::DES3, 23),
            (CryptographicAlgorithm::IDEA, 8),
            (CryptographicAlgorithm::CAMELLIA, 33),
            (CryptographicAlgorithm::BLOWFISH, 0),
        ] {
            assert!(Keyed::new(algorithm, &vec![1; length]).is_none(), "{algorithm:?} {length}");
        }
        assert!(Keyed::new(CryptographicAlgorithm::SKIPJACK, &[1; 10]).is_none());
    }
}
