#!/usr/bin/env python3
"""Drives a KMIP server with PyKMIP's client: create, register, get, locate, attributes, activate, revoke, destroy.

    python client.py HOST:PORT CA CERT KEY

Runs at every version that PyKMIP's client speaks (1.0 to 2.0); prints one line a version; exits with 1 at the first
answer that is not as asked.
"""
import sys

from kmip.core import attributes, enums, objects as core_objects
from kmip.core.factories import attributes as attribute_factory
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


def main():
    host, port = sys.argv[1].rsplit(":", 1)
    ca, cert, key = sys.argv[2:5]
    for version in enums.KMIPVersion:
        client = pie.ProxyKmipClient(hostname=host, port=int(port), ca=ca, cert=cert, key=key,
                                     ssl_version="PROTOCOL_TLSv1_2", config="none", kmip_version=version)
        with client:
            conversation(client, version)
        print("%s ok" % version.name, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
