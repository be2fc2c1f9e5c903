#!/usr/bin/env python3
"""Writes messages/*.yaml: messages that our encoder did not write.

Most are the bytes of PyKMIP 0.11.0 (`pip install pykmip`), which wrote its codec from the standard on its own; the rest
(prefix `hand-`) is put together here, item by item, from the tables of the standard, for what PyKMIP lacks. The tree in
each file is read back by the few lines at the end, not by kmipspec. Run: `python3 from_pykmip.py` (it needs PyYAML too).
"""
import os, struct, yaml
from kmip.core import enums as E, objects as O, primitives as P, secrets as S, utils
from kmip.core.factories.attributes import AttributeFactory
from kmip.core.messages import contents as C, messages as M, payloads as L
from kmip.core.attributes import CryptographicAlgorithm, CryptographicLength, Name, UniqueIdentifier
from kmip.core.misc import KeyFormatType

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(HERE, "messages")
V = E.KMIPVersion
VERSIONS = {"1.0": V.KMIP_1_0, "1.1": V.KMIP_1_1, "1.2": V.KMIP_1_2, "1.3": V.KMIP_1_3, "1.4": V.KMIP_1_4, "2.0": V.KMIP_2_0}
A = AttributeFactory()
UID = "b4faee10-aa2a-4446-8ad4-0881f3422959"
KEY = bytes(range(16))


def version(v):
    major, minor = v.split(".")
    return C.ProtocolVersion(int(major), int(minor))


def item(op, payload, batch_id=None):
    return M.RequestBatchItem(operation=C.Operation(op), request_payload=payload,
                              unique_batch_item_id=C.UniqueBatchItemID(batch_id) if batch_id else None)


def request(v, *items, **header):
    h = M.RequestHeader(protocol_version=version(v), batch_count=C.BatchCount(len(items)), **header)
    return encode(M.RequestMessage(request_header=h, batch_items=list(items)), v)


def ok(op, payload, batch_id=None):
    return M.ResponseBatchItem(operation=C.Operation(op), result_status=C.ResultStatus(E.ResultStatus.SUCCESS),
                               unique_batch_item_id=C.UniqueBatchItemID(batch_id) if batch_id else None,
                               response_payload=payload)


def failed(op, reason, message, batch_id=None):
    return M.ResponseBatchItem(operation=C.Operation(op) if op else None,
                               result_status=C.ResultStatus(E.ResultStatus.OPERATION_FAILED),
                               unique_batch_item_id=C.UniqueBatchItemID(batch_id) if batch_id else None,
                               result_reason=C.ResultReason(reason), result_message=C.ResultMessage(message))


def response(v, *items, **header):
    h = M.ResponseHeader(protocol_version=version(v), time_stamp=C.TimeStamp(1335514622),
                         batch_count=C.BatchCount(len(items)), **header)
    return encode(M.ResponseMessage(response_header=h, batch_items=list(items)), v)


def encode(message, v):
    stream = utils.BytearrayStream()
    message.write(stream, kmip_version=VERSIONS[v])
    return bytes(stream.buffer)


def attribute(name, value, index=None):
    return A.create_attribute(name, value, index)


def aes(*more):
    T = E.AttributeType
    return [attribute(T.CRYPTOGRAPHIC_ALGORITHM, E.CryptographicAlgorithm.AES), attribute(T.CRYPTOGRAPHIC_LENGTH, 128),
            attribute(T.CRYPTOGRAPHIC_USAGE_MASK, [E.CryptographicUsageMask.ENCRYPT, E.CryptographicUsageMask.DECRYPT]),
            *more]


def name(text, index=None):
    return attribute(E.AttributeType.NAME, Name.create(text, E.NameType.UNINTERPRETED_TEXT_STRING), index)


def key_block(material=KEY, form=E.KeyFormatType.RAW, algorithm=E.CryptographicAlgorithm.AES, bits=128, wrapping=None):
    return O.KeyBlock(key_format_type=KeyFormatType(form), key_compression_type=None,
                      key_value=O.KeyValue(key_material=O.KeyMaterial(material)),
                      cryptographic_algorithm=CryptographicAlgorithm(algorithm) if algorithm else None,
                      cryptographic_length=CryptographicLength(bits) if bits else None, key_wrapping_data=wrapping)


OP, OT, T = E.Operation, E.ObjectType, E.AttributeType
messages = {}

for v in ("1.0", "2.0"):
    n = v.replace(".", "")
    messages[f"create-request-{n}"] = v, request(v, item(OP.CREATE, L.CreateRequestPayload(OT.SYMMETRIC_KEY, O.TemplateAttribute(attributes=aes(name("a key"))))))
    messages[f"create-key-pair-request-{n}"] = v, request(v, item(OP.CREATE_KEY_PAIR, L.CreateKeyPairRequestPayload(
        common_template_attribute=O.TemplateAttribute(attributes=[attribute(T.CRYPTOGRAPHIC_ALGORITHM, E.CryptographicAlgorithm.RSA), attribute(T.CRYPTOGRAPHIC_LENGTH, 2048)], tag=E.Tags.COMMON_TEMPLATE_ATTRIBUTE),
        private_key_template_attribute=O.TemplateAttribute(attributes=[attribute(T.CRYPTOGRAPHIC_USAGE_MASK, [E.CryptographicUsageMask.SIGN])], tag=E.Tags.PRIVATE_KEY_TEMPLATE_ATTRIBUTE),
        public_key_template_attribute=O.TemplateAttribute(attributes=[attribute(T.CRYPTOGRAPHIC_USAGE_MASK, [E.CryptographicUsageMask.VERIFY])], tag=E.Tags.PUBLIC_KEY_TEMPLATE_ATTRIBUTE))))
    messages[f"create-key-pair-response-{n}"] = v, response(v, ok(OP.CREATE_KEY_PAIR, L.CreateKeyPairResponsePayload("7f7ee394", "5c9b81ef")))
    messages[f"register-request-{n}"] = v, request(v, item(OP.REGISTER, L.RegisterRequestPayload(OT.SYMMETRIC_KEY, O.TemplateAttribute(attributes=aes()), S.SymmetricKey(key_block()))))
    messages[f"get-attributes-request-{n}"] = v, request(v, item(OP.GET_ATTRIBUTES, L.GetAttributesRequestPayload(UID, ["Object Type", "Cryptographic Length"])))
    messages[f"get-attributes-response-{n}"] = v, response(v, ok(OP.GET_ATTRIBUTES, L.GetAttributesResponsePayload(UID, [attribute(T.OBJECT_TYPE, OT.SYMMETRIC_KEY), attribute(T.CRYPTOGRAPHIC_LENGTH, 128), name("one"), name("two", 1 if v < "2" else None)])))
    messages[f"get-attribute-list-response-{n}"] = v, response(v, ok(OP.GET_ATTRIBUTE_LIST, L.GetAttributeListResponsePayload(UID, ["Cryptographic Length", "Name", "State"])))
    messages[f"locate-request-{n}"] = v, request(v, item(OP.LOCATE, L.LocateRequestPayload(maximum_items=10, storage_status_mask=1, attributes=[attribute(T.OBJECT_TYPE, OT.SYMMETRIC_KEY), name("a key")])))

messages["create-response-10"] = "1.0", response("1.0", ok(OP.CREATE, L.CreateResponsePayload(OT.SYMMETRIC_KEY, UID, O.TemplateAttribute(attributes=[attribute(T.CRYPTOGRAPHIC_USAGE_MASK, [E.CryptographicUsageMask.ENCRYPT])]))))
messages["register-response-14"] = "1.4", response("1.4", ok(OP.REGISTER, L.RegisterResponsePayload(UID)))
messages["register-secret-data-request-12"] = "1.2", request("1.2", item(OP.REGISTER, L.RegisterRequestPayload(OT.SECRET_DATA, O.TemplateAttribute(attributes=[]), S.SecretData(S.SecretData.SecretDataType(E.SecretDataType.PASSWORD), key_block(b"secret", E.KeyFormatType.OPAQUE, None, None)))))
messages["register-certificate-request-13"] = "1.3", request("1.3", item(OP.REGISTER, L.RegisterRequestPayload(OT.CERTIFICATE, O.TemplateAttribute(attributes=[]), S.Certificate(E.CertificateType.X_509, b"\x30\x03\x02\x01\x05"))))
messages["register-opaque-object-request-11"] = "1.1", request("1.1", item(OP.REGISTER, L.RegisterRequestPayload(OT.OPAQUE_DATA, O.TemplateAttribute(attributes=[]), S.OpaqueObject(S.OpaqueObject.OpaqueDataType(E.OpaqueDataType.NONE), S.OpaqueObject.OpaqueDataValue(b"anything")))))
messages["get-request-12"] = "1.2", request("1.2", item(OP.GET, L.GetRequestPayload(UID, E.KeyFormatType.RAW, None, O.KeyWrappingSpecification(
    wrapping_method=E.WrappingMethod.ENCRYPT, encryption_key_information=O.EncryptionKeyInformation(unique_identifier="100182d5"), attribute_names=["Cryptographic Algorithm"], encoding_option=E.EncodingOption.TTLV_ENCODING))))
messages["get-response-10"] = "1.0", response("1.0", ok(OP.GET, L.GetResponsePayload(OT.SYMMETRIC_KEY, UID, S.SymmetricKey(key_block()))))
messages["get-wrapped-response-14"] = "1.4", response("1.4", ok(OP.GET, L.GetResponsePayload(OT.SYMMETRIC_KEY, UID, S.SymmetricKey(key_block(KEY + b"\1" * 8, wrapping=O.KeyWrappingData(
    wrapping_method=E.WrappingMethod.ENCRYPT, encryption_key_information=O.EncryptionKeyInformation(unique_identifier="100182d5"), encoding_option=E.EncodingOption.NO_ENCODING))))))
messages["get-attribute-list-request-13"] = "1.3", request("1.3", item(OP.GET_ATTRIBUTE_LIST, L.GetAttributeListRequestPayload()))
messages["locate-request-14"] = "1.4", request("1.4", item(OP.LOCATE, L.LocateRequestPayload(maximum_items=5, offset_items=2, object_group_member=E.ObjectGroupMember.GROUP_MEMBER_FRESH, attributes=[name("x")])))
messages["locate-response-14"] = "1.4", response("1.4", ok(OP.LOCATE, L.LocateResponsePayload(located_items=2, unique_identifiers=[UID, "second"])))
messages["locate-response-10"] = "1.0", response("1.0", ok(OP.LOCATE, L.LocateResponsePayload(unique_identifiers=[])))
messages["modify-attribute-request-11"] = "1.1", request("1.1", item(OP.MODIFY_ATTRIBUTE, L.ModifyAttributeRequestPayload(UID, attribute=name("new", 1))))
messages["modify-attribute-response-11"] = "1.1", response("1.1", ok(OP.MODIFY_ATTRIBUTE, L.ModifyAttributeResponsePayload(UID, attribute=name("new", 1))))
messages["modify-attribute-request-20"] = "2.0", request("2.0", item(OP.MODIFY_ATTRIBUTE, L.ModifyAttributeRequestPayload(UID,
    current_attribute=O.CurrentAttribute(attribute=P.Enumeration(E.CryptographicAlgorithm, E.CryptographicAlgorithm.AES, tag=E.Tags.CRYPTOGRAPHIC_ALGORITHM)),
    new_attribute=O.NewAttribute(attribute=P.Enumeration(E.CryptographicAlgorithm, E.CryptographicAlgorithm.RSA, tag=E.Tags.CRYPTOGRAPHIC_ALGORITHM)))))
messages["delete-attribute-request-10"] = "1.0", request("1.0", item(OP.DELETE_ATTRIBUTE, L.DeleteAttributeRequestPayload(UID, attribute_name="Name", attribute_index=2)))
messages["delete-attribute-response-10"] = "1.0", response("1.0", ok(OP.DELETE_ATTRIBUTE, L.DeleteAttributeResponsePayload(UID, attribute=name("gone", 2))))
messages["delete-attribute-request-20"] = "2.0", request("2.0", item(OP.DELETE_ATTRIBUTE, L.DeleteAttributeRequestPayload(UID, attribute_reference=O.AttributeReference(vendor_identification="x", attribute_name="ID"))))
messages["set-attribute-request-20"] = "2.0", request("2.0", item(OP.SET_ATTRIBUTE, L.SetAttributeRequestPayload(UID, O.NewAttribute(attribute=P.Boolean(True, tag=E.Tags.SENSITIVE)))))
messages["set-attribute-response-20"] = "2.0", response("2.0", ok(OP.SET_ATTRIBUTE, L.SetAttributeResponsePayload(UID)), server_hashed_password=b"\x0b" * 32)
messages["activate-request-10"] = "1.0", request("1.0", item(OP.ACTIVATE, L.ActivateRequestPayload(UniqueIdentifier(UID))))
messages["activate-response-20"] = "2.0", response("2.0", ok(OP.ACTIVATE, L.ActivateResponsePayload(UniqueIdentifier(UID))))
messages["revoke-request-13"] = "1.3", request("1.3", item(OP.REVOKE, L.RevokeRequestPayload(UniqueIdentifier(UID), O.RevocationReason(E.RevocationReasonCode.KEY_COMPROMISE), P.DateTime(1136113200, tag=E.Tags.COMPROMISE_OCCURRENCE_DATE))))
messages["revoke-response-10"] = "1.0", response("1.0", ok(OP.REVOKE, L.RevokeResponsePayload(UniqueIdentifier(UID))))
messages["destroy-request-14"] = "1.4", request("1.4", item(OP.DESTROY, L.DestroyRequestPayload(UniqueIdentifier(UID))))
messages["destroy-response-11"] = "1.1", response("1.1", ok(OP.DESTROY, L.DestroyResponsePayload(UniqueIdentifier(UID))))
messages["check-request-12"] = "1.2", request("1.2", item(OP.CHECK, L.CheckRequestPayload(UID, 500, 12, 3600)))
messages["check-response-12"] = "1.2", response("1.2", ok(OP.CHECK, L.CheckResponsePayload(UID, 500, 4, 60)))
messages["query-request-10"] = "1.0", request("1.0", item(OP.QUERY, L.QueryRequestPayload([E.QueryFunction.QUERY_OPERATIONS, E.QueryFunction.QUERY_OBJECTS])))
messages["query-response-10"] = "1.0", response("1.0", ok(OP.QUERY, L.QueryResponsePayload(operations=[OP.CREATE, OP.GET, OP.QUERY], object_types=[OT.SYMMETRIC_KEY, OT.CERTIFICATE], vendor_identification="ACME", application_namespaces=["ssl", "ldap"])))
messages["query-response-20"] = "2.0", response("2.0", ok(OP.QUERY, L.QueryResponsePayload(operations=[OP.CREATE], vendor_identification="ACME",
    extension_information=[O.ExtensionInformation(O.ExtensionName("ACME LOCATION"), O.ExtensionTag(0x54AA01), O.ExtensionType(7))],
    attestation_types=[E.AttestationType.TPM_QUOTE],
    rng_parameters=[O.RNGParameters(rng_algorithm=E.RNGAlgorithm.FIPS186_2, cryptographic_algorithm=E.CryptographicAlgorithm.AES, cryptographic_length=256)],
    profile_information=[O.ProfileInformation(profile_name=E.ProfileName.BASELINE_SERVER_BASIC_KMIPv12, server_uri="https://example.com", server_port=5696)],
    capability_information=[O.CapabilityInformation(streaming_capability=False, asynchronous_capability=True)],
    client_registration_methods=[E.ClientRegistrationMethod.CLIENT_REGISTERED])))
messages["discover-versions-request-11"] = "1.1", request("1.1", item(OP.DISCOVER_VERSIONS, L.DiscoverVersionsRequestPayload([C.ProtocolVersion(1, 1), C.ProtocolVersion(1, 0)])))
messages["discover-versions-response-14"] = "1.4", response("1.4", ok(OP.DISCOVER_VERSIONS, L.DiscoverVersionsResponsePayload([C.ProtocolVersion(1, 4)])))
messages["batch-request-12"] = "1.2", request("1.2", item(OP.CREATE, L.CreateRequestPayload(OT.SYMMETRIC_KEY, O.TemplateAttribute(attributes=aes())), b"\x01"), item(OP.ACTIVATE, L.ActivateRequestPayload(), b"\x02"),
    maximum_response_size=C.MaximumResponseSize(4096), asynchronous_indicator=C.AsynchronousIndicator(False),
    authentication=C.Authentication([O.Credential(E.CredentialType.USERNAME_AND_PASSWORD, O.UsernamePasswordCredential("Barney", "secret")), O.Credential(E.CredentialType.DEVICE, O.DeviceCredential(device_serial_number="serNum123456", network_identifier="net"))]),
    batch_error_cont_option=C.BatchErrorContinuationOption(E.BatchErrorContinuationOption.CONTINUE), batch_order_option=C.BatchOrderOption(True), time_stamp=C.TimeStamp(1335514622))
messages["attestation-request-14"] = "1.4", request("1.4", item(OP.DESTROY, L.DestroyRequestPayload()),
    authentication=C.Authentication([O.Credential(E.CredentialType.ATTESTATION, O.AttestationCredential(O.Nonce(b"\1", b"\2\3\4\5\6\7"), E.AttestationType.TPM_QUOTE, attestation_measurement=b"\xff" * 8))]))
messages["batch-response-12"] = "1.2", response("1.2", ok(OP.CREATE, L.CreateResponsePayload(OT.SYMMETRIC_KEY, UID), b"\x01"), failed(OP.ACTIVATE, E.ResultReason.PERMISSION_DENIED, "not Pre-Active", b"\x02"))
messages["error-response-10"] = "1.0", response("1.0", failed(None, E.ResultReason.INVALID_MESSAGE, "cannot be parsed"))


# By hand, from the tables: what PyKMIP does not have.
def s(tag, *children):
    return raw(tag, 1, b"".join(children))


def raw(tag, ty, value):
    return struct.pack(">I", tag << 8 | ty) + struct.pack(">I", len(value)) + value + b"\0" * (-len(value) % 8)


def i(tag, v):
    return raw(tag, 2, struct.pack(">i", v))


def e(tag, v):
    return raw(tag, 5, struct.pack(">I", v))


def t(tag, v):
    return raw(tag, 7, v.encode())


def hand_request(major, minor, op, *payload, header=b""):
    return s(0x420078, s(0x420077, s(0x420069, i(0x42006A, major), i(0x42006B, minor)), header, i(0x42000D, 1)), s(0x42000F, e(0x42005C, op), s(0x420079, *payload)))


def hand_response(major, minor, op, *payload):
    return s(0x42007B, s(0x42007A, s(0x420069, i(0x42006A, major), i(0x42006B, minor)), raw(0x420092, 9, struct.pack(">q", 1335514622)), i(0x42000D, 1)), s(0x42000F, e(0x42005C, op), e(0x42007F, 0), s(0x42007C, *payload)))


custom = s(0x420008, t(0x42000A, "x-Purpose"), t(0x42000B, "demonstration"))
flat = s(0x420008, t(0x42000A, "y-Box"), i(0x420009, 0), s(0x42000B, i(0x540001, 7), t(0x540002, "left")))
vendor = s(0x420008, t(0x42009D, "ACME"), t(0x42000A, "Colour"), t(0x42000B, "red"))
messages["hand-add-attribute-request-10"] = "1.0", hand_request(1, 0, 13, t(0x420094, UID), custom)
messages["hand-add-attribute-response-13"] = "1.3", hand_response(1, 3, 13, t(0x420094, UID), flat)
messages["hand-add-attribute-request-21"] = "2.1", hand_request(2, 1, 13, t(0x420094, UID), s(0x42013D, vendor))
messages["hand-add-attribute-response-21"] = "2.1", hand_response(2, 1, 13, t(0x420094, UID))
messages["hand-modify-attribute-response-21"] = "2.1", hand_response(2, 1, 14, t(0x420094, UID))
messages["hand-delete-attribute-response-21"] = "2.1", hand_response(2, 1, 15, t(0x420094, UID))
messages["hand-get-attribute-list-response-21"] = "2.1", hand_response(2, 1, 12, t(0x420094, UID), e(0x42013B, 0x42002A), s(0x42013B, t(0x42009D, "ACME"), t(0x42000A, "Colour")))
messages["hand-create-request-21"] = "2.1", hand_request(2, 1, 1, e(0x420057, 2), s(0x420125, e(0x420028, 3), i(0x42002A, 256), i(0x42002C, 12), vendor), s(0x42015F, i(0x42015E, 3)), header=e(0x420007, 2))
messages["hand-destroy-placeholder-request-21"] = "2.1", hand_request(2, 1, 20, e(0x420094, 1))
messages["hand-ticket-request-21"] = "2.1", hand_request(2, 1, 20, i(0x420094, -1), header=s(0x42000C, s(0x420023, e(0x420024, 6), s(0x420025, s(0x420149, e(0x42014A, 1), raw(0x42014B, 8, b"tick"))))))
messages["hand-hashed-password-request-20"] = "2.0", hand_request(2, 0, 20, header=s(0x42000C, s(0x420023, e(0x420024, 5), s(0x420025, t(0x420099, "Fred"), raw(0x420092, 11, struct.pack(">q", 1335514622000000)), e(0x420038, 6), raw(0x420157, 8, b"\x11" * 32)))))
messages["hand-split-key-get-response-12"] = "1.2", hand_response(1, 2, 10, e(0x420057, 5), t(0x420094, UID), s(0x420089, i(0x42008B, 3), i(0x420044, 1), i(0x42008C, 2), e(0x42008A, 1), s(0x420040, e(0x420042, 1), s(0x420045, raw(0x420043, 8, KEY)), e(0x420028, 3), i(0x42002A, 128))))
messages["hand-template-get-response-10"] = "1.0", hand_response(1, 0, 10, e(0x420057, 6), t(0x420094, UID), s(0x420090, custom, flat))
messages["hand-pgp-key-get-response-14"] = "1.4", hand_response(1, 4, 10, e(0x420057, 9), t(0x420094, UID), s(0x4200BD, i(0x4200BE, 4), s(0x420040, e(0x420042, 2), s(0x420045, raw(0x420043, 8, b"-----BEGIN PGP")))))
messages["hand-certificate-request-get-response-20"] = "2.0", hand_response(2, 0, 10, e(0x420057, 10), t(0x420094, UID), s(0x420018, e(0x420019, 2), raw(0x420140, 8, b"\x30\x00")))
messages["hand-key-with-attributes-get-response-21"] = "2.1", hand_response(2, 1, 10, e(0x420057, 2), t(0x420094, UID), s(0x42008F, s(0x420040, e(0x420042, 1), s(0x420045, raw(0x420043, 8, KEY), s(0x420125, i(0x42002C, 12), vendor)), e(0x420028, 3), i(0x42002A, 128))))
messages["hand-register-transparent-request-14"] = "1.4", hand_request(1, 4, 3, e(0x420057, 2), s(0x420091), s(0x42008F, s(0x420040, e(0x420042, 7), s(0x420045, s(0x420043, raw(0x42003F, 8, KEY)), custom), e(0x420028, 3), i(0x42002A, 128))))
messages["hand-correlation-request-14"] = "1.4", hand_request(1, 4, 24, e(0x420074, 1), header=t(0x420105, "client-1"))
messages["hand-revoke-response-21"] = "2.1", hand_response(2, 1, 19, t(0x420094, UID))
messages["hand-check-request-21"] = "2.1", hand_request(2, 1, 9, raw(0x420096, 3, struct.pack(">q", 10)), i(0x42002C, 4), raw(0x420049, 10, struct.pack(">I", 60)))
messages["hand-query-request-21"] = "2.1", hand_request(2, 1, 24, e(0x420074, 1), e(0x420074, 3))
# PyKMIP repeats Protection Storage Mask here, without the structure that the tables of 2.0 and 2.1 ask for.
messages["hand-query-response-21"] = "2.1", hand_response(2, 1, 24, e(0x42005C, 24), s(0x42015F, i(0x42015E, 3), i(0x42015E, 768)))
messages["hand-discover-versions-request-21"] = "2.1", hand_request(2, 1, 30, s(0x420069, i(0x42006A, 2), i(0x42006B, 1)))

def hand_30(op, *payload, response=False, header=b""):
    """A 3.0 message: no Batch Count, and identifiers with a type of their own."""
    kind = 0x42007C if response else 0x420079
    first = s(0x420069, i(0x42006A, 3), i(0x42006B, 0)) + (raw(0x420092, 9, struct.pack(">q", 1335514622)) if response else b"")
    status = e(0x42007F, 0) if response else b""
    return s(0x42007B if response else 0x420078, s(0x42007A if response else 0x420077, first, header),
             s(0x42000F, e(0x42005C, op), status, s(kind, *payload)))


def ident(tag, text, ty=12):
    return raw(tag, ty, text.encode())


messages["hand-create-credential-request-30"] = "3.0", hand_30(63, e(0x420024, 7), s(0x420125), s(0x4201A1, t(0x4200A1, "open sesame")))
messages["hand-create-credential-response-30"] = "3.0", hand_30(63, ident(0x420094, UID), response=True)
messages["hand-create-otp-credential-request-30"] = "3.0", hand_30(63, e(0x420024, 4), s(0x420125, t(0x420053, "token")), s(0x4201A7, e(0x4201A8, 2), e(0x4201A9, 7), t(0x4201AA, "0001"), raw(0x4201AB, 8, KEY), raw(0x4201AC, 10, struct.pack(">I", 30)), i(0x4201AD, 6)))
messages["hand-create-group-request-30"] = "3.0", hand_30(60, s(0x420125, t(0x420053, "operators")))
messages["hand-create-group-response-30"] = "3.0", hand_30(60, ident(0x420094, UID), response=True)
messages["hand-create-user-request-30"] = "3.0", hand_30(62, s(0x420125, ident(0x4201A0, UID, 13), ident(0x4201B3, "operators", 14), t(0x420053, "fred")), header=s(0x42000C, s(0x420023, e(0x420024, 1), s(0x420025, t(0x420099, "Fred"), t(0x4200A1, "secret")))))
messages["hand-create-user-response-30"] = "3.0", hand_30(62, ident(0x420094, UID), response=True)
messages["hand-obliterate-request-30"] = "3.0", hand_30(61, e(0x420094, 1))
messages["hand-obliterate-response-30"] = "3.0", hand_30(61, response=True)
messages["hand-deactivate-request-30"] = "3.0", hand_30(64, ident(0x420094, UID), s(0x4201B8, e(0x4201B9, 1), t(0x4201B7, "no longer needed")), raw(0x42002F, 9, struct.pack(">q", 1335514622)))
messages["hand-deactivate-response-30"] = "3.0", hand_30(64, ident(0x420094, UID), response=True)
messages["hand-add-attribute-request-30"] = "3.0", hand_30(13, ident(0x420094, UID), s(0x42013D, ident(0x420194, UID, 13)))
messages["hand-get-attributes-response-30"] = "3.0", hand_30(11, ident(0x420094, UID), s(0x420125, ident(0x420094, UID), t(0x420053, "key"), ident(0x42019A, UID, 13)), response=True)

TYPES = {1: "Structure", 2: "Integer", 3: "LongInteger", 4: "BigInteger", 5: "Enumeration", 6: "Boolean", 7: "TextString", 8: "ByteString", 9: "DateTime", 10: "Interval", 11: "DateTimeExtended", 12: "Identifier", 13: "Reference", 14: "NameReference"}


def operations():
    """Number -> (name, sections), from the facts of the standard in this repository."""
    with open(os.path.join(HERE, "..", "..", "protocol", "data", "operations.yaml")) as f:
        rows = yaml.safe_load(f)["operations"]
    return {row["code"]: (row["name"], row["sections"]) for row in rows if row["initiator"] == "Client"}


def tree(data, depth, out):
    """The items of a structure, one a line."""
    at = 0
    while at < len(data):
        tag, ty, length = int.from_bytes(data[at:at + 3], "big"), data[at + 3], int.from_bytes(data[at + 4:at + 8], "big")
        value = data[at + 8:at + 8 + length]
        code = {2: ">i", 3: ">q", 5: ">I", 9: ">q", 10: ">I", 11: ">q"}.get(ty)
        pad = "  " * depth
        head = f'{pad}- {{tag: "0x{tag:06X}", type: {TYPES[ty]}'
        if ty == 1:
            out.append(f'{pad}- tag: "0x{tag:06X}"')
            out.append(f"{pad}  type: Structure")
            out.append(f"{pad}  items:" if length else f"{pad}  items: []")
            tree(value, depth + 1, out)
        elif code:
            out.append(f"{head}, value: {struct.unpack(code, value)[0]}}}")
        elif ty == 6:
            out.append(f"{head}, value: {'true' if value[-1] else 'false'}}}")
        elif ty in (7, 12, 13, 14):
            out.append(f'{head}, value: "{value.decode()}"}}')
        else:
            out.append(f'{head}, value: "{value.hex().upper()}"}}')
        at += 8 + length + (-length % 8)


def first_operation(data):
    at = data.find(bytes.fromhex("42005C0500000004"))
    return int.from_bytes(data[at + 8:at + 12], "big") if at >= 0 else None


NAMES = operations()
os.makedirs(OUT, exist_ok=True)
for key, (v, data) in messages.items():
    code = first_operation(data[:data.find(bytes.fromhex("42000F01")) + 32])
    what, sections = NAMES.get(code, ("no operation", {"1.0": "7.1"}))
    kind = "request" if data[2] == 0x78 else "response"
    hand = key.startswith("hand-")
    lines = []
    tree(data, 0, lines)
    lines = [lines[0].replace("- ", "  ", 1)] + lines[1:]
    text = [f"id: ttlv.messages.{key}", f"title: '{what} {kind} at {v} ({key})'", f'spec: {{"{v}": "{sections[v]}"}}',
            f"source: {'put together by hand from the tables of the standard' if hand else 'PyKMIP 0.11.0'}", "bytes: |"]
    text += ["  " + data.hex().upper()[k:k + 64] for k in range(0, 2 * len(data), 64)]
    with open(os.path.join(OUT, key + ".yaml"), "w") as f:
        f.write("\n".join(text + ["tree:"] + lines) + "\n")
print(len(messages))
