"""A small KMIP client with bugs to choose from: a witness that shares no code with kmipspec. Python's standard library alone.

    small_client.py TASK [--bug NAME] [--version 1.4]

It creates a key, finds it by name, gets it and its attributes, and destroys it; other tasks are in TASKS. Where the server is, it is told
by KMIP_HOST, KMIP_PORT, KMIP_CA, KMIP_CERT and KMIP_KEY. It ends with 0 if the task was done. Each bug is one `if` away from what is right.
"""

import os
import socket
import ssl
import struct
import sys
import time
import uuid

STRUCTURE, INTEGER, LONG, ENUM, BOOL, TEXT, BYTES, DATE = 1, 2, 3, 5, 6, 7, 8, 9
FIXED = {INTEGER: 4, LONG: 8, ENUM: 4, BOOL: 8, DATE: 8}

REQUEST_MESSAGE, REQUEST_HEADER, REQUEST_PAYLOAD = 0x420078, 0x420077, 0x420079
RESPONSE_MESSAGE, RESPONSE_HEADER, RESPONSE_PAYLOAD = 0x42007B, 0x42007A, 0x42007C
PROTOCOL_VERSION, MAJOR, MINOR = 0x420069, 0x42006A, 0x42006B
BATCH_COUNT, BATCH_ITEM, BATCH_ID = 0x42000D, 0x42000F, 0x420093
OPERATION, STATUS, REASON, MESSAGE = 0x42005C, 0x42007F, 0x42007E, 0x42007D
TIME_STAMP, MAXIMUM_RESPONSE_SIZE = 0x420092, 0x420050
ASYNCHRONOUS, CORRELATION = 0x420007, 0x420006
UNIQUE_IDENTIFIER, OBJECT_TYPE, TEMPLATE_ATTRIBUTE = 0x420094, 0x420057, 0x420091
ATTRIBUTE, ATTRIBUTE_NAME, ATTRIBUTE_VALUE, ATTRIBUTES = 0x420008, 0x42000A, 0x42000B, 0x420125
NAME, NAME_VALUE, NAME_TYPE = 0x420053, 0x420055, 0x420054
ALGORITHM, LENGTH, MASK, STATE = 0x420028, 0x42002A, 0x42002C, 0x42008D
KEY_BLOCK, KEY_VALUE, KEY_MATERIAL, SYMMETRIC_KEY = 0x420040, 0x420045, 0x420043, 0x42008F
LOCATED_ITEMS, QUERY_FUNCTION, SERVER_INFORMATION = 0x4200D5, 0x420074, 0x420088
WRAPPING_SPECIFICATION, WRAPPING_DATA, WRAPPING_METHOD, WRAPPED_BY = 0x420047, 0x420046, 0x42009E, 0x420036
PARAMETERS, MODE, ENCODING_OPTION, ACTIVATION, KEY = 0x42002B, 0x420011, 0x4200A3, 0x420001, 0x42003F
REVOCATION, REVOCATION_CODE = 0x420081, 0x420082
CREATE, LOCATE, GET, GET_ATTRIBUTES, REVOKE, DESTROY = 0x01, 0x08, 0x0A, 0x0B, 0x13, 0x14
QUERY, POLL, DISCOVER = 0x18, 0x1A, 0x1E
PENDING = 2
VENDOR = 0x540000
PATIENCE = 1.0

BUGS = {
    "skip-is-short": "does not skip the padding of bytes that it does not know",
    "fields-are-known": "aborts at a field of a payload that it does not know",
    "lengths-are-ignored": "takes an integer for four bytes long whatever its length says",
    "clock-is-rounded-up": "sends a Time Stamp of the next second",
    "wrapped-is-structure": "takes a Key Value for a structure, and aborts",
    "material-is-bytes": "takes Key Material for bytes, and aborts",
    "option-is-unknown": "aborts at an Encoding Option of a wrapped key",
    "pending-is-done": "takes an operation that is pending for done",
    "polled-is-done": "takes an operation for done that it has polled for",
    "polled-once": "takes what it polls for to be there the first time",
    "one-answer-at-a-time": "takes all that one read gives for one answer",
    "payload-is-expected": "aborts where a Locate, a Get Attributes or a Destroy fails without a payload",
    "query-is-expected": "aborts where Query fails",
    "discover-has-a-payload": "aborts where an answer to Discover Versions has no payload",
    "mebibyte": "reads 1048576 bytes of an answer at most",
    "stall-is-waited-out": "waits for ever where an answer does not go on",
    "header-is-fixed": "takes Batch Count to follow Time Stamp in the Response Header",
    "status-is-ignored": "does not look at Result Status",
    "operation-is-expected": "takes the Operation of a failed item for granted, and aborts",
    "message-is-expected": "takes the Result Message of a failed item for granted, and aborts",
    "reasons-are-known": "aborts at a Result Reason that it does not know",
    "messages-are-ascii": "aborts at a Result Message that is not ASCII",
    "locate-finds": "takes the first Unique Identifier of Locate for granted, and aborts",
    "located-items-are-unknown": "aborts at Located Items",
    "attributes-are-sorted": "takes the Object Type to come before the State",
    "attributes-are-known": "aborts at an attribute that it does not know",
    "index-is-unknown": "takes the value to follow the name in an attribute",
    "identifiers-are-uuids": "aborts at a Unique Identifier that is no UUID",
    "identifiers-are-ascii": "aborts at a Unique Identifier that is not ASCII",
    "create-has-two-fields": "aborts at a third field in the answer to Create",
    "key-value-is-material": "aborts at a Key Value that has more than Key Material",
    "operations-are-known": "aborts at an operation that it does not know in the answer to Query",
    "information-is-empty": "aborts at Server Information that has something in it",
    "time-is-the-client-s": "ends where the server's clock is more than a minute ahead of its own",
    "no-second-connection": "opens no second connection where the first was closed between two requests",
    "extensions-are-refused": "ends at a Message Extension",
    "one-read": "takes what one read gives for a whole answer",
    "small-buffer": "reads 65536 bytes of an answer at most",
    "half-is-enough": "takes the end of the connection for the end of the answer, and what came for success",
    "closed-is-done": "takes a connection that is closed for success",
    "close-is-waited-out": "waits for ever where the connection is closed",
    "batch-in-order": "takes the answers of a batch in the order in which it asked",
    "version-is-kept": "sends its newest version whatever Discover Versions says",
    "discover-is-expected": "aborts where Discover Versions fails",
    "padding-is-left-out": "does not pad text to a multiple of eight",
    "size-is-long": "sends Maximum Response Size as a Long Integer",
    "name-is-squeezed": "sends CryptographicLength for Cryptographic Length",
    "count-is-wrong": "sends a Batch Count of 1 for a batch of two",
    "ids-are-left-out": "sends a batch without Unique Batch Item IDs",
}

BUG = None


class Failed(Exception):
    """The task was not done; whether the server has said so."""

    def __init__(self, why, of_the_server=False):
        super().__init__(why)
        self.of_the_server = of_the_server


def bug(name):
    assert name in BUGS, name
    return BUG == name


# TTLV, by hand (1.4 section 9.1): a tree is (tag, type, value), the value of a structure a list of trees.


def item(tag, kind, value):
    return (tag, kind, value)


def encode(tree):
    tag, kind, value = tree
    if kind == STRUCTURE:
        body = b"".join(encode(child) for child in value)
    elif kind == TEXT:
        body = value.encode()
    elif kind == BYTES:
        body = value
    else:
        body = struct.pack({INTEGER: ">i", LONG: ">q", ENUM: ">I", BOOL: ">Q", DATE: ">q"}[kind], value)
    pad = -len(body) % 8
    if kind == TEXT and bug("padding-is-left-out"):
        pad = 0
    return struct.pack(">I", tag)[1:] + bytes([kind]) + struct.pack(">I", len(body)) + body + bytes(pad)


def decode(data, at=0):
    """The tree at a place, and the place behind it."""
    tag = int.from_bytes(data[at : at + 3], "big")
    kind = data[at + 3]
    size = int.from_bytes(data[at + 4 : at + 8], "big")
    at += 8
    if at + size > len(data):
        raise Failed("the answer is shorter than it says")
    body, end = data[at : at + size], at + size + -size % 8
    if tag >= VENDOR and kind == BYTES and bug("skip-is-short"):
        end = at + size
    if kind == INTEGER and bug("lengths-are-ignored"):
        return (tag, kind, int.from_bytes(data[at : at + 4], "big")), end
    if kind in FIXED and size != FIXED[kind]:
        raise Failed("a value of %d bytes" % size)
    if kind == STRUCTURE:
        children, inner = [], at
        while inner < at + size:
            child, inner = decode(data, inner)
            children.append(child)
        if inner != at + size:
            raise Failed("a structure ends in the middle of an item")
        return (tag, kind, children), end
    if kind == TEXT:
        return (tag, kind, body.decode()), end
    if kind in FIXED:
        return (tag, kind, struct.unpack({4: ">i", 8: ">q"}[FIXED[kind]], body)[0] & (2**64 - 1 if kind == BOOL else -1)), end
    return (tag, kind, body), end


def children(tree, tag):
    return [child for child in tree[2] if child[0] == tag]


def child(tree, tag):
    found = children(tree, tag)
    return found[0] if found else None


def value(tree, tag):
    found = child(tree, tag)
    return None if found is None else found[2]


def enum(tree, tag):
    found = value(tree, tag)
    return None if found is None else found & 0xFFFFFFFF


class Client:
    def __init__(self, version):
        self.version = version
        self.channel = None

    def connect(self):
        context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=os.environ["KMIP_CA"])
        context.load_cert_chain(os.environ["KMIP_CERT"], os.environ["KMIP_KEY"])
        context.check_hostname = False
        plain = socket.create_connection((os.environ["KMIP_HOST"], int(os.environ["KMIP_PORT"])))
        self.channel = context.wrap_socket(plain)

    def close(self):
        if self.channel is not None:
            self.channel.close()
            self.channel = None

    def read(self, size):
        data = b""
        while len(data) < size:
            try:
                more = self.channel.recv(size - len(data))
            except TimeoutError:
                raise Failed("the answer does not go on") from None
            if not more:
                break
            data += more
            if bug("one-read"):
                break
        return data

    def size_of(self, head):
        """The bytes behind the first eight of an answer; they follow soon, or not at all."""
        if not bug("stall-is-waited-out"):
            self.channel.settimeout(PATIENCE)
        size = int.from_bytes(head[4:8], "big")
        if bug("small-buffer"):
            size = min(size, 65536)
        return min(size, 1 << 20) if bug("mebibyte") else size

    def exchange(self, message):
        """One answer; a connection that was closed between two requests is opened again, once."""
        for attempt in (1, 2):
            if self.channel is None:
                self.connect()
            try:
                self.channel.sendall(message)
                head = self.read(8)
            except OSError:
                head = b""
            if head or attempt == 2 or bug("no-second-connection"):
                break
            self.close()
        if not head:
            if bug("close-is-waited-out"):
                while True:
                    time.sleep(1)
            if bug("closed-is-done"):
                sys.exit(0)
            raise Failed("the server has closed the connection")
        size = self.size_of(head)
        body = self.read(size)
        self.channel.settimeout(None)
        if len(head) < 8 or len(body) < size:
            if bug("half-is-enough"):
                sys.exit(0)
            raise Failed("the server has closed the connection in the middle of an answer")
        return head + body

    def message(self, asked, more=()):
        """A request for operations with their payloads, and how its items are called. `more`: what else the header has."""
        major, minor = self.version
        header = [item(PROTOCOL_VERSION, STRUCTURE, [item(MAJOR, INTEGER, major), item(MINOR, INTEGER, minor)])]
        if bug("size-is-long"):
            header.append(item(MAXIMUM_RESPONSE_SIZE, LONG, 1 << 20))
        header.extend(more)
        header.append(item(TIME_STAMP, DATE, int(time.time()) + (1 if bug("clock-is-rounded-up") else 0)))
        header.append(item(BATCH_COUNT, INTEGER, 1 if bug("count-is-wrong") else len(asked)))
        items = []
        ids = [bytes([65 + place]) * 3 for place in range(len(asked))]
        for place, (operation, payload) in zip(ids, asked):
            fields = [item(OPERATION, ENUM, operation)]
            if len(asked) > 1 and not bug("ids-are-left-out"):
                fields.append(item(BATCH_ID, BYTES, place))
            fields.append(item(REQUEST_PAYLOAD, STRUCTURE, payload))
            items.append(item(BATCH_ITEM, STRUCTURE, fields))
        return encode(item(REQUEST_MESSAGE, STRUCTURE, [item(REQUEST_HEADER, STRUCTURE, header)] + items)), ids

    def ask(self, *asked):
        """Sends operations with their payloads as a batch; the payloads of the answers, in the order of the questions."""
        message, ids = self.message(asked)
        answered = self.items_of(self.exchange(message))
        if len(asked) == 1:
            return [self.payload(asked[0][0], one) for one in answered[:1]]
        if bug("batch-in-order") or bug("ids-are-left-out"):
            return [self.payload(operation, one) for (operation, _), one in zip(asked, answered)]
        by_id = {value(one, BATCH_ID): one for one in answered}
        for one in answered:
            if enum(one, STATUS) != 0:
                self.payload(None, one)
        return [self.payload(operation, by_id[place]) for place, (operation, _) in zip(ids, asked)]

    def ask_later(self, operation, payload):
        """Sends one operation that may be done later, and polls for what comes of it; its payload."""
        allowed = item(ASYNCHRONOUS, ENUM, 2) if self.version >= (2, 0) else item(ASYNCHRONOUS, BOOL, 1)
        message, _ = self.message([(operation, payload)], [allowed])
        (one,) = self.items_of(self.exchange(message))
        while enum(one, STATUS) == PENDING:
            if bug("pending-is-done"):
                return item(RESPONSE_PAYLOAD, STRUCTURE, [])
            called = [item(CORRELATION, BYTES, value(one, CORRELATION))]
            message, _ = self.message([(POLL, called)])
            (one,) = self.items_of(self.exchange(message))
            if bug("polled-is-done"):
                return item(RESPONSE_PAYLOAD, STRUCTURE, [])
            if bug("polled-once"):
                break
            time.sleep(0.05)
        return self.payload(operation, one)

    def ask_ahead(self, *asked):
        """Sends one request for each operation at once, before any answer; their payloads."""
        if self.channel is None:
            self.connect()
        self.channel.sendall(b"".join(self.message([one])[0] for one in asked))
        answers = []
        for operation, _ in asked:
            if bug("one-answer-at-a-time"):
                self.channel.settimeout(PATIENCE)
                answer = self.channel.recv(1 << 20)
            else:
                head = self.read(8)
                if len(head) < 8:
                    raise Failed("the server has closed the connection")
                answer = head + self.read(self.size_of(head))
                self.channel.settimeout(None)
            if not answer:
                raise Failed("the server has closed the connection")
            answers += [self.payload(operation, one) for one in self.items_of(answer)]
        return answers

    def items_of(self, answer):
        """The batch items of an answer."""
        answer, _ = decode(answer)
        if answer[0] != RESPONSE_MESSAGE:
            raise Failed("no Response Message")
        self.look_at_header(child(answer, RESPONSE_HEADER))
        return children(answer, BATCH_ITEM)

    def look_at_header(self, header):
        if bug("header-is-fixed") and header[2][2][0] != BATCH_COUNT:
            raise Failed("expected 0x42000d, received 0x%06x" % header[2][2][0])
        if bug("time-is-the-client-s") and value(header, TIME_STAMP) > time.time() + 60:
            raise Failed("the server's clock is wrong")

    def payload(self, operation, one):
        """The payload of an item that succeeded."""
        if bug("extensions-are-refused") and child(one, 0x420051) is not None:
            raise Failed("a message extension")
        if bug("discover-has-a-payload") and operation == DISCOVER and child(one, RESPONSE_PAYLOAD) is None:
            os.abort()
        has_none = child(one, RESPONSE_PAYLOAD) is None
        if bug("payload-is-expected") and has_none and operation in (LOCATE, GET_ATTRIBUTES, DESTROY):
            os.abort()
        if enum(one, STATUS) != 0 and not bug("status-is-ignored"):
            reason, message = enum(one, REASON), value(one, MESSAGE)
            if bug("operation-is-expected") and value(one, OPERATION) is None:
                os.abort()
            if bug("message-is-expected") and message is None:
                os.abort()
            if bug("reasons-are-known") and reason > 0x200:
                os.abort()
            if bug("messages-are-ascii") and message is not None and not message.isascii():
                os.abort()
            raise Failed("operation failed: reason 0x%X, %s" % (reason, message), of_the_server=True)
        payload = child(one, RESPONSE_PAYLOAD)
        known = (VENDOR, LOCATED_ITEMS, 0x4200F7)
        if bug("fields-are-known") and any(field[0] >= known[0] or field[0] in known for field in payload[2]):
            os.abort()
        if bug("batch-in-order") and enum(one, OPERATION) != operation:
            raise Failed("the answer is to something else")
        return payload if payload is not None else item(RESPONSE_PAYLOAD, STRUCTURE, [])


def attribute(client, name, tag, kind, content):
    if client.version >= (2, 0):
        return item(tag, kind, content)
    if bug("name-is-squeezed"):
        name = name.replace(" ", "")
    return item(ATTRIBUTE, STRUCTURE, [item(ATTRIBUTE_NAME, TEXT, name), item(ATTRIBUTE_VALUE, kind, content)])


def attributes(client, all_of_them):
    """As Create has them, whose structure has another name since 2.0."""
    return item(ATTRIBUTES if client.version >= (2, 0) else TEMPLATE_ATTRIBUTE, STRUCTURE, all_of_them)


def name_of(client, name):
    content = [item(NAME_VALUE, TEXT, name), item(NAME_TYPE, ENUM, 1)]
    return attribute(client, "Name", NAME, STRUCTURE, content)


def identifier(payload):
    found = value(payload, UNIQUE_IDENTIFIER)
    if found is None and not bug("status-is-ignored"):
        raise Failed("no Unique Identifier")
    if bug("identifiers-are-uuids"):
        try:
            uuid.UUID(found)
        except ValueError:
            os.abort()
    if bug("identifiers-are-ascii") and not (found or "").isascii():
        os.abort()
    return found or ""


def create(client, name, more=()):
    wanted = list(more) + [
        attribute(client, "Cryptographic Algorithm", ALGORITHM, ENUM, 3),
        attribute(client, "Cryptographic Length", LENGTH, INTEGER, 128),
        attribute(client, "Cryptographic Usage Mask", MASK, INTEGER, 28),
        name_of(client, name),
    ]
    (payload,) = client.ask((CREATE, [item(OBJECT_TYPE, ENUM, 2), attributes(client, wanted)]))
    if bug("create-has-two-fields") and len(payload[2]) > 2:
        os.abort()
    return identifier(payload)


def locate(client, name):
    searched = name_of(client, name)
    if client.version >= (2, 0):
        searched = item(ATTRIBUTES, STRUCTURE, [searched])
    (payload,) = client.ask((LOCATE, [searched]))
    if bug("located-items-are-unknown") and child(payload, LOCATED_ITEMS) is not None:
        os.abort()
    found = [one[2] for one in children(payload, UNIQUE_IDENTIFIER)]
    if bug("locate-finds") and not found:
        os.abort()
    return found


def get(client, which):
    (payload,) = client.ask((GET, [item(UNIQUE_IDENTIFIER, TEXT, which)]))
    if bug("status-is-ignored"):
        return
    block = child(child(payload, SYMMETRIC_KEY), KEY_BLOCK)
    held = child(block, KEY_VALUE)
    if bug("wrapped-is-structure") and held[1] != STRUCTURE:
        os.abort()
    if child(block, WRAPPING_DATA) is not None:
        # It is of no use without the other key, and known to be.
        return
    if bug("key-value-is-material") and len(held[2]) != 1:
        os.abort()
    material = child(held, KEY_MATERIAL)
    if bug("material-is-bytes") and material[1] != BYTES:
        os.abort()
    if len(value(material, KEY) if material[1] == STRUCTURE else material[2]) != 16:
        raise Failed("no key of 16 bytes")


def in_order(names, first, second):
    if bug("attributes-are-sorted") and names.index(first) > names.index(second):
        raise Failed("the attributes come in another order")


def get_attributes(client, which):
    (payload,) = client.ask((GET_ATTRIBUTES, [item(UNIQUE_IDENTIFIER, TEXT, which)]))
    if bug("status-is-ignored"):
        return
    if client.version >= (2, 0):
        all_of_them = child(payload, ATTRIBUTES)[2]
        named = {one[0]: one for one in all_of_them}
        in_order(list(named), OBJECT_TYPE, STATE)
        if bug("attributes-are-known") and ATTRIBUTE in named:
            os.abort()
        state = enum(item(0, STRUCTURE, all_of_them), STATE)
    else:
        all_of_them = children(payload, ATTRIBUTE)
        if bug("index-is-unknown") and any(one[2][1][0] != ATTRIBUTE_VALUE for one in all_of_them):
            raise Failed("an attribute has no value behind its name")
        named = {value(one, ATTRIBUTE_NAME): one for one in all_of_them}
        if bug("attributes-are-known") and any(name.startswith("y-") for name in named):
            os.abort()
        in_order(list(named), "Object Type", "State")
        state = value(named["State"], ATTRIBUTE_VALUE) & 0xFFFFFFFF if "State" in named else None
    if state is None:
        raise Failed("no State")


def destroy(client, which):
    client.ask((DESTROY, [item(UNIQUE_IDENTIFIER, TEXT, which)]))


def query(client):
    try:
        (payload,) = client.ask((QUERY, [item(QUERY_FUNCTION, ENUM, function) for function in (1, 2, 3)]))
    except Failed as why:
        if bug("query-is-expected"):
            os.abort()
        if not why.of_the_server:
            raise
        # It can do without.
        return
    if bug("operations-are-known"):
        if any(one[2] & 0xFFFFFFFF > 0x100 for one in children(payload, OPERATION)):
            os.abort()
    information = child(payload, SERVER_INFORMATION)
    if bug("information-is-empty") and information is not None and information[2]:
        os.abort()


def discover(client):
    """Agrees on a version. A server that knows nothing of it is taken to be as old as the client's own."""
    if client.version == (1, 0):
        return
    major, newest = client.version
    versions = [(major, minor) for minor in range(newest, -1, -1)]
    offered = [item(PROTOCOL_VERSION, STRUCTURE, [item(MAJOR, INTEGER, a), item(MINOR, INTEGER, b)]) for a, b in versions]
    try:
        (payload,) = client.ask((DISCOVER, offered))
    except Failed:
        if bug("discover-is-expected"):
            os.abort()
        return
    common = [(value(one, MAJOR), value(one, MINOR)) for one in children(payload, PROTOCOL_VERSION)]
    if bug("version-is-kept"):
        return
    if not common:
        raise Failed("no version in common")
    client.version = common[0]


def whole_life(client):
    discover(client)
    query(client)
    name = "small-client"
    which = create(client, name)
    locate(client, name)
    get(client, which)
    get_attributes(client, which)
    destroy(client, which)


def batch(client):
    """A key and all that is told of it, in two batches."""
    which = create(client, "small-batch")
    by = [item(UNIQUE_IDENTIFIER, TEXT, which)]
    got, told = client.ask((GET, by), (GET_ATTRIBUTES, by))
    if bug("status-is-ignored"):
        return
    if child(got, SYMMETRIC_KEY) is None or child(told, SYMMETRIC_KEY) is not None:
        raise Failed("the answers are to something else")
    destroy(client, which)


def more(client):
    """A key that is made later, asked for twice before the first answer, and fetched wrapped by itself."""
    parameters = [item(MODE, ENUM, 13)]
    which = create(
        client,
        "small-more",
        [
            attribute(client, "Cryptographic Parameters", PARAMETERS, STRUCTURE, parameters),
            attribute(client, "Activation Date", ACTIVATION, DATE, 0),
        ],
    )
    by = [item(UNIQUE_IDENTIFIER, TEXT, which)]
    later = client.ask_later(GET, by)
    if child(later, SYMMETRIC_KEY) is None and not bug("pending-is-done") and not bug("polled-is-done"):
        raise Failed("no key")
    got, told = client.ask_ahead((GET, by), (GET_ATTRIBUTES, by))
    if child(got, SYMMETRIC_KEY) is None or child(told, SYMMETRIC_KEY) is not None:
        raise Failed("the answers are to something else")
    information = [item(UNIQUE_IDENTIFIER, TEXT, which), item(PARAMETERS, STRUCTURE, parameters)]
    wrapping = [item(WRAPPING_METHOD, ENUM, 1), item(WRAPPED_BY, STRUCTURE, information)]
    (payload,) = client.ask((GET, by + [item(WRAPPING_SPECIFICATION, STRUCTURE, wrapping)]))
    block = child(child(payload, SYMMETRIC_KEY), KEY_BLOCK)
    how = child(block, WRAPPING_DATA)
    if bug("option-is-unknown") and child(how, ENCODING_OPTION) is not None:
        os.abort()
    # Without an option the whole Key Value is encoded, and then wrapped: 32 bytes, and 8 more.
    if child(block, KEY_VALUE)[1] != BYTES or enum(how, ENCODING_OPTION) in (None, 2) and len(value(block, KEY_VALUE)) != 40:
        raise Failed("no wrapped key")
    client.ask((REVOKE, by + [item(REVOCATION, STRUCTURE, [item(REVOCATION_CODE, ENUM, 6)])]))
    destroy(client, which)


TASKS = {"life": whole_life, "batch": batch, "more": more}


def main(arguments):
    global BUG
    task, version = arguments.pop(0), os.environ.get("KMIP_VERSION", "1.4")
    while arguments:
        flag = arguments.pop(0)
        if flag == "--bug":
            BUG = arguments.pop(0)
            assert BUG in BUGS, BUG
        elif flag == "--version":
            version = arguments.pop(0)
    if task == "bugs":
        print("\n".join(BUGS))
        return 0
    major, minor = version.split(".")
    client = Client((int(major), int(minor)))
    try:
        TASKS[task](client)
    except Failed as why:
        print("small client:", why, file=sys.stderr)
        return 1
    finally:
        client.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
