import json
import re
import urllib.request
import uuid

import pytest

MISSING = ("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")


def test_is_found_by_name_and_by_arn_with_and_without_suffix(sm, secret, unique):
    assert re.fullmatch(
        rf"arn:aws:secretsmanager:us-east-1:000000000000:secret:{unique}-[A-Za-z0-9]{{6}}", secret["ARN"]
    )
    for secret_id in (unique, secret["ARN"], secret["ARN"][:-7]):
        assert sm.get_secret_value(SecretId=secret_id)["SecretString"] == "one"


def test_holds_a_string_or_bytes_or_nothing_yet(sm, unique, error):
    sm.create_secret(Name=f"{unique}-b", SecretBinary=b"\x00\x01")
    assert sm.get_secret_value(SecretId=f"{unique}-b")["SecretBinary"] == b"\x00\x01"
    empty = sm.create_secret(Name=f"{unique}-e")
    assert "VersionId" not in empty
    assert error(sm.get_secret_value, SecretId=f"{unique}-e") == (
        "ResourceNotFoundException",
        "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
    )
    put = sm.put_secret_value(SecretId=f"{unique}-e", SecretString="first", VersionStages=["mine"])
    assert put["VersionStages"] == ["AWSCURRENT", "mine"]
    both = error(sm.create_secret, Name=f"{unique}-x", SecretString="s", SecretBinary=b"b")
    assert both[0] == "InvalidParameterException"


def test_the_same_request_makes_one_secret(sm, unique, error):
    token = str(uuid.uuid4())
    request = {"Name": unique, "SecretString": "s", "ClientRequestToken": token}
    first = sm.create_secret(**request)
    assert first["VersionId"] == token
    assert sm.create_secret(**request)["ARN"] == first["ARN"]
    assert error(sm.create_secret, **{**request, "SecretString": "other"}) == (
        "ResourceExistsException",
        f"You can't use ClientRequestToken {token} because that value is already in use for a version of secret "
        f"{first['ARN']}.",
    )
    assert error(sm.create_secret, Name=unique, SecretString="s") == (
        "ResourceExistsException",
        f"The operation failed because the secret {unique} already exists.",
    )


@pytest.mark.parametrize("name", ["with space", "a,b", "ä"])
def test_refuses_names(sm, error, name):
    assert error(sm.create_secret, Name=name, SecretString="s") == (
        "ValidationException",
        "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
    )


def test_asks_for_a_token(penstock, unique):
    request = urllib.request.Request(
        penstock.endpoint,
        data=json.dumps({"Name": unique, "SecretString": "s"}).encode(),
        headers={
            "X-Amz-Target": "secretsmanager.CreateSecret",
            "Content-Type": "application/x-amz-json-1.1",
            "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/secretsmanager/aws4_request",
        },
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request)
    body = json.loads(caught.value.read())
    assert body["__type"].endswith("InvalidRequestException")
    assert body["message"] == "You must provide a ClientRequestToken value. We recommend a UUID-type value."


def test_describes_what_is_set(sm, penstock, unique):
    made = sm.create_secret(
        Name=unique, SecretString="s", Description="d", KmsKeyId="k", Tags=[{"Key": "a", "Value": "b"}]
    )
    found = sm.describe_secret(SecretId=unique)
    created = found.pop("CreatedDate")
    assert created.timestamp() == pytest.approx(penstock.now(), abs=30)
    assert found.pop("LastChangedDate") >= created
    del found["ResponseMetadata"]
    assert found == {
        "ARN": made["ARN"],
        "Name": unique,
        "Description": "d",
        "KmsKeyId": "k",
        "Tags": [{"Key": "a", "Value": "b"}],
        "VersionIdsToStages": {made["VersionId"]: ["AWSCURRENT"]},
    }
    sm.get_secret_value(SecretId=unique)
    accessed = sm.describe_secret(SecretId=unique)["LastAccessedDate"]
    assert accessed.timestamp() % 86400 == 0


def test_what_is_unknown_is_not_found(sm, error, unique):
    for operation in (sm.get_secret_value, sm.describe_secret, sm.delete_secret, sm.restore_secret):
        assert error(operation, SecretId=unique) == MISSING
    arn = f"arn:aws:secretsmanager:us-east-1:000000000000:secret:{unique}-AbCdEf"
    assert error(sm.get_secret_value, SecretId=arn) == MISSING
