"""Signatures can be checked with the certificate that the message names."""

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from tests.contract.sns.conftest import Queue

from penstock.testing import TestRuntime

ALGORITHMS: dict[str, hashes.HashAlgorithm] = {"1": hashes.SHA1(), "2": hashes.SHA256()}
SIGNED = ("Message", "MessageId", "SubscribeURL", "Subject", "Timestamp", "Token", "TopicArn", "Type")


def verify(document: dict[str, Any]) -> None:
    """Raises InvalidSignature."""
    with urllib.request.urlopen(document["SigningCertURL"]) as answer:
        certificate = x509.load_pem_x509_certificate(answer.read())
    key = certificate.public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    text = "".join(f"{name}\n{document[name]}\n" for name in SIGNED if name in document)
    algorithm = ALGORITHMS[document["SignatureVersion"]]
    key.verify(base64.b64decode(document["Signature"]), text.encode(), padding.PKCS1v15(), algorithm)


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("further", [{}, {"Subject": "Greetings"}])
def test_a_message_is_signed(
    sns: Any, topic: str, queue: Queue, subscribe: Callable[..., str], version: str, further: dict[str, str]
) -> None:
    sns.set_topic_attributes(TopicArn=topic, AttributeName="SignatureVersion", AttributeValue=version)
    subscribe(topic, queue)
    sns.publish(TopicArn=topic, Message="signed ö", **further)
    [document] = map(json.loads, queue.bodies)
    assert document["SignatureVersion"] == version
    verify(document)


def test_certificates_that_are_not_there(penstock: TestRuntime) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{penstock.endpoint}/_aws/sns/SimpleNotificationService-0.pem")
    assert caught.value.code == 403
