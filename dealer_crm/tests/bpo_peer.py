"""Shared by the tests of the client: a fake BPO for each test, and outcomes to send."""

import datetime
import ipaddress
import ssl
import tempfile
import unittest
import uuid
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ..bpo import jsonrpc
from ..bpo.client import Client
from ..bpo.http import Endpoint
from .fake_bpo import FakeBpo

PROTOCOLS = ("jsonrpc", "json2")
KEY = "0f5c2a7be41d4f8cb6a0d3e9c1728495aabbccdd"


def outcome(lead=42, sequence=1, **values):
    return {
        "event_id": str(uuid.uuid4()),
        "bpo_source_lead_id": lead,
        "sequence": sequence,
        "outcome": "won",
        **values,
    }


def make_certificate(folder, *names):
    """Write a self-signed certificate for `names` and its key; return the path that holds both."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "fake bpo")])
    now = datetime.datetime.now(datetime.timezone.utc)
    alternatives = [
        x509.IPAddress(ipaddress.ip_address(name)) if name[0].isdigit() else x509.DNSName(name)
        for name in names
    ]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = Path(folder) / f"{names[0]}.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return str(path)


class BpoCase(unittest.TestCase):
    """`self.bpo` is a fake BPO that knows the key; each test opens clients to it.

    It is no test class of Odoo's: those put code of their own in the place of `requests`'.
    """

    def setUp(self):
        super().setUp()
        # An earlier test may have used the same port.
        jsonrpc._uids.clear()
        self.bpo = self.start()

    def start(self, **kwargs):
        bpo = FakeBpo(key=KEY, **kwargs)
        bpo.__enter__()
        self.addCleanup(bpo.__exit__)
        return bpo

    def start_tls(self, *names):
        """Start a fake BPO with a certificate for `names`; return it and the certificate's path."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = make_certificate(folder.name, *names)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return self.start(tls=context), path

    def open(self, protocol="jsonrpc", session=None, **values):
        values = {"url": self.bpo.url, "database": "bpo", "login": "dealer", "key": KEY, **values}
        client = Client(Endpoint(protocol=protocol, **values), session)
        self.addCleanup(client.close)
        return client

    def assertAnswer(self, answer, verdict, code, message=None):
        self.assertEqual((answer.verdict.value, answer.code), (verdict, code), message or answer)
