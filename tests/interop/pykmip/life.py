#!/usr/bin/env python3
"""A task for `kmipspec client` with PyKMIP's client: a key is created, found, read and destroyed, at KMIP_VERSION (1.2 if it is not set).

With `all` it asks for every attribute, otherwise for three. Ends with 0 if every call has succeeded and gave what it should; otherwise PyKMIP's exception ends it.
"""
import os
import sys

from kmip.core import attributes, enums
from kmip.core.factories import attributes as attribute_factory
from kmip.core.messages import contents
from kmip.pie import client as pie

AES = enums.CryptographicAlgorithm.AES
MASKS = [enums.CryptographicUsageMask.ENCRYPT, enums.CryptographicUsageMask.DECRYPT]


def name_attribute(text):
    return attribute_factory.AttributeFactory().create_attribute(
        enums.AttributeType.NAME, attributes.Name.create(text, enums.NameType.UNINTERPRETED_TEXT_STRING))


def succeeded(result):
    if result.result_status.value != enums.ResultStatus.SUCCESS:
        raise RuntimeError(str(result.result_reason))
    return result


major, minor = (int(part) for part in os.environ.get("KMIP_VERSION", "1.2").split("."))
version = enums.KMIPVersion["KMIP_%d_%d" % (major, minor)]
with pie.ProxyKmipClient(
        hostname=os.environ["KMIP_HOST"], port=int(os.environ["KMIP_PORT"]), ca=os.environ["KMIP_CA"],
        cert=os.environ["KMIP_CERT"], key=os.environ["KMIP_KEY"], kmip_version=version) as client:
    if (major, minor) > (1, 0):
        # Only what it is told to speak: its connection does not change the version by itself.
        offered = [contents.ProtocolVersion(major, minor)]
        succeeded(client.proxy.discover_versions(protocol_versions=offered))
    functions = [enums.QueryFunction.QUERY_OPERATIONS, enums.QueryFunction.QUERY_OBJECTS,
                 enums.QueryFunction.QUERY_SERVER_INFORMATION]
    succeeded(client.proxy.query(query_functions=functions))
    uid = client.create(AES, 256, name="pykmip-life", cryptographic_usage_mask=MASKS)
    client.locate(attributes=[name_attribute("pykmip-life")])
    assert len(client.get(uid).value) == 32
    wanted = [] if "all" in sys.argv else ["Object Type", "Cryptographic Length", "State"]
    _, values = client.get_attributes(uid, wanted)
    assert len(values) >= 3
    client.destroy(uid)
