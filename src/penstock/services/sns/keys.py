"""RSA keys that sign messages, and their certificates. Loaded lazily: `cryptography` is large.

An ordinary key signs in a quarter of a millisecond. An exchanged one has the exponents of an ordinary key the other way
round: signing is cubing, checking is the dear part, and OpenSSL does it.
Source: https://www.rfc-editor.org/rfc/rfc8017#section-8.2
"""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

Sign = Callable[[bytes, str], bytes]  # (data, SignatureVersion) -> signature

_BITS, _EXCHANGED_BITS = 2048, 1024
_CUBE = 3  # the exponent with which an exchanged key signs
_VALID = timedelta(days=3650)
_ALGORITHMS: dict[str, hashes.HashAlgorithm] = {"1": hashes.SHA1(), "2": hashes.SHA256()}
# What stands before a digest in a PKCS #1 v1.5 signature, by SignatureVersion.
_DIGESTS = {
    "1": (hashlib.sha1, bytes.fromhex("3021300906052b0e03021a05000414")),
    "2": (hashlib.sha256, bytes.fromhex("3031300d060960864801650304020105000420")),
}


def make(exchanged: bool, now: float) -> tuple[str, str]:
    """A new key and its certificate, both PEM; `now` in epoch seconds."""
    made = rsa.generate_private_key(_CUBE, _EXCHANGED_BITS) if exchanged else rsa.generate_private_key(65537, _BITS)
    key = _exchange(made) if exchanged else made
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem.decode(), _certificate(key, datetime.fromtimestamp(now, UTC))


def load(pem: str) -> Sign:
    key = serialization.load_pem_private_key(pem.encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return _ordinary(key) if key.public_key().public_numbers().e == 65537 else _exchanged(key)


def _ordinary(key: rsa.RSAPrivateKey) -> Sign:
    return lambda data, version: key.sign(data, padding.PKCS1v15(), _ALGORITHMS[version])


def _exchanged(key: rsa.RSAPrivateKey) -> Sign:
    """What is cubed is a constant c and a short digest h; c³, 3c² and 3c are known, so little is left to reduce."""
    numbers = key.private_numbers()
    modulus, size = numbers.public_numbers.n, key.key_size // 8
    cubes = {version: (new, *_terms(info, new().digest_size, modulus)) for version, (new, info) in _DIGESTS.items()}

    def sign(data: bytes, version: str) -> bytes:
        algorithm, third, second, first = cubes[version]
        digest = int.from_bytes(algorithm(data, usedforsecurity=False).digest())
        return ((third + digest * (second + digest * (first + digest))) % modulus).to_bytes(size)

    return sign


def _terms(info: bytes, digest_size: int, modulus: int) -> tuple[int, int, int]:
    """c³, 3c² and 3c of all that stands before the digest."""
    size = (modulus.bit_length() + 7) // 8
    tail = b"\0" + info + bytes(digest_size)
    constant = int.from_bytes(b"\0\1" + b"\xff" * (size - 2 - len(tail)) + tail)
    return pow(constant, _CUBE, modulus), 3 * constant * constant % modulus, 3 * constant % modulus


def _exchange(key: rsa.RSAPrivateKey) -> rsa.RSAPrivateKey:
    """The key whose private exponent is this one's public exponent."""
    numbers = key.private_numbers()
    small = numbers.public_numbers.e
    public = rsa.RSAPublicNumbers(numbers.d, numbers.public_numbers.n)
    return rsa.RSAPrivateNumbers(numbers.p, numbers.q, small, small, small, numbers.iqmp, public).private_key()


def _certificate(key: rsa.RSAPrivateKey, now: datetime) -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _VALID)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()
