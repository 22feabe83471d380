"""Certificates for AWS's own host names, from an authority that lives as long as the runtime and is in nobody's trust.

Functions and containers are told of it (`AWS_CA_BUNDLE`, `NODE_EXTRA_CA_CERTS`); its key is never on disk. It
can speak for names of `amazonaws.com` only, and does so for those that the runtime serves.
"""

import datetime as dt
import ssl
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Penstock, on this machine only")])
_DOMAIN = "amazonaws.com"
_BEFORE, _AFTER = dt.timedelta(days=1), dt.timedelta(days=365)
_PEM = serialization.Encoding.PEM


class CertificateAuthority:
    """`now` is the real time (epoch seconds), which clients hold certificates against; `bundle` the file of its own."""

    def __init__(self, now: Callable[[], float], bundle: Path) -> None:
        self._now = now
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._contexts: dict[str, ssl.SSLContext] = {}
        own = self._certificate(_NAME, self._key.public_key(), x509.BasicConstraints(ca=True, path_length=0))
        own = own.add_extension(x509.NameConstraints([x509.DNSName(_DOMAIN)], None), critical=True)
        bundle.write_bytes(own.sign(self._key, hashes.SHA256()).public_bytes(_PEM))

    def _certificate(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, constraints: x509.BasicConstraints
    ) -> x509.CertificateBuilder:
        now = dt.datetime.fromtimestamp(self._now(), dt.UTC)
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(_NAME)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _BEFORE)
            .not_valid_after(now + _AFTER)
            .add_extension(constraints, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(identifier, critical=False)
            .add_extension(_usage(constraints.ca), critical=True)
        )

    def context(self, serves: Callable[[str], bool]) -> ssl.SSLContext:
        """A server's side of TLS: `serves` says of the domain above a name whether there is a certificate for it."""

        def asked(connection: ssl.SSLObject, name: str | None, default: ssl.SSLContext) -> int | None:
            parent = (name or "").lower().partition(".")[2]
            if not serves(parent):
                return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
            connection.context = self._for(parent)
            return None

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.sni_callback = asked
        return context

    def _for(self, parent: str) -> ssl.SSLContext:
        """With a certificate for all names right below `parent`."""
        found = self._contexts.get(parent)
        if found is None:
            found = self._contexts[parent] = self._context(parent)
        return found

    def _context(self, parent: str) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.DNSName(parent), x509.DNSName(f"*.{parent}")]
        built = self._certificate(x509.Name([]), key.public_key(), x509.BasicConstraints(ca=False, path_length=None))
        built = built.add_extension(x509.SubjectAlternativeName(names), critical=True)
        built = built.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        private = key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        chain = built.sign(self._key, hashes.SHA256()).public_bytes(_PEM)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with TemporaryDirectory() as folder:  # the ssl module reads keys from files only
            file = Path(folder) / "key.pem"
            file.touch(mode=0o600)
            file.write_bytes(private + chain)
            context.load_cert_chain(file)
        return context


def _usage(signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )
