package main

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha1"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"slices"

	"github.com/ovh/kmip-go"
	"github.com/ovh/kmip-go/payloads"
)

// instrument gives the object that an operation uses, if its state, dates and usage mask allow it, and the parameters that hold.
// protect: it applies protection, as against processing what is protected already.
func (s *service) instrument(c call, id string, mask kmip.CryptographicUsageMask, protect bool, asked *kmip.CryptographicParameters) (
	*object, kmip.CryptographicParameters, error) {
	var parameters kmip.CryptographicParameters
	o, err := s.online(c, id)
	if err != nil {
		return nil, parameters, err
	}
	allowed, _ := value[kmip.CryptographicUsageMask](o, kmip.AttributeNameCryptographicUsageMask)
	usable := o.is(kmip.StateActive) || !protect && o.is(kmip.StateDeactivated, kmip.StateCompromised)
	early := len(o.all(kmip.AttributeNameProcessStartDate)) > 0 && !o.reached(kmip.AttributeNameProcessStartDate, c.now)
	late := protect && o.reached(kmip.AttributeNameProtectStopDate, c.now)
	if allowed&mask == 0 || !usable || early || late {
		return nil, parameters, fail(kmip.ResultReasonPermissionDenied, "the object cannot be used for this")
	}
	if asked != nil {
		parameters = *asked
	} else {
		parameters, _ = value[kmip.CryptographicParameters](o, kmip.AttributeNameCryptographicParameters)
	}
	if algorithm, _ := o.algorithm(); parameters.CryptographicAlgorithm != 0 && parameters.CryptographicAlgorithm != algorithm {
		return nil, parameters, fail(kmip.ResultReasonInvalidField, "the key is of another algorithm")
	}
	return o, parameters, nil
}

// single refuses what comes in parts, and what has no data.
func single(correlation []byte, first, last *bool, data []byte) error {
	whole := (first == nil || *first) && (last == nil || *last) && (first == nil) == (last == nil)
	if len(correlation) > 0 {
		return fail(kmip.ResultReasonItemNotFound, "there is no operation with this Correlation Value")
	}
	if !whole {
		return fail(kmip.ResultReasonFeatureNotSupported, "data in parts are not processed")
	}
	if data == nil {
		return fail(kmip.ResultReasonInvalidMessage, "there is no data")
	}
	return nil
}

// blockCipher gives the cipher of a symmetric key.
func blockCipher(o *object) (cipher.Block, error) {
	key, symmetric := o.content.(*kmip.SymmetricKey)
	if !symmetric {
		return nil, fail(kmip.ResultReasonFeatureNotSupported, "only symmetric keys encrypt here")
	}
	material, err := key.KeyMaterial()
	if err != nil {
		return nil, fail(kmip.ResultReasonCryptographicFailure, "%v", err)
	}
	algorithm, _ := o.algorithm()
	var made cipher.Block
	switch algorithm {
	case kmip.CryptographicAlgorithmAES:
		made, err = aes.NewCipher(material)
	case kmip.CryptographicAlgorithm3DES:
		if len(material) == 16 {
			material = slices.Concat(material, material[:8])
		}
		made, err = des.NewTripleDESCipher(material)
	default:
		return nil, fail(kmip.ResultReasonPermissionDenied, "keys of this algorithm do not encrypt")
	}
	if err != nil {
		return nil, fail(kmip.ResultReasonCryptographicFailure, "%v", err)
	}
	return made, nil
}

// vector judges the IV; where the parameters ask for it, encryption makes one.
func vector(given []byte, parameters kmip.CryptographicParameters, size int, encrypting bool) (iv, made []byte, err error) {
	if given == nil && encrypting && parameters.RandomIV != nil && *parameters.RandomIV {
		iv = make([]byte, size)
		_, _ = rand.Read(iv) // it never fails
		return iv, iv, nil
	}
	if given == nil {
		return nil, nil, fail(kmip.ResultReasonMissingData, "an IV is needed")
	}
	return given, nil, nil
}

// sealer gives the authenticated mode of the parameters.
func sealer(block cipher.Block, parameters kmip.CryptographicParameters, nonce []byte) (cipher.AEAD, error) {
	var mode cipher.AEAD
	var err error
	switch size := parameters.TagLength; {
	case len(nonce) == 0:
		return nil, fail(kmip.ResultReasonCryptographicFailure, "the nonce is empty")
	case size == 0 || size == 16:
		mode, err = cipher.NewGCMWithNonceSize(block, len(nonce))
	case len(nonce) == 12:
		mode, err = cipher.NewGCMWithTagSize(block, int(size))
	default:
		return nil, fail(kmip.ResultReasonInvalidField, "no such tag and nonce length")
	}
	if err != nil {
		return nil, fail(kmip.ResultReasonInvalidField, "%v", err)
	}
	return mode, nil
}

// padded brings data to whole blocks.
func padded(data []byte, size int, method kmip.PaddingMethod) ([]byte, error) {
	switch method {
	case kmip.PaddingMethodPKCS5:
		more := size - len(data)%size
		return slices.Concat(data, bytes.Repeat([]byte{byte(more)}, more)), nil
	case 0, kmip.PaddingMethodNone:
		if len(data)%size != 0 {
			return nil, fail(kmip.ResultReasonCryptographicFailure, "the data are no whole blocks")
		}
		return slices.Clone(data), nil
	}
	return nil, fail(kmip.ResultReasonFeatureNotSupported, "no such padding here")
}

// unpadded takes the padding away.
func unpadded(data []byte, size int, method kmip.PaddingMethod) ([]byte, error) {
	if method != kmip.PaddingMethodPKCS5 {
		return data, nil
	}
	if len(data) > 0 {
		more := int(data[len(data)-1])
		if more >= 1 && more <= size && bytes.Equal(data[len(data)-more:], bytes.Repeat([]byte{byte(more)}, more)) {
			return data[:len(data)-more], nil
		}
	}
	return nil, fail(kmip.ResultReasonCryptographicFailure, "the padding is wrong")
}

// crypt encrypts or decrypts by ECB, CBC or CTR.
func crypt(block cipher.Block, parameters kmip.CryptographicParameters, given, data []byte, encrypting bool) (out, made []byte, err error) {
	size := block.BlockSize()
	var iv []byte
	switch parameters.BlockCipherMode {
	case kmip.BlockCipherModeCBC, kmip.BlockCipherModeCTR:
		if iv, made, err = vector(given, parameters, size, encrypting); err != nil {
			return nil, nil, err
		}
		if len(iv) != size {
			return nil, nil, fail(kmip.ResultReasonCryptographicFailure, "the IV has %d bytes", len(iv))
		}
	case kmip.BlockCipherModeECB:
	case 0:
		return nil, nil, fail(kmip.ResultReasonMissingData, "a Block Cipher Mode is needed")
	default:
		return nil, nil, fail(kmip.ResultReasonFeatureNotSupported, "no such Block Cipher Mode here")
	}
	if parameters.BlockCipherMode == kmip.BlockCipherModeCTR {
		out = make([]byte, len(data))
		cipher.NewCTR(block, iv).XORKeyStream(out, data)
		return out, made, nil
	}
	if encrypting {
		out, err = padded(data, size, parameters.PaddingMethod)
	} else {
		out, err = padded(data, size, kmip.PaddingMethodNone)
	}
	if err != nil {
		return nil, nil, err
	}
	switch {
	case parameters.BlockCipherMode == kmip.BlockCipherModeCBC && encrypting:
		cipher.NewCBCEncrypter(block, iv).CryptBlocks(out, out)
	case parameters.BlockCipherMode == kmip.BlockCipherModeCBC:
		cipher.NewCBCDecrypter(block, iv).CryptBlocks(out, out)
	default:
		step := block.Decrypt
		if encrypting {
			step = block.Encrypt
		}
		for at := 0; at < len(out); at += size {
			step(out[at:], out[at:])
		}
	}
	if !encrypting {
		out, err = unpadded(out, size, parameters.PaddingMethod)
	}
	return out, made, err
}

func (s *service) encrypt(c call, q *payloads.EncryptRequestPayload) (*payloads.EncryptResponsePayload, error) {
	o, parameters, err := s.instrument(c, q.UniqueIdentifier, kmip.CryptographicUsageEncrypt, true, q.CryptographicParameters)
	if err != nil {
		return nil, err
	}
	if err := single(q.CorrelationValue, q.InitIndicator, q.FinalIndicator, q.Data); err != nil {
		return nil, err
	}
	block, err := blockCipher(o)
	if err != nil {
		return nil, err
	}
	if err := s.spend(c, o, len(q.Data)); err != nil {
		return nil, err
	}
	answer := &payloads.EncryptResponsePayload{UniqueIdentifier: o.id()}
	if parameters.BlockCipherMode == kmip.BlockCipherModeGCM {
		nonce, made, err := vector(q.IVCounterNonce, parameters, 12, true)
		if err != nil {
			return nil, err
		}
		mode, err := sealer(block, parameters, nonce)
		if err != nil {
			return nil, err
		}
		answer.Data, answer.IVCounterNonce = mode.Seal(nil, nonce, q.Data, q.AuthenticatedEncryptionAdditionalData), made
		if c.minor >= 4 { // before, the tag has no field of its own
			end := len(answer.Data) - mode.Overhead()
			answer.Data, answer.AuthenticatedEncryptionTag = answer.Data[:end], answer.Data[end:]
		}
	} else if answer.Data, answer.IVCounterNonce, err = crypt(block, parameters, q.IVCounterNonce, q.Data, true); err != nil {
		return nil, err
	}
	return answer, nil
}

// spend takes a use of the object from its Usage Limits, if it has any.
func (s *service) spend(c call, o *object, size int) error {
	limits, limited := value[kmip.UsageLimits](o, kmip.AttributeNameUsageLimits)
	if !limited {
		return nil
	}
	if limits.UsageLimitsUnit == kmip.UsageLimitsUnitByte {
		return o.allocate(c, int64(size))
	}
	return o.allocate(c, 1)
}

func (s *service) decrypt(c call, q *payloads.DecryptRequestPayload) (*payloads.DecryptResponsePayload, error) {
	o, parameters, err := s.instrument(c, q.UniqueIdentifier, kmip.CryptographicUsageDecrypt, false, q.CryptographicParameters)
	if err != nil {
		return nil, err
	}
	if err := single(q.CorrelationValue, q.InitIndicator, q.FinalIndicator, q.Data); err != nil {
		return nil, err
	}
	block, err := blockCipher(o)
	if err != nil {
		return nil, err
	}
	answer := &payloads.DecryptResponsePayload{UniqueIdentifier: o.id()}
	if parameters.BlockCipherMode != kmip.BlockCipherModeGCM {
		if answer.Data, _, err = crypt(block, parameters, q.IVCounterNonce, q.Data, false); err != nil {
			return nil, err
		}
		return answer, nil
	}
	nonce, _, err := vector(q.IVCounterNonce, parameters, 12, false)
	if err != nil {
		return nil, err
	}
	mode, err := sealer(block, parameters, nonce)
	if err != nil {
		return nil, err
	}
	if c.minor >= 4 && len(q.AuthenticatedEncryptionTag) != mode.Overhead() {
		return nil, fail(kmip.ResultReasonCryptographicFailure, "the tag has %d bytes", len(q.AuthenticatedEncryptionTag))
	}
	answer.Data, err = mode.Open([]byte{}, nonce, slices.Concat(q.Data, q.AuthenticatedEncryptionTag), q.AuthenticatedEncryptionAdditionalData)
	if err != nil {
		return nil, fail(kmip.ResultReasonCryptographicFailure, "%v", err)
	}
	return answer, nil
}

// scheme is how a signature is made: the hash, and RSA's padding.
type scheme struct {
	hash crypto.Hash
	pss  bool
}

var hashes = map[kmip.HashingAlgorithm]crypto.Hash{
	kmip.HashingAlgorithmSHA_1: crypto.SHA1, kmip.HashingAlgorithmSHA_224: crypto.SHA224, kmip.HashingAlgorithmSHA_256: crypto.SHA256,
	kmip.HashingAlgorithmSHA_384: crypto.SHA384, kmip.HashingAlgorithmSHA_512: crypto.SHA512,
}

var namedSchemes = map[kmip.DigitalSignatureAlgorithm]crypto.Hash{
	kmip.DigitalSignatureAlgorithmSHA_1WithRSAEncryption: crypto.SHA1, kmip.DigitalSignatureAlgorithmSHA_224WithRSAEncryption: crypto.SHA224,
	kmip.DigitalSignatureAlgorithmSHA_256WithRSAEncryption: crypto.SHA256, kmip.DigitalSignatureAlgorithmSHA_384WithRSAEncryption: crypto.SHA384,
	kmip.DigitalSignatureAlgorithmSHA_512WithRSAEncryption: crypto.SHA512, kmip.DigitalSignatureAlgorithmECDSAWithSHA_1: crypto.SHA1,
	kmip.DigitalSignatureAlgorithmECDSAWithSHA224: crypto.SHA224, kmip.DigitalSignatureAlgorithmECDSAWithSHA256: crypto.SHA256,
	kmip.DigitalSignatureAlgorithmECDSAWithSHA384: crypto.SHA384, kmip.DigitalSignatureAlgorithmECDSAWithSHA512: crypto.SHA512,
}

// curved are the signature algorithms of elliptic curves.
var curved = []kmip.DigitalSignatureAlgorithm{kmip.DigitalSignatureAlgorithmECDSAWithSHA_1, kmip.DigitalSignatureAlgorithmECDSAWithSHA224,
	kmip.DigitalSignatureAlgorithmECDSAWithSHA256, kmip.DigitalSignatureAlgorithmECDSAWithSHA384, kmip.DigitalSignatureAlgorithmECDSAWithSHA512}

// schemeOf reads the parameters of a signature by a key.
func schemeOf(o *object, p kmip.CryptographicParameters) (scheme, error) {
	if algorithm, _ := o.algorithm(); p.DigitalSignatureAlgorithm != 0 &&
		slices.Contains(curved, p.DigitalSignatureAlgorithm) == (algorithm == kmip.CryptographicAlgorithmRSA) {
		return scheme{}, fail(kmip.ResultReasonInvalidField, "the key is not for such signatures")
	}
	hash := hashes[p.HashingAlgorithm]
	pss := p.PaddingMethod == kmip.PaddingMethodPSS || p.DigitalSignatureAlgorithm == kmip.DigitalSignatureAlgorithmRSASSA_PSS
	if named, known := namedSchemes[p.DigitalSignatureAlgorithm]; known {
		hash = named
	}
	if hash == 0 {
		return scheme{}, fail(kmip.ResultReasonInvalidField, "the parameters name no hash of ours")
	}
	return scheme{hash, pss}, nil
}

// digest gives what is signed: the digest in the request, or that of the data.
func (k scheme) digest(data, digested []byte) ([]byte, error) {
	if digested == nil {
		h := k.hash.New()
		h.Write(data)
		return h.Sum(nil), nil
	}
	if len(digested) != k.hash.Size() {
		return nil, fail(kmip.ResultReasonInvalidField, "the digest has %d bytes", len(digested))
	}
	return digested, nil
}

// toSign reads how a signature by a key is made, and of what.
func toSign(o *object, p kmip.CryptographicParameters, data, digested []byte) (scheme, []byte, error) {
	how, err := schemeOf(o, p)
	if err != nil {
		return scheme{}, nil, err
	}
	digest, err := how.digest(data, digested)
	return how, digest, err
}

// options are those of the standard library's signers.
func (k scheme) options() crypto.SignerOpts {
	if k.pss {
		return &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: k.hash}
	}
	return k.hash
}

func (s *service) sign(c call, q *payloads.SignRequestPayload) (*payloads.SignResponsePayload, error) {
	o, parameters, err := s.instrument(c, q.UniqueIdentifier, kmip.CryptographicUsageSign, true, q.CryptographicParameters)
	if err != nil {
		return nil, err
	}
	if err := single(q.CorrelationValue, q.InitIndicator, q.FinalIndicator, slices.Concat([]byte{}, q.Data, q.DigestedData)); err != nil {
		return nil, err
	}
	private, is := o.content.(*kmip.PrivateKey)
	if !is {
		return nil, fail(kmip.ResultReasonPermissionDenied, "private keys sign")
	}
	key, err := private.CryptoPrivateKey()
	if err != nil {
		return nil, fail(kmip.ResultReasonCryptographicFailure, "%v", err)
	}
	how, digest, err := toSign(o, parameters, q.Data, q.DigestedData)
	if err != nil {
		return nil, err
	}
	signer, is := key.(crypto.Signer)
	if !is {
		return nil, fail(kmip.ResultReasonPermissionDenied, "this key does not sign")
	}
	if err := s.spend(c, o, len(q.Data)); err != nil {
		return nil, err
	}
	signature, err := signer.Sign(rand.Reader, digest, how.options())
	if err != nil {
		return nil, fail(kmip.ResultReasonCryptographicFailure, "%v", err)
	}
	return &payloads.SignResponsePayload{UniqueIdentifier: o.id(), SignatureData: signature}, nil
}

func (s *service) signatureVerify(c call, q *payloads.SignatureVerifyRequestPayload) (*payloads.SignatureVerifyResponsePayload, error) {
	o, parameters, err := s.instrument(c, q.UniqueIdentifier, kmip.CryptographicUsageVerify, false, q.CryptographicParameters)
	if err != nil {
		return nil, err
	}
	if err := single(q.CorrelationValue, q.InitIndicator, q.FinalIndicator, slices.Concat([]byte{}, q.Data, q.DigestedData)); err != nil {
		return nil, err
	}
	if q.SignatureData == nil {
		return nil, fail(kmip.ResultReasonInvalidMessage, "there is no signature")
	}
	public, is := o.content.(*kmip.PublicKey)
	if !is {
		return nil, fail(kmip.ResultReasonPermissionDenied, "public keys verify")
	}
	key, err := public.CryptoPublicKey()
	if err != nil {
		return nil, fail(kmip.ResultReasonCryptographicFailure, "%v", err)
	}
	how, digest, err := toSign(o, parameters, q.Data, q.DigestedData)
	if err != nil {
		return nil, err
	}
	answer := &payloads.SignatureVerifyResponsePayload{UniqueIdentifier: o.id(), ValidityIndicator: kmip.ValidityIndicatorInvalid}
	var good bool
	switch key := key.(type) {
	case *rsa.PublicKey:
		if how.pss {
			good = rsa.VerifyPSS(key, how.hash, digest, q.SignatureData, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthAuto}) == nil
		} else {
			good = rsa.VerifyPKCS1v15(key, how.hash, digest, q.SignatureData) == nil
		}
	case *ecdsa.PublicKey:
		good = ecdsa.VerifyASN1(key, digest, q.SignatureData)
	}
	if good {
		answer.ValidityIndicator = kmip.ValidityIndicatorValid
	}
	return answer, nil
}
