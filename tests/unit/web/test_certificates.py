"""The authority speaks for AWS's names that the runtime serves, and nobody who trusts it can be shown another."""

import ssl
from pathlib import Path

import pytest

from penstock.base.clock import Clock
from penstock.web.certificates import CertificateAuthority

SERVED = "execute-api.us-east-1.amazonaws.com"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return tmp_path / "authority.pem"


def shake(server: ssl.SSLContext, bundle: Path, name: str) -> str:
    """A handshake in memory by a client that trusts the bundle alone; what the certificate is for."""
    trusting = ssl.create_default_context(cafile=str(bundle))
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = trusting.wrap_bio(down, up, server_hostname=name)
    answering = server.wrap_bio(up, down, server_side=True)
    for end in (asking, answering, asking, answering):
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            continue
    names = (asking.getpeercert() or {}).get("subjectAltName", ())
    return ",".join(str(value) for _, value in names)


def test_a_name_that_is_served_is_trusted(bundle: Path) -> None:
    server = CertificateAuthority(Clock().now, bundle).context({SERVED}.__contains__)
    assert shake(server, bundle, f"a1b2c3.{SERVED}") == f"{SERVED},*.{SERVED}"


@pytest.mark.parametrize("name", ["sts.amazonaws.com", "example.com", "localhost"])
def test_there_is_no_certificate_for_any_other_name(bundle: Path, name: str) -> None:
    server = CertificateAuthority(Clock().now, bundle).context({SERVED}.__contains__)
    with pytest.raises(ssl.SSLError, match=r"CALLBACK_FAILED|UNRECOGNIZED_NAME"):
        shake(server, bundle, name)


def test_a_certificate_for_somebody_elses_name_would_not_be_trusted(bundle: Path) -> None:
    server = CertificateAuthority(Clock().now, bundle).context(lambda domain: True)
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree"):
        shake(server, bundle, "www.example.com")
