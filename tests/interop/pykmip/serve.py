#!/usr/bin/env python3
"""Starts PyKMIP's server on a free loopback port with certificates of its own, until standard input closes.

    python serve.py [--rsa] DIR

Prints one JSON line when a TLS connection is answered: address, ca, cert, key (identity alice), bob_cert, bob_key.
The certificates are ECDSA P-256: with RSA ones (`--rsa`, the server's) PyKMIP offers CBC suites only, which rustls does not have.
"""
import datetime
import ipaddress
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


def certificate(folder, name, issuer=None, usage=None, key=None):
    """Writes NAME.pem and NAME.key; `issuer` is a (certificate, key) pair, None makes a CA."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=7))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if issuer is None:
        signing = dict.fromkeys(
            ["digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
             "encipher_only", "decipher_only"], False)
        builder = builder.add_extension(x509.KeyUsage(key_cert_sign=True, crl_sign=True, **signing), critical=True)
    else:
        names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    made = builder.sign(issuer[1] if issuer else key, hashes.SHA256())
    with open(os.path.join(folder, name + ".pem"), "wb") as f:
        f.write(made.public_bytes(serialization.Encoding.PEM))
    with open(os.path.join(folder, name + ".key"), "wb") as f:
        f.write(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                  serialization.NoEncryption()))
    return made, key


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def answered(port, folder):
    context = ssl.create_default_context(cafile=os.path.join(folder, "ca.pem"))
    context.load_cert_chain(os.path.join(folder, "alice.pem"), os.path.join(folder, "alice.key"))
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as raw:
            with context.wrap_socket(raw, server_hostname="localhost"):
                return True
    except OSError:
        return False


def main():
    arguments = sys.argv[1:]
    with_rsa = "--rsa" in arguments
    folder = os.path.abspath([a for a in arguments if a != "--rsa"][0])
    os.makedirs(os.path.join(folder, "policy"), exist_ok=True)
    ca = certificate(folder, "ca")
    key = rsa.generate_private_key(65537, 2048) if with_rsa else None
    certificate(folder, "server", ca, ExtendedKeyUsageOID.SERVER_AUTH, key)
    for identity in ("alice", "bob"):
        certificate(folder, identity, ca, ExtendedKeyUsageOID.CLIENT_AUTH)
    for attempt in range(5):
        port = free_port()
        config = os.path.join(folder, "server.conf")
        with open(config, "w", encoding="ascii") as f:
            f.write("[server]\nhostname=127.0.0.1\nport={0}\ncertificate_path={1}/server.pem\nkey_path={1}/server.key\n"
                    "ca_path={1}/ca.pem\nauth_suite=TLS1.2\npolicy_path={1}/policy\nenable_tls_client_auth=True\n"
                    "logging_level=WARNING\ndatabase_path={1}/pykmip.db\n".format(port, folder))
        log = open(os.path.join(folder, "server.out"), "ab")
        command = [os.path.join(os.path.dirname(sys.executable), "pykmip-server"), "-f", config,
                   "-l", os.path.join(folder, "server.log")]
        server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        until = time.monotonic() + 60
        while time.monotonic() < until and server.poll() is None:
            if answered(port, folder):
                ready = {"address": "127.0.0.1:%d" % port, "pid": server.pid}
                for field, name in (("ca", "ca.pem"), ("cert", "alice.pem"), ("key", "alice.key"),
                                    ("bob_cert", "bob.pem"), ("bob_key", "bob.key")):
                    ready[field] = os.path.join(folder, name)
                print(json.dumps(ready), flush=True)
                sys.stdin.read()
                os.killpg(server.pid, signal.SIGKILL)
                return 0
            time.sleep(0.1)
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGKILL)
    print("PyKMIP's server did not answer; see %s" % os.path.join(folder, "server.out"), file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
