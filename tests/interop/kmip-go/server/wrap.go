package main

import (
	"crypto/aes"
	"crypto/subtle"
	"encoding/binary"
	"slices"

	"github.com/ovh/kmip-go"
	"github.com/ovh/kmip-go/ttlv"
)

// checkValue is what AES key wrap puts before the key (RFC 3394 §2.2.3.1).
var checkValue = []byte{0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6, 0xa6}

// wrapBytes is AES key wrap (RFC 3394 §2.2.1).
func wrapBytes(kek, key []byte) ([]byte, error) {
	block, err := aes.NewCipher(kek)
	if err != nil || len(key)%8 != 0 || len(key) < 16 {
		return nil, fail(kmip.ResultReasonCryptographicFailure, "%d bytes cannot be wrapped", len(key))
	}
	out := slices.Concat(checkValue, key)
	buffer, n := make([]byte, 16), len(key)/8
	for t := range 6 * n {
		part := out[8*(t%n+1):][:8]
		copy(buffer, out[:8])
		copy(buffer[8:], part)
		block.Encrypt(buffer, buffer)
		binary.BigEndian.PutUint64(out, binary.BigEndian.Uint64(buffer)^uint64(t+1))
		copy(part, buffer[8:])
	}
	return out, nil
}

// unwrapBytes is its inverse (RFC 3394 §2.2.2).
func unwrapBytes(kek, wrapped []byte) ([]byte, error) {
	block, err := aes.NewCipher(kek)
	if err != nil || len(wrapped)%8 != 0 || len(wrapped) < 24 {
		return nil, fail(kmip.ResultReasonCryptographicFailure, "%d bytes cannot be unwrapped", len(wrapped))
	}
	out := slices.Clone(wrapped)
	buffer, n := make([]byte, 16), len(wrapped)/8-1
	for t := 6*n - 1; t >= 0; t-- {
		part := out[8*(t%n+1):][:8]
		binary.BigEndian.PutUint64(buffer, binary.BigEndian.Uint64(out)^uint64(t+1))
		copy(buffer[8:], part)
		block.Decrypt(buffer, buffer)
		copy(out, buffer[:8])
		copy(part, buffer[8:])
	}
	if subtle.ConstantTimeCompare(out[:8], checkValue) != 1 {
		return nil, fail(kmip.ResultReasonCryptographicFailure, "the check value is wrong")
	}
	return out[8:], nil
}

// wrappingKey gives the bytes of a key that wraps or unwraps by AES key wrap, and the parameters that hold.
func (s *service) wrappingKey(c call, info *kmip.EncryptionKeyInformation, mask kmip.CryptographicUsageMask, states ...kmip.State) ([]byte, error) {
	kek, err := s.online(c, info.UniqueIdentifier)
	if err != nil {
		return nil, err
	}
	if kek.destroyed {
		return nil, fail(kmip.ResultReasonPermissionDenied, "the wrapping key is destroyed")
	}
	if keyBlock(kek.content) == nil || kek.kind == kmip.ObjectTypeSecretData {
		return nil, fail(kmip.ResultReasonIllegalOperation, "what is to wrap is no key")
	}
	allowed, _ := value[kmip.CryptographicUsageMask](kek, kmip.AttributeNameCryptographicUsageMask)
	if allowed&mask == 0 || !kek.is(states...) {
		return nil, fail(kmip.ResultReasonPermissionDenied, "the key is not able to be used for wrapping")
	}
	instances := kek.all(kmip.AttributeNameCryptographicParameters)
	if len(instances) == 0 {
		return nil, noParameters
	}
	parameters := instances[0].AttributeValue.(kmip.CryptographicParameters)
	if info.CryptographicParameters != nil {
		parameters = *info.CryptographicParameters
		if !slices.ContainsFunc(instances, func(a kmip.Attribute) bool { return alike(parameters, a.AttributeValue) }) {
			return nil, noParameters
		}
	}
	key, symmetric := kek.content.(*kmip.SymmetricKey)
	if algorithm, _ := kek.algorithm(); !symmetric || algorithm != kmip.CryptographicAlgorithmAES || parameters.BlockCipherMode != kmip.BlockCipherModeNISTKeyWrap {
		return nil, fail(kmip.ResultReasonFeatureNotSupported, "keys are wrapped by AES key wrap only")
	}
	return key.KeyMaterial()
}

// noParameters is the refusal of parameters that the wrapping key does not have.
var noParameters = fail(kmip.ResultReasonItemNotFound, "the wrapping key has no such Cryptographic Parameters")

// wrapped gives an object's key as a Key Wrapping Specification asks.
func (s *service) wrapped(c call, o *object, content kmip.Object, how *kmip.KeyWrappingSpecification) (kmip.Object, error) {
	if how.WrappingMethod != kmip.WrappingMethodEncrypt || how.EncryptionKeyInformation == nil || how.MACSignatureKeyInformation != nil {
		return nil, fail(kmip.ResultReasonFeatureNotSupported, "keys are encrypted, without MAC or signature")
	}
	if how.EncodingOption > kmip.EncodingOptionTTLVEncoding {
		return nil, fail(kmip.ResultReasonEncodingOptionError, "there is no Encoding Option %d", how.EncodingOption)
	}
	if how.EncodingOption == kmip.EncodingOptionNoEncoding && len(how.AttributeName) > 0 {
		return nil, fail(kmip.ResultReasonEncodingOptionError, "attributes need an encoding")
	}
	kek, err := s.wrappingKey(c, how.EncryptionKeyInformation, kmip.CryptographicUsageWrapKey, kmip.StateActive)
	if err != nil {
		return nil, err
	}
	key := keyBlock(content)
	if key == nil || key.KeyWrappingData != nil || key.KeyValue == nil || key.KeyValue.Plain == nil {
		return nil, fail(kmip.ResultReasonIllegalOperation, "the object has no key in the clear")
	}
	var plain []byte
	if how.EncodingOption == kmip.EncodingOptionNoEncoding {
		if plain, err = key.GetBytes(); err != nil {
			return nil, fail(kmip.ResultReasonEncodingOptionError, "the key is a structure")
		}
	} else {
		whole := kmip.PlainKeyValue{KeyMaterial: key.KeyValue.Plain.KeyMaterial}
		for _, name := range how.AttributeName {
			for _, a := range o.all(name) {
				whole.Attribute = append(whole.Attribute, indexed(a))
			}
		}
		encoder := ttlv.NewTTLVEncoder()
		encoder.TagAny(kmip.TagKeyValue, &kmip.KeyValue{Plain: &whole})
		plain = encoder.Bytes()
	}
	cipher, err := wrapBytes(kek, plain)
	if err != nil {
		return nil, err
	}
	changed := *key
	changed.KeyValue = &kmip.KeyValue{Wrapped: &cipher}
	changed.KeyWrappingData = &kmip.KeyWrappingData{WrappingMethod: how.WrappingMethod,
		EncryptionKeyInformation: how.EncryptionKeyInformation, EncodingOption: how.EncodingOption}
	return withBlock(content, changed), nil
}

// unwrapped gives the key in the clear.
func (s *service) unwrapped(c call, content kmip.Object) (kmip.Object, error) {
	key := keyBlock(content)
	if key == nil || key.KeyWrappingData == nil {
		return content, nil
	}
	how := key.KeyWrappingData
	if how.WrappingMethod != kmip.WrappingMethodEncrypt || how.EncryptionKeyInformation == nil || how.EncodingOption != kmip.EncodingOptionNoEncoding ||
		key.KeyValue.Wrapped == nil {
		return nil, fail(kmip.ResultReasonFeatureNotSupported, "keys are unwrapped that were encrypted without encoding")
	}
	kek, err := s.wrappingKey(c, how.EncryptionKeyInformation, kmip.CryptographicUsageUnwrapKey, kmip.StateActive, kmip.StateDeactivated)
	if err != nil {
		return nil, err
	}
	plain, err := unwrapBytes(kek, *key.KeyValue.Wrapped)
	if err != nil {
		return nil, err
	}
	return withBlock(content, block(key.KeyFormatType, plain, key.CryptographicAlgorithm, key.CryptographicLength)), nil
}

// withBlock gives an object of the same type with another key block.
func withBlock(content kmip.Object, key kmip.KeyBlock) kmip.Object {
	switch content := content.(type) {
	case *kmip.SymmetricKey:
		return &kmip.SymmetricKey{KeyBlock: key}
	case *kmip.PublicKey:
		return &kmip.PublicKey{KeyBlock: key}
	case *kmip.PrivateKey:
		return &kmip.PrivateKey{KeyBlock: key}
	case *kmip.SecretData:
		return &kmip.SecretData{SecretDataType: content.SecretDataType, KeyBlock: key}
	case *kmip.SplitKey:
		other := *content
		other.KeyBlock = key
		return &other
	}
	return content
}

// hollow gives what is left of a destroyed key: its key block without the value; of other objects nothing.
func hollow(content kmip.Object) kmip.Object {
	key := keyBlock(content)
	if key == nil {
		return nil
	}
	rest := *key
	rest.KeyValue, rest.KeyWrappingData = nil, nil
	return withBlock(content, rest)
}
