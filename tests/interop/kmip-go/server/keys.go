package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"math/big"

	"github.com/ovh/kmip-go"
	"github.com/ovh/kmip-go/ttlv"
)

// algorithm gives the Cryptographic Algorithm and Length of an object, zero where they are not stated.
func (o *object) algorithm() (kmip.CryptographicAlgorithm, int32) {
	algorithm, _ := value[kmip.CryptographicAlgorithm](o, kmip.AttributeNameCryptographicAlgorithm)
	length, _ := value[int32](o, kmip.AttributeNameCryptographicLength)
	return algorithm, length
}

// block is a key in the clear.
func block(format kmip.KeyFormatType, bytes []byte, algorithm kmip.CryptographicAlgorithm, length int32) kmip.KeyBlock {
	return kmip.KeyBlock{
		KeyFormatType:          format,
		KeyValue:               &kmip.KeyValue{Plain: &kmip.PlainKeyValue{KeyMaterial: kmip.KeyMaterial{Bytes: &bytes}}},
		CryptographicAlgorithm: algorithm,
		CryptographicLength:    length,
	}
}

// newSymmetricKey makes the key that the attributes of the object describe; a length that is not stated is set.
func newSymmetricKey(o *object) (*kmip.SymmetricKey, error) {
	if err := generated(o); err != nil {
		return nil, err
	}
	algorithm, length := o.algorithm()
	if algorithm == 0 {
		return nil, fail(kmip.ResultReasonInvalidMessage, "Cryptographic Algorithm is required")
	}
	stated := len(o.all(kmip.AttributeNameCryptographicLength)) > 0
	size := int(length) / 8
	good := length > 0 && length%8 == 0
	switch algorithm {
	case kmip.CryptographicAlgorithmAES:
		if !stated {
			length, size, good = 256, 32, true
		}
		good = good && (size == 16 || size == 24 || size == 32)
	case kmip.CryptographicAlgorithm3DES:
		// Lengths are counted with and without the parity bits.
		if !stated {
			length = 168
		}
		size = map[int32]int{112: 16, 128: 16, 168: 24, 192: 24}[length]
		good = size > 0
	case kmip.CryptographicAlgorithmHMACSHA1, kmip.CryptographicAlgorithmHMACSHA224, kmip.CryptographicAlgorithmHMACSHA256,
		kmip.CryptographicAlgorithmHMACSHA384, kmip.CryptographicAlgorithmHMACSHA512:
		if !stated {
			length, size, good = 256, 32, true
		}
		good = good && length <= 8192
	default:
		return nil, fail(kmip.ResultReasonInvalidField, "symmetric keys of this algorithm are not made")
	}
	if !good {
		return nil, fail(kmip.ResultReasonInvalidField, "no key of %d bits for this algorithm", length)
	}
	o.set(kmip.AttributeNameCryptographicLength, length)
	bytes := make([]byte, size)
	_, _ = rand.Read(bytes) // it never fails
	return &kmip.SymmetricKey{KeyBlock: block(kmip.KeyFormatTypeRaw, bytes, algorithm, length)}, nil
}

// curves are the elliptic curves there are.
var curves = map[kmip.RecommendedCurve]elliptic.Curve{
	kmip.RecommendedCurveP_224: elliptic.P224(), kmip.RecommendedCurveP_256: elliptic.P256(),
	kmip.RecommendedCurveP_384: elliptic.P384(), kmip.RecommendedCurveP_521: elliptic.P521(),
}

// newPair makes the keys of a pair. What both keys have to have the same is compared first (1.4 table 168).
func newPair(private, public *object) (*kmip.PrivateKey, *kmip.PublicKey, error) {
	for _, o := range []*object{private, public} {
		if err := generated(o); err != nil {
			return nil, nil, err
		}
	}
	algorithm, length := private.algorithm()
	if other, size := public.algorithm(); other != algorithm || size != length {
		return nil, nil, fail(kmip.ResultReasonInvalidField, "the keys of a pair have the same algorithm and length")
	}
	domain, inDomain := value[kmip.CryptographicDomainParameters](private, kmip.AttributeNameCryptographicDomainParameters)
	if other, _ := value[kmip.CryptographicDomainParameters](public, kmip.AttributeNameCryptographicDomainParameters); other != domain {
		return nil, nil, fail(kmip.ResultReasonInvalidField, "the keys of a pair have the same domain parameters")
	}
	var secret, open []byte
	var secretFormat, openFormat kmip.KeyFormatType
	switch algorithm {
	case 0:
		return nil, nil, fail(kmip.ResultReasonInvalidMessage, "Cryptographic Algorithm is required")
	case kmip.CryptographicAlgorithmRSA:
		if length == 0 {
			length = 2048
		}
		if length != 2048 && length != 3072 && length != 4096 {
			return nil, nil, fail(kmip.ResultReasonInvalidField, "no RSA keys of %d bits are made", length)
		}
		key, err := rsa.GenerateKey(rand.Reader, int(length))
		if err != nil {
			return nil, nil, fail(kmip.ResultReasonCryptographicFailure, "%v", err)
		}
		secret, open = x509.MarshalPKCS1PrivateKey(key), x509.MarshalPKCS1PublicKey(&key.PublicKey)
		secretFormat, openFormat = kmip.KeyFormatTypePKCS_1, kmip.KeyFormatTypePKCS_1
	case kmip.CryptographicAlgorithmECDSA, kmip.CryptographicAlgorithmEC, kmip.CryptographicAlgorithmECDH:
		curve := curves[domain.RecommendedCurve]
		if !inDomain {
			for _, c := range curves {
				if int32(c.Params().BitSize) == length {
					curve = c
				}
			}
		}
		if curve == nil || length != 0 && int32(curve.Params().BitSize) != length {
			return nil, nil, fail(kmip.ResultReasonInvalidField, "no such curve")
		}
		length = int32(curve.Params().BitSize)
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err == nil {
			secret, err = x509.MarshalECPrivateKey(key)
		}
		if err == nil {
			open, err = x509.MarshalPKIXPublicKey(&key.PublicKey)
		}
		if err != nil {
			return nil, nil, fail(kmip.ResultReasonCryptographicFailure, "%v", err)
		}
		secretFormat, openFormat = kmip.KeyFormatTypeECPrivateKey, kmip.KeyFormatTypeX_509
	default:
		return nil, nil, fail(kmip.ResultReasonInvalidField, "key pairs of this algorithm are not made")
	}
	private.set(kmip.AttributeNameCryptographicLength, length)
	public.set(kmip.AttributeNameCryptographicLength, length)
	return &kmip.PrivateKey{KeyBlock: block(secretFormat, secret, algorithm, length)},
		&kmip.PublicKey{KeyBlock: block(openFormat, open, algorithm, length)}, nil
}

// keyBlock gives the key block of an object that has one.
func keyBlock(content kmip.Object) *kmip.KeyBlock {
	switch key := content.(type) {
	case *kmip.SymmetricKey:
		return &key.KeyBlock
	case *kmip.PublicKey:
		return &key.KeyBlock
	case *kmip.PrivateKey:
		return &key.KeyBlock
	case *kmip.SplitKey:
		return &key.KeyBlock
	case *kmip.SecretData:
		return &key.KeyBlock
	}
	return nil
}

// describe sets what a registered object says of itself; it has to be what the request says.
func describe(o *object, content kmip.Object) error {
	switch content := content.(type) {
	case *kmip.Certificate:
		return describeCertificate(o, content)
	case *kmip.OpaqueObject:
		return nil
	case *kmip.SymmetricKey, *kmip.PublicKey, *kmip.PrivateKey, *kmip.SplitKey, *kmip.SecretData:
		return describeKey(o, keyBlock(content))
	}
	return fail(kmip.ResultReasonInvalidField, "objects of this type are not kept")
}

func describeKey(o *object, key *kmip.KeyBlock) error {
	if key.KeyValue == nil {
		return fail(kmip.ResultReasonFeatureNotSupported, "a key without its value is not kept")
	}
	if o.kind == kmip.ObjectTypeSecretData {
		return nil
	}
	algorithm, length := o.algorithm()
	if algorithm != 0 && key.CryptographicAlgorithm != 0 && algorithm != key.CryptographicAlgorithm ||
		length != 0 && key.CryptographicLength != 0 && length != key.CryptographicLength {
		return fail(kmip.ResultReasonInvalidField, "the key block has another algorithm or length than the attributes")
	}
	algorithm, length = max(algorithm, key.CryptographicAlgorithm), max(length, key.CryptographicLength)
	if algorithm == 0 || length == 0 {
		return fail(kmip.ResultReasonInvalidMessage, "Cryptographic Algorithm and Length are required")
	}
	if bytes, err := key.GetBytes(); err == nil && o.kind == kmip.ObjectTypeSymmetricKey && key.KeyFormatType == kmip.KeyFormatTypeRaw &&
		algorithm != kmip.CryptographicAlgorithm3DES && key.KeyWrappingData == nil && len(bytes)*8 != int(length) {
		return fail(kmip.ResultReasonInvalidField, "the key has %d bits", len(bytes)*8)
	}
	o.set(kmip.AttributeNameCryptographicAlgorithm, algorithm)
	o.set(kmip.AttributeNameCryptographicLength, length)
	return nil
}

// signatures are the algorithms that certificates are signed with.
var signatures = map[x509.SignatureAlgorithm]kmip.DigitalSignatureAlgorithm{
	x509.SHA1WithRSA: kmip.DigitalSignatureAlgorithmSHA_1WithRSAEncryption, x509.SHA256WithRSA: kmip.DigitalSignatureAlgorithmSHA_256WithRSAEncryption,
	x509.SHA384WithRSA: kmip.DigitalSignatureAlgorithmSHA_384WithRSAEncryption, x509.SHA512WithRSA: kmip.DigitalSignatureAlgorithmSHA_512WithRSAEncryption,
	x509.SHA256WithRSAPSS: kmip.DigitalSignatureAlgorithmRSASSA_PSS, x509.SHA384WithRSAPSS: kmip.DigitalSignatureAlgorithmRSASSA_PSS,
	x509.SHA512WithRSAPSS: kmip.DigitalSignatureAlgorithmRSASSA_PSS, x509.MD5WithRSA: kmip.DigitalSignatureAlgorithmMD5WithRSAEncryption,
	x509.ECDSAWithSHA1: kmip.DigitalSignatureAlgorithmECDSAWithSHA_1, x509.ECDSAWithSHA256: kmip.DigitalSignatureAlgorithmECDSAWithSHA256,
	x509.ECDSAWithSHA384: kmip.DigitalSignatureAlgorithmECDSAWithSHA384, x509.ECDSAWithSHA512: kmip.DigitalSignatureAlgorithmECDSAWithSHA512,
}

// issuerAlternativeName is the extension that crypto/x509 leaves alone.
var issuerAlternativeName = asn1.ObjectIdentifier{2, 5, 29, 18}

// alternativeNames reads the general names that are text: mail, DNS, URI; and IP addresses.
func alternativeNames(certificate *x509.Certificate, extension asn1.ObjectIdentifier) (texts []string, bytes [][]byte) {
	for _, e := range certificate.Extensions {
		var names []asn1.RawValue
		if !e.Id.Equal(extension) {
			continue
		}
		if _, err := asn1.Unmarshal(e.Value, &names); err != nil {
			continue
		}
		for _, name := range names {
			if name.Class != asn1.ClassContextSpecific {
				continue
			}
			bytes = append(bytes, name.FullBytes)
			if name.Tag == 1 || name.Tag == 2 || name.Tag == 6 {
				texts = append(texts, string(name.Bytes))
			}
		}
	}
	return texts, bytes
}

func describeCertificate(o *object, content *kmip.Certificate) error {
	certificate, err := content.X509Certificate()
	if err != nil {
		return fail(kmip.ResultReasonInvalidField, "no X.509 certificate: %v", err)
	}
	size := int32(len(content.CertificateValue))
	if stated, is := value[int32](o, kmip.AttributeNameCertificateLength); is && stated != size {
		return fail(kmip.ResultReasonInvalidField, "the certificate has %d bytes", size)
	}
	o.set(kmip.AttributeNameCertificateLength, size)
	o.set(kmip.AttributeNameCertificateType, content.CertificateType)
	subjectAlternativeName := asn1.ObjectIdentifier{2, 5, 29, 17}
	subjects, rawSubjects := alternativeNames(certificate, subjectAlternativeName)
	issuers, rawIssuers := alternativeNames(certificate, issuerAlternativeName)
	serial, err := asn1.Marshal(certificate.SerialNumber)
	if err != nil {
		return fail(kmip.ResultReasonInvalidField, "the serial number: %v", err)
	}
	o.set(kmip.AttributeNameCertificateIdentifier, kmip.CertificateIdentifier{Issuer: certificate.Issuer.String(), SerialNumber: certificate.SerialNumber.String()})
	o.set(kmip.AttributeNameCertificateSubject, kmip.CertificateSubject{
		CertificateSubjectDistinguishedName: certificate.Subject.String(), CertificateSubjectAlternativeName: subjects})
	o.set(kmip.AttributeNameCertificateIssuer, kmip.CertificateIssuer{
		CertificateIssuerDistinguishedName: certificate.Issuer.String(), CertificateIssuerAlternativeName: issuers})
	o.set(kmip.AttributeNameX509CertificateIdentifier, kmip.X_509CertificateIdentifier{IssuerDistinguishedName: certificate.RawIssuer, CertificateSerialNumber: serial})
	o.set(kmip.AttributeNameX509CertificateSubject, kmip.X_509CertificateSubject{SubjectDistinguishedName: certificate.RawSubject, SubjectAlternativeName: rawSubjects})
	o.set(kmip.AttributeNameX509CertificateIssuer, kmip.X_509CertificateIssuer{IssuerDistinguishedName: certificate.RawIssuer, IssuerAlternativeName: rawIssuers})
	if signature, known := signatures[certificate.SignatureAlgorithm]; known {
		o.set(kmip.AttributeNameDigitalSignatureAlgorithm, signature)
	}
	switch key := certificate.PublicKey.(type) {
	case *rsa.PublicKey:
		o.set(kmip.AttributeNameCryptographicAlgorithm, kmip.CryptographicAlgorithmRSA)
		o.set(kmip.AttributeNameCryptographicLength, int32(key.N.BitLen()))
	case *ecdsa.PublicKey:
		o.set(kmip.AttributeNameCryptographicAlgorithm, kmip.CryptographicAlgorithmECDSA)
		o.set(kmip.AttributeNameCryptographicLength, int32(key.Params().BitSize))
	}
	return nil
}

// digestOf gives the SHA-256 of what is kept, nothing for a wrapped key (1.4 §3.17).
func digestOf(content kmip.Object) *kmip.Digest {
	digest := &kmip.Digest{HashingAlgorithm: kmip.HashingAlgorithmSHA_256}
	var bytes []byte
	if key := keyBlock(content); key != nil {
		what, err := key.GetMaterial()
		if err != nil || key.KeyWrappingData != nil {
			return nil
		}
		digest.KeyFormatType = key.KeyFormatType
		if what.Bytes != nil {
			bytes = *what.Bytes
		} else {
			encoder := ttlv.NewTTLVEncoder()
			what.TagEncodeTTLV(&encoder, kmip.TagKeyMaterial)
			bytes = encoder.Bytes()
		}
	}
	switch content := content.(type) {
	case *kmip.Certificate:
		bytes = content.CertificateValue
	case *kmip.OpaqueObject:
		bytes = content.OpaqueDataValue
	}
	sum := sha256.Sum256(bytes)
	digest.DigestValue = sum[:]
	return digest
}

// converted gives an object in a Key Format Type: its own, or one that it can be brought into.
func converted(content kmip.Object, format kmip.KeyFormatType) (kmip.Object, error) {
	key := keyBlock(content)
	if format == 0 || key != nil && key.KeyFormatType == format {
		return content, nil
	}
	unsupported := fail(kmip.ResultReasonKeyFormatTypeNotSupported, "the object cannot be given in this format")
	if key == nil || key.KeyWrappingData != nil {
		return nil, unsupported
	}
	changed := *key
	changed.KeyFormatType = format
	into := func(what kmip.KeyMaterial) {
		changed.KeyValue = &kmip.KeyValue{Plain: &kmip.PlainKeyValue{KeyMaterial: what, Attribute: key.GetAttributes()}}
	}
	switch content := content.(type) {
	case *kmip.SymmetricKey:
		bytes, err := content.KeyMaterial()
		switch {
		case err != nil:
			return nil, unsupported
		case format == kmip.KeyFormatTypeRaw:
			into(kmip.KeyMaterial{Bytes: &bytes})
		case format == kmip.KeyFormatTypeTransparentSymmetricKey:
			into(kmip.KeyMaterial{TransparentSymmetricKey: &kmip.TransparentSymmetricKey{Key: bytes}})
		default:
			return nil, unsupported
		}
		return &kmip.SymmetricKey{KeyBlock: changed}, nil
	case *kmip.PrivateKey:
		secret, err := content.CryptoPrivateKey()
		if err != nil {
			return nil, unsupported
		}
		what, err := privateMaterial(secret, format)
		if err != nil {
			return nil, unsupported
		}
		into(*what)
		return &kmip.PrivateKey{KeyBlock: changed}, nil
	case *kmip.PublicKey:
		open, err := content.CryptoPublicKey()
		if err != nil {
			return nil, unsupported
		}
		what, err := publicMaterial(open, format)
		if err != nil {
			return nil, unsupported
		}
		into(*what)
		return &kmip.PublicKey{KeyBlock: changed}, nil
	}
	return nil, unsupported
}

// privateMaterial writes a private key in a format.
func privateMaterial(key crypto.PrivateKey, format kmip.KeyFormatType) (*kmip.KeyMaterial, error) {
	var bytes []byte
	var err error
	pair, isRSA := key.(*rsa.PrivateKey)
	curved, isEC := key.(*ecdsa.PrivateKey)
	switch {
	case format == kmip.KeyFormatTypePKCS_8:
		bytes, err = x509.MarshalPKCS8PrivateKey(key)
	case format == kmip.KeyFormatTypePKCS_1 && isRSA:
		bytes = x509.MarshalPKCS1PrivateKey(pair)
	case format == kmip.KeyFormatTypeECPrivateKey && isEC:
		bytes, err = x509.MarshalECPrivateKey(curved)
	case format == kmip.KeyFormatTypeTransparentRSAPrivateKey && isRSA:
		return &kmip.KeyMaterial{TransparentRSAPrivateKey: &kmip.TransparentRSAPrivateKey{
			Modulus: *pair.N, PrivateExponent: pair.D, PublicExponent: big.NewInt(int64(pair.E)), P: pair.Primes[0], Q: pair.Primes[1],
			PrimeExponentP: pair.Precomputed.Dp, PrimeExponentQ: pair.Precomputed.Dq, CRTCoefficient: pair.Precomputed.Qinv,
		}}, nil
	default:
		err = x509.ErrUnsupportedAlgorithm
	}
	return &kmip.KeyMaterial{Bytes: &bytes}, err
}

// publicMaterial writes a public key in a format.
func publicMaterial(key crypto.PublicKey, format kmip.KeyFormatType) (*kmip.KeyMaterial, error) {
	var bytes []byte
	var err error
	open, isRSA := key.(*rsa.PublicKey)
	switch {
	case format == kmip.KeyFormatTypeX_509:
		bytes, err = x509.MarshalPKIXPublicKey(key)
	case format == kmip.KeyFormatTypePKCS_1 && isRSA:
		bytes = x509.MarshalPKCS1PublicKey(open)
	case format == kmip.KeyFormatTypeTransparentRSAPublicKey && isRSA:
		return &kmip.KeyMaterial{TransparentRSAPublicKey: &kmip.TransparentRSAPublicKey{Modulus: *open.N, PublicExponent: *big.NewInt(int64(open.E))}}, nil
	default:
		err = x509.ErrUnsupportedAlgorithm
	}
	return &kmip.KeyMaterial{Bytes: &bytes}, err
}
