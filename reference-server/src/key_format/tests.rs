//! Every format of a key leads to every other and back; what is not a key is none.

use super::*;
use kmipspec_protocol::registry::RecommendedCurve;

const EC: CryptographicAlgorithm = CryptographicAlgorithm::EC;

/// The private key 1 of a curve: its public key is the base point.
fn one(curve: RecommendedCurve) -> Key {
    let curve = Curve::recommended(curve).expect("a named curve");
    Key::Ec(EcKey::private(curve, &[1], None).expect("a key"))
}

/// The object that holds a key in a format.
fn held(key: &Key, format: KeyFormatType) -> ManagedObject {
    let material = write(key, format).expect("can be written");
    let length = key.length().unwrap_or_default();
    let object = if key.is_private() {
        ManagedObject::private_key(format, EC, length, [0])
    } else {
        ManagedObject::public_key(format, EC, length, [0])
    };
    replace_material(&object, format, None, material).expect("has a Key Block")
}

#[test]
fn elliptic_curve_keys_survive_all_formats() {
    let formats = [
        KeyFormatType::EC_PRIVATE_KEY,
        KeyFormatType::PKCS_8,
        KeyFormatType::TRANSPARENT_EC_PRIVATE_KEY,
        KeyFormatType::TRANSPARENT_ECDH_PRIVATE_KEY,
    ];
    for curve in [RecommendedCurve::P_256, RecommendedCurve::P_521, RecommendedCurve::SECP256K1] {
        let key = one(curve);
        for format in formats {
            assert_eq!(read(&held(&key, format)), Some(key.clone()), "{curve:?} {format:?}");
        }
        let Key::Ec(private) = &key else { panic!("on a curve") };
        let point = private.point.clone().expect("computed");
        let public = Key::Ec(EcKey::public(private.curve, &point).expect("on the curve"));
        for format in [KeyFormatType::X_509, KeyFormatType::TRANSPARENT_EC_PUBLIC_KEY] {
            assert_eq!(read(&held(&public, format)), Some(public.clone()), "{curve:?} {format:?}");
        }
    }
}

#[test]
fn points_are_compressed_and_come_back() {
    let Key::Ec(private) = one(RecommendedCurve::P_384) else { panic!("on a curve") };
    let point = private.point.expect("computed");
    for wanted in [
        KeyCompressionType::EC_PUBLIC_KEY_TYPE_X9_62_COMPRESSED_PRIME,
        KeyCompressionType::EC_PUBLIC_KEY_TYPE_X9_62_HYBRID,
        KeyCompressionType::EC_PUBLIC_KEY_TYPE_UNCOMPRESSED,
    ] {
        let mut key = EcKey::public(private.curve, &point).expect("on the curve");
        key.compress(wanted).expect("can be compressed");
        let mut again = EcKey::public(key.curve, &key.point.expect("is there")).expect("still on the curve");
        again.decompress();
        assert_eq!(again.point.as_ref(), Some(&point), "{wanted:?}");
    }
    let mut key = EcKey::public(private.curve, &point).expect("on the curve");
    assert_eq!(key.compress(KeyCompressionType::EC_PUBLIC_KEY_TYPE_X9_62_COMPRESSED_CHAR2), None);
    let mut off = point;
    *off.last_mut().expect("not empty") ^= 1;
    assert_eq!(EcKey::public(private.curve, &off), None, "not on the curve");
}

/// p = 61, q = 53, e = 17: the numbers follow from any part that suffices.
#[test]
fn rsa_numbers_that_are_missing_are_computed() {
    let modulus = 3_233_u16.to_be_bytes().to_vec();
    let of_primes = RsaKey {
        modulus: modulus.clone(),
        public_exponent: Some(vec![17]),
        p: Some(vec![61]),
        q: Some(vec![53]),
        ..RsaKey::default()
    };
    let whole = of_primes.complete().expect("primes suffice");
    // 413 = 17⁻¹ mod lcm(60, 52).
    assert_eq!(whole.private_exponent, Some(413_u16.to_be_bytes().to_vec()));
    assert_eq!((whole.prime_exponent_p.clone(), whole.prime_exponent_q.clone()), (Some(vec![53]), Some(vec![49])));
    assert_eq!(whole.crt_coefficient, Some(vec![38]));
    let of_exponents =
        RsaKey { private_exponent: whole.private_exponent.clone(), p: None, q: None, ..of_primes.clone() };
    assert_eq!(of_exponents.complete(), Some(whole));
    let wrong = RsaKey { q: Some(vec![59]), ..of_primes };
    assert_eq!(wrong.complete(), None, "not the primes of the modulus");
    let hopeless = RsaKey { modulus, private_exponent: Some(vec![5]), ..RsaKey::default() };
    assert_eq!(hopeless.complete(), None, "without the public exponent nothing follows");
}

#[test]
fn field_keys_survive_their_formats() {
    for (algorithm, q) in [
        (CryptographicAlgorithm::DSA, Some(vec![11])),
        (CryptographicAlgorithm::DH, Some(vec![11])),
        (CryptographicAlgorithm::DH, None),
    ] {
        for is_private in [true, false] {
            let key = Key::Field(FieldKey {
                algorithm,
                p: vec![23],
                q: q.clone(),
                g: vec![4],
                j: None,
                is_private,
                number: vec![0x80],
            });
            let der = if is_private { KeyFormatType::PKCS_8 } else { KeyFormatType::X_509 };
            assert_eq!(read(&held(&key, der)), Some(key.clone()), "{algorithm:?}");
        }
    }
}

#[test]
fn hostile_material_is_no_key() {
    for format in (1..=23).map(KeyFormatType) {
        for bytes in [&[][..], &[0x30], &[0x30, 0x84, 255, 255, 255, 255], &[0; 64], &[0x30, 0x03, 2, 1, 0]] {
            let private = ManagedObject::private_key(format, EC, 256, bytes);
            let public = ManagedObject::public_key(format, EC, 256, bytes);
            assert_eq!((read(&private), read(&public)), (None, None), "{format:?} {bytes:?}");
        }
    }
}

#[test]
fn a_container_opens_with_its_password_alone() {
    let Key::Ec(key) = one(RecommendedCurve::P_256) else { panic!("on a curve") };
    let private_key = elliptic::to_pkcs8(&key).expect("can be written");
    let contents = pkcs12::Contents { private_key, friendly_name: Some("Alias".to_owned()), chain: Vec::new() };
    let sealed = pkcs12::seal(&contents, "secret").expect("can be sealed");
    let opened = pkcs12::open(&sealed, "secret", Some("alias")).expect("opens");
    assert_eq!(from_pkcs8(&opened.private_key), from_pkcs8(&contents.private_key));
    assert_eq!(pkcs12::open(&sealed, "wrong", None).map(|_| ()), Err(pkcs12::Unreadable::Password));
    assert_eq!(pkcs12::open(&sealed, "secret", Some("other")).map(|_| ()), Err(pkcs12::Unreadable::NoKey));
}
