"""What an operation does not know is not looked at when IAM is asked: it names no other resource."""

import http.client
import json
from urllib.parse import urlsplit

from tests.contract.iam.enforced import ACCOUNT, Enforced, Json, Session, allow

SIGNED = "AWS4-HMAC-SHA256 Credential={}/20260101/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0"


def post(enforced: Enforced, session: Session, service: str, target: str, request: Json) -> tuple[int, Json]:
    """A request as no SDK sends it."""
    place = urlsplit(enforced.runtime.endpoint)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=30)
    headers = {"Authorization": SIGNED.format(session.access_key, service), "X-Amz-Target": target}
    connection.request("POST", "/", json.dumps(request), {**headers, "Content-Type": "application/x-amz-json-1.0"})
    answer = connection.getresponse()
    found = answer.status, json.loads(answer.read())
    connection.close()
    return found


def test_a_member_of_another_operation_names_no_queue(enforced: Enforced) -> None:
    (_, mine), (url, _) = enforced.queue(), enforced.queue()
    role = enforced.acting(allow("sqs:*", mine))
    request = {"QueueUrl": url, "MessageBody": "x", "SourceArn": mine}
    status, answer = post(enforced, role, "sqs", "AmazonSQS.SendMessage", request)
    assert status == 400
    assert "not authorized to perform: sqs:sendmessage" in answer["message"]
    assert enforced.messages(url) == []


def test_a_member_of_another_operation_names_no_table(enforced: Enforced) -> None:
    mine = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/mine"
    role = enforced.acting(allow("dynamodb:*", mine))
    request = {"TableName": "another", "Key": {"id": {"S": "1"}}, "ResourceArn": mine}
    status, answer = post(enforced, role, "dynamodb", "DynamoDB_20120810.GetItem", request)
    assert status == 400
    assert answer["__type"].endswith("#AccessDeniedException")
