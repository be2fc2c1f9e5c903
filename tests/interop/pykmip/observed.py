#!/usr/bin/env python3
"""One conversation of PyKMIP's client, on one connection: what every KMIP server answers alike.

    python observed.py HOST:PORT CA CERT KEY
"""
import sys

from kmip.core import enums
from kmip.pie import client as pie, objects

from client import AES, MASKS, MATERIAL, name_attribute, refused, want

CBC = {
    "block_cipher_mode": enums.BlockCipherMode.CBC,
    "padding_method": enums.PaddingMethod.PKCS5,
    "cryptographic_algorithm": AES,
}


def main():
    host, port = sys.argv[1].rsplit(":", 1)
    ca, cert, key = sys.argv[2:5]
    with pie.ProxyKmipClient(hostname=host, port=int(port), ca=ca, cert=cert, key=key, ssl_version="PROTOCOL_TLSv1_2",
                             config="none", kmip_version=enums.KMIPVersion.KMIP_1_2) as client:
        made = client.create(AES, 256, name="observed", cryptographic_usage_mask=MASKS)
        brought = client.register(objects.SymmetricKey(AES, 128, MATERIAL, masks=MASKS, name="observed too"))
        want(client.locate(attributes=[name_attribute("observed too")]) == [brought], "it is found by its name")
        client.activate(made)
        client.get_attributes(made, ["State", "Cryptographic Length"])
        want(len(client.get(made).value) == 32, "a key of 32 bytes")
        text = b"data that the server makes other data of"
        secret, _ = client.encrypt(text, uid=made, cryptographic_parameters=CBC, iv_counter_nonce=bytes(16))
        want(client.decrypt(secret, uid=made, cryptographic_parameters=CBC, iv_counter_nonce=bytes(16)) == text, "it is back")
        refused(lambda: client.destroy(made), enums.ResultReason.PERMISSION_DENIED, "destroy of an active key")
        client.revoke(enums.RevocationReasonCode.CESSATION_OF_OPERATION, made)
        client.destroy(made)
        client.destroy(brought)
        refused(lambda: client.get(made), enums.ResultReason.ITEM_NOT_FOUND, "get of what is destroyed")


if __name__ == "__main__":
    main()
