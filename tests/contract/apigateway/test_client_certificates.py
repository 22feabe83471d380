"""Client certificates."""

import pytest
from cryptography import x509


@pytest.fixture
def client(functions):
    return functions.client("apigateway")


def test_a_certificate(client, refused):
    made = client.generate_client_certificate(description="mine", tags={"a": "b"})
    certificate = x509.load_pem_x509_certificate(made["pemEncodedCertificate"].encode())
    assert certificate.not_valid_after_utc == made["expirationDate"]
    where = {"clientCertificateId": made["clientCertificateId"]}
    change = [{"op": "replace", "path": "/description", "value": "other"}]
    assert client.update_client_certificate(**where, patchOperations=change)["description"] == "other"
    found = client.get_client_certificate(**where)
    assert (found["description"], found["tags"]) == ("other", {"a": "b"})
    listed = client.get_client_certificates(limit=500)["items"]
    assert where["clientCertificateId"] in [item["clientCertificateId"] for item in listed]
    client.delete_client_certificate(**where)
    missing = ("NotFoundException", "Invalid Client Certificate identifier specified")
    assert refused(client.get_client_certificate, **where) == missing
