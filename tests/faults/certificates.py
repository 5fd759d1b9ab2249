"""A certificate authority for the tests, and certificates that are valid or have one fault."""

import datetime
import ipaddress
import ssl
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

# `requests` trusts only certifi's list, so this replaces the list before anything else is imported.
TRUST = """
import certifi
certifi.where = certifi.core.where = lambda: {path!r}
"""


class Certificates:
    """A certificate authority; an Odoo started with ``environment()`` trusts its certificates."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
        certificate = self._sign(
            self._name, self._key.public_key(), x509.BasicConstraints(True, None)
        )
        (folder / "ca.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        (folder / "sitecustomize.py").write_text(TRUST.format(path=str(folder / "ca.pem")))

    def environment(self) -> dict[str, str]:
        return {"PYTHONPATH": str(self._folder)}

    def server(
        self, host: str = "127.0.0.1", days: int = 1, trusted: bool = True
    ) -> ssl.SSLContext:
        """Return the TLS context of a server.

        :param days: validity of the certificate; negative: it has expired
        :param trusted: whether the authority signs it; else it is self-signed
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.equip(context, host, days, trusted)
        return context

    def equip(
        self, context: ssl.SSLContext, host: str = "127.0.0.1", days: int = 1, trusted: bool = True
    ) -> None:
        """Give a server's context a new certificate for future connections."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        alternative: Any = (
            x509.IPAddress(ipaddress.ip_address(host)) if host[0].isdigit() else x509.DNSName(host)
        )
        certificate = self._sign(
            name,
            key.public_key(),
            x509.BasicConstraints(False, None),
            x509.SubjectAlternativeName([alternative]),
            days=days,
            own_key=None if trusted else key,
        )
        path = self._folder / "server.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context.load_cert_chain(path)

    def _sign(
        self, name: Any, public_key: Any, *extensions: Any, days: int = 1, own_key: Any = None
    ) -> Any:
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name if own_key else self._name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=9))
            .not_valid_after(now + datetime.timedelta(days=days))
        )
        for extension in extensions:
            builder = builder.add_extension(
                extension, critical=isinstance(extension, x509.BasicConstraints)
            )
        return builder.sign(own_key or self._key, hashes.SHA256())
