import json

import pytest
from botocore.exceptions import ClientError

DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": []})


def test_puts_finds_and_deletes_policies(client, unique):
    logs = client("logs", region="eu-central-1")
    made = logs.put_resource_policy(policyName=unique, policyDocument=DOCUMENT)["resourcePolicy"]
    assert made.pop("lastUpdatedTime") > 1.5e12
    assert made == {"policyName": unique, "policyDocument": DOCUMENT, "policyScope": "ACCOUNT"}
    assert [item["policyName"] for item in logs.describe_resource_policies()["resourcePolicies"]] == [unique]
    logs.delete_resource_policy(policyName=unique)
    assert logs.describe_resource_policies()["resourcePolicies"] == []
    with pytest.raises(ClientError) as caught:
        logs.delete_resource_policy(policyName=unique)
    assert caught.value.response["Error"]["Message"] == f"Policy with name [{unique}] does not exist."


def test_ten_are_the_most(client, unique):
    logs = client("logs", region="eu-west-2")
    for number in range(10):
        logs.put_resource_policy(policyName=f"{unique}{number}", policyDocument=DOCUMENT)
    with pytest.raises(ClientError, match="LimitExceededException"):
        logs.put_resource_policy(policyName=unique, policyDocument=DOCUMENT)
    logs.put_resource_policy(policyName=f"{unique}0", policyDocument=DOCUMENT)


def test_a_document_is_json(client, unique):
    with pytest.raises(ClientError, match="InvalidParameterException"):
        client("logs").put_resource_policy(policyName=unique, policyDocument="nope")
