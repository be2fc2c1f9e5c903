#!/usr/bin/env python3
"""Drives a KMIP server with PyKMIP's clients: every call of ProxyKmipClient, and those of KMIPProxy that it has no call for.
Not wrapping: a wrapped Key Value is a Byte String (1.1 2.1.4), and PyKMIP reads a Structure there only.

    python client.py HOST:PORT CA CERT KEY

Runs at every version that PyKMIP's client speaks (1.0 to 2.0); prints one line a version; exits with 1 at the first
answer that is not as asked.
"""
import inspect
import sys

from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from kmip.core import attributes, enums, objects as core_objects
from kmip.core.factories import attributes as attribute_factory
from kmip.core.messages import contents
from kmip.pie import client as pie, exceptions, objects

AES = enums.CryptographicAlgorithm.AES
MASKS = [enums.CryptographicUsageMask.ENCRYPT, enums.CryptographicUsageMask.DECRYPT]
MATERIAL = bytes(range(16))


def want(condition, what):
    if not condition:
        raise AssertionError(what)


def refused(call, reason, what):
    try:
        call()
    except exceptions.KmipOperationFailure as failure:
        want(failure.reason == reason, "%s: %s, not %s" % (what, failure.reason, reason))
    else:
        raise AssertionError(what + ": was not refused")


def name_attribute(text):
    return attribute_factory.AttributeFactory().create_attribute(
        enums.AttributeType.NAME, attributes.Name.create(text, enums.NameType.UNINTERPRETED_TEXT_STRING))


def conversation(client, version):
    label = "pykmip-" + version.name
    created = client.create(AES, 256, name=label + "-created", cryptographic_usage_mask=MASKS)
    key = client.get(created)
    want(len(key.value) == 32 and key.cryptographic_length == 256, "get of a created key gives 32 bytes")
    secret = objects.SymmetricKey(AES, 128, MATERIAL, masks=MASKS, name=label + "-registered")
    registered = client.register(secret)
    want(client.get(registered).value == MATERIAL, "get gives the registered bytes")
    want(client.locate(attributes=[name_attribute(label + "-registered")]) == [registered], "locate by name finds one")
    want(client.locate(attributes=[name_attribute(label + "-nobody")]) == [], "locate of an unknown name is empty")
    names = client.get_attribute_list(created)
    for expected in ("Cryptographic Algorithm", "Cryptographic Usage Mask", "State", "Unique Identifier"):
        want(expected in names, "%s is in the attribute list" % expected)
    uid, values = client.get_attributes(created, ["State", "Cryptographic Length"])
    want(uid == created, "get attributes echoes the identifier")
    found = {a.attribute_name.value: a.attribute_value.value for a in values}
    want(found == {"State": enums.State.PRE_ACTIVE, "Cryptographic Length": 256}, "attributes are %r" % found)
    change_attributes(client, version, created)
    client.activate(created)
    _, values = client.get_attributes(created, ["State"])
    want(values[0].attribute_value.value == enums.State.ACTIVE, "activate makes it active")
    if version.value < 2.0:
        refused(lambda: client.destroy(created), enums.ResultReason.PERMISSION_DENIED, "destroy of an active key")
    client.check(created, cryptographic_usage_mask=MASKS)
    client.revoke(enums.RevocationReasonCode.CESSATION_OF_OPERATION, created)
    _, values = client.get_attributes(created, ["State"])
    want(values[0].attribute_value.value == enums.State.DEACTIVATED, "revoke deactivates it")
    client.destroy(created)
    client.destroy(registered)
    if version.value < 2.0:
        refused(lambda: client.get("pykmip-no-such-object"), enums.ResultReason.ITEM_NOT_FOUND, "get of nothing")


def change_attributes(client, version, uid):
    if version.value < 2.0:
        name = name_attribute("pykmip-renamed-" + version.name)
        name.attribute_index = core_objects.Attribute.AttributeIndex(0)
        client.modify_attribute(unique_identifier=uid, attribute=name)
        want(client.locate(attributes=[name]) == [uid], "a modified name is found")
        _, gone = client.delete_attribute(uid, attribute_name="Name", attribute_index=0)
        want(gone.attribute_name.value == "Name", "delete attribute gives the deleted attribute")
    else:
        client.set_attribute(uid, attribute_name="Sensitive", attribute_value=True)


def secrets(client, version):
    """Registers one object of each type that PyKMIP has, and gets it back."""
    label = "pykmip-%s-" % version.name
    own = rsa.generate_private_key(65537, 2048)
    pkcs8 = own.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    pkcs1 = own.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    mask = enums.CryptographicUsageMask
    brought = [
        objects.PrivateKey(enums.CryptographicAlgorithm.RSA, 2048, pkcs8, enums.KeyFormatType.PKCS_8, masks=[mask.SIGN],
                           name=label + "private"),
        objects.PublicKey(enums.CryptographicAlgorithm.RSA, 2048, pkcs1, enums.KeyFormatType.PKCS_1, masks=[mask.VERIFY],
                          name=label + "public"),
        objects.SecretData(b"open sesame", enums.SecretDataType.PASSWORD, masks=[mask.EXPORT], name=label + "secret"),
        objects.OpaqueObject(b"opaque", enums.OpaqueDataType.NONE, name=label + "opaque"),
        objects.SplitKey(AES, 128, MATERIAL, name=label + "split", cryptographic_usage_masks=[mask.EXPORT], split_key_parts=3,
                         key_part_identifier=1, split_key_threshold=2, split_key_method=enums.SplitKeyMethod.XOR),
    ]
    for secret in brought:
        uid = client.register(secret)
        got = client.get(uid)
        want(type(got) is type(secret) and got.value == secret.value, "%s comes back" % type(secret).__name__)
        client.destroy(uid)


def pairs(client, version):
    mask = enums.CryptographicUsageMask
    public, private = client.create_key_pair(
        enums.CryptographicAlgorithm.RSA, 2048, public_name="pykmip-public-" + version.name,
        public_usage_mask=[mask.VERIFY], private_name="pykmip-private-" + version.name, private_usage_mask=[mask.SIGN])
    for uid in (public, private):
        client.activate(uid)
    if version.value >= 1.2:
        parameters = {"padding_method": enums.PaddingMethod.PKCS1v15, "hashing_algorithm": enums.HashingAlgorithm.SHA_256,
                      "cryptographic_algorithm": enums.CryptographicAlgorithm.RSA}
        signature = client.sign(b"signed by the server", private, parameters)
        load_public(client.get(public)).verify(signature, b"signed by the server", padding.PKCS1v15(), hashes.SHA256())
        valid = client.signature_verify(b"signed by the server", signature, public, parameters)
        want(valid == enums.ValidityIndicator.VALID, "the server's own signature is %s" % valid)
        invalid = client.signature_verify(b"signed by somebody", signature, public, parameters)
        want(invalid == enums.ValidityIndicator.INVALID, "a signature of other data is %s" % invalid)
    for uid in (public, private):
        client.revoke(enums.RevocationReasonCode.CESSATION_OF_OPERATION, uid)
        client.destroy(uid)


def load_public(key):
    """A public key of PyKMIP as one of the library cryptography."""
    if key.key_format_type == enums.KeyFormatType.X_509:
        return serialization.load_der_public_key(key.value)
    # PKCS#1 in DER has no header of its own in that library: PEM has.
    import base64
    body = base64.encodebytes(key.value).decode()
    pem = "-----BEGIN RSA PUBLIC KEY-----\n%s-----END RSA PUBLIC KEY-----\n" % body
    return serialization.load_pem_public_key(pem.encode())


def cryptography(client, version):
    """Encrypt, Decrypt, MAC, Derive Key and Re-key."""
    mask = enums.CryptographicUsageMask
    label = "pykmip-%s-" % version.name
    base = client.register(objects.SymmetricKey(AES, 128, MATERIAL, name=label + "base", masks=MASKS + [mask.DERIVE_KEY]))
    client.activate(base)
    if version.value >= 1.2:
        parameters = {"block_cipher_mode": enums.BlockCipherMode.CBC, "padding_method": enums.PaddingMethod.PKCS5}
        sealed, nonce = client.encrypt(b"attack at dawn", base, parameters, bytes(16))
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
        plain = Cipher(algorithms.AES(MATERIAL), modes.CBC(nonce or bytes(16))).decryptor().update(sealed)
        want(plain == b"attack at dawn" + b"\x02\x02", "encrypt is AES in CBC mode, got %r" % plain)
        want(client.decrypt(sealed, base, parameters, bytes(16)) == b"attack at dawn", "decrypt gives the text back")
        secret = client.register(objects.SymmetricKey(enums.CryptographicAlgorithm.HMAC_SHA256, 128, MATERIAL,
                                                      name=label + "mac", masks=[mask.MAC_GENERATE, mask.MAC_VERIFY]))
        client.activate(secret)
        _, code = client.mac(b"message", secret, enums.CryptographicAlgorithm.HMAC_SHA256)
        check = hmac.HMAC(MATERIAL, hashes.SHA256())
        check.update(b"message")
        want(code == check.finalize(), "the MAC is HMAC-SHA256")
        client.revoke(enums.RevocationReasonCode.CESSATION_OF_OPERATION, secret)
        client.destroy(secret)
    parameters = {"block_cipher_mode": enums.BlockCipherMode.CBC, "padding_method": enums.PaddingMethod.PKCS5}
    if version.value >= 1.2:
        parameters["cryptographic_algorithm"] = AES
    derived = client.derive_key(
        enums.ObjectType.SYMMETRIC_KEY, [base], enums.DerivationMethod.ENCRYPT,
        {"cryptographic_parameters": parameters, "derivation_data": b"fifteen bytes..",
         "initialization_vector": bytes(16)},
        cryptographic_length=128, cryptographic_algorithm=AES, cryptographic_usage_mask=MASKS)
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    want(client.get(derived).value == Cipher(algorithms.AES(MATERIAL), modes.CBC(bytes(16))).encryptor().update(
        b"fifteen bytes..\x01"), "the derived key is the encrypted data")
    client.destroy(derived)
    keys = [base]
    if version.value < 2.0:  # PyKMIP writes a Template-Attribute, which 2.0 has not
        keys.append(client.rekey(base, offset=0))
        want(keys[1] != base and len(client.get(keys[1]).value) == 16, "rekey makes another key")
    for uid in keys:
        client.revoke(enums.RevocationReasonCode.CESSATION_OF_OPERATION, uid)
        client.destroy(uid)


def low_level(client, version):
    """What KMIPProxy has and ProxyKmipClient has not: Query, Discover Versions, Re-key Key Pair."""
    proxy = client.proxy
    told = proxy.query(query_functions=[enums.QueryFunction.QUERY_OPERATIONS, enums.QueryFunction.QUERY_OBJECTS])
    want(enums.Operation.CREATE in told.operations and enums.ObjectType.SYMMETRIC_KEY in told.object_types, "query tells")
    if version.value >= 1.1:
        spoken = proxy.discover_versions().protocol_versions
        want(contents.ProtocolVersion(1, 4) in spoken and spoken[0].major >= 2, "versions are %s" % spoken)
    if version.value in (1.1, 1.2, 1.3, 1.4):
        public, private = client.create_key_pair(enums.CryptographicAlgorithm.RSA, 2048)
        answer = proxy.rekey_key_pair(private_key_uuid=attributes.PrivateKeyUniqueIdentifier(private))
        want(answer.result_status.value == enums.ResultStatus.SUCCESS, "re-key key pair: %s" % answer.result_message)
        new = [answer.private_key_uuid, answer.public_key_uuid]
        want(not set(new) & {public, private}, "re-key key pair makes another pair")
        for uid in new + [public, private]:
            client.destroy(uid)


# Calls of ProxyKmipClient that are no operation.
NO_OPERATION = {"open", "close", "kmip_version"}


def count_calls(client, called):
    """Notes each operation that is called, so that none is forgotten."""
    for name, method in inspect.getmembers(client, inspect.ismethod):
        if not name.startswith("_") and name not in NO_OPERATION:
            def noted(*args, _name=name, _method=method, **kwargs):
                called.add(_name)
                return _method(*args, **kwargs)
            setattr(client, name, noted)


def main():
    called = set()
    host, port = sys.argv[1].rsplit(":", 1)
    ca, cert, key = sys.argv[2:5]
    for version in enums.KMIPVersion:
        client = pie.ProxyKmipClient(hostname=host, port=int(port), ca=ca, cert=cert, key=key,
                                     ssl_version="PROTOCOL_TLSv1_2", config="none", kmip_version=version)
        count_calls(client, called)
        with client:
            conversation(client, version)
            secrets(client, version)
            pairs(client, version)
            cryptography(client, version)
            low_level(client, version)
        print("%s ok" % version.name, flush=True)
    there = {n for n, _ in inspect.getmembers(pie.ProxyKmipClient, inspect.isfunction) if not n.startswith("_")} - NO_OPERATION
    want(called == there, "not called: %s" % sorted(there - called))
    return 0


if __name__ == "__main__":
    sys.exit(main())
