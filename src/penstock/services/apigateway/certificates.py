"""Makes the certificate that API Gateway would show to a backend. Loaded lazily: `cryptography` is large."""

import datetime as dt

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def certificate(since: float, until: float) -> str:
    """A self-signed one, PEM; from and until epoch seconds. Nobody keeps its key: nothing is called by TLS."""
    key = ec.generate_private_key(ec.SECP256R1())
    names = {NameOID.COUNTRY_NAME: "US", NameOID.STATE_OR_PROVINCE_NAME: "Washington", NameOID.LOCALITY_NAME: "Seattle"}
    names |= {NameOID.COMMON_NAME: "ApiGateway"}
    name = x509.Name([x509.NameAttribute(kind, value) for kind, value in names.items()])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(dt.datetime.fromtimestamp(since, dt.UTC))
        .not_valid_after(dt.datetime.fromtimestamp(until, dt.UTC))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()
