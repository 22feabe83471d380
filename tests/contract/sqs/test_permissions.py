import json

import pytest


def statements(sqs, url):
    policy = sqs.attributes(url, "Policy").get("Policy")
    return json.loads(policy)["Statement"] if policy else []


def test_a_permission_is_a_statement_of_the_policy(sqs):
    url = sqs.queue()
    sqs.client.add_permission(
        QueueUrl=url, Label="two", AWSAccountIds=["111111111111", "222222222222"], Actions=["ReceiveMessage"]
    )
    arn = sqs.arn(url)
    assert json.loads(sqs.attributes(url, "Policy")["Policy"]) == {
        "Version": "2008-10-17",
        "Id": f"{arn}/SQSDefaultPolicy",
        "Statement": [
            {
                "Sid": "two",
                "Effect": "Allow",
                "Principal": {"AWS": ["arn:aws:iam::111111111111:root", "arn:aws:iam::222222222222:root"]},
                "Action": "SQS:ReceiveMessage",
                "Resource": arn,
            }
        ],
    }


def test_permissions_come_and_go_by_label(sqs, refused):
    url = sqs.queue()
    grant = {"QueueUrl": url, "AWSAccountIds": ["111111111111"], "Actions": ["SendMessage", "ReceiveMessage"]}
    sqs.client.add_permission(Label="one", **grant)
    error = refused(sqs.client.add_permission, Label="one", **grant)
    assert error["Message"] == "Value one for parameter Label is invalid. Reason: Already exists."
    sqs.client.add_permission(Label="two", **grant)
    sqs.client.remove_permission(QueueUrl=url, Label="one")
    [left] = statements(sqs, url)
    assert (left["Sid"], left["Principal"], left["Action"]) == (
        "two",
        {"AWS": "arn:aws:iam::111111111111:root"},
        ["SQS:SendMessage", "SQS:ReceiveMessage"],
    )
    sqs.client.remove_permission(QueueUrl=url, Label="two")
    assert sqs.attributes(url, "Policy") == {}
    error = refused(sqs.client.remove_permission, QueueUrl=url, Label="two")
    assert error["Message"] == "Value two for parameter Label is invalid. Reason: can't find label."


@pytest.mark.parametrize(
    ("actions", "code", "message"),
    [
        ([], "MissingParameter", "The request must contain the parameter Actions."),
        (
            ["Dance"],
            "InvalidParameterValue",
            "Value SQS:Dance for parameter ActionName is invalid. Reason: Please refer",
        ),
        (
            ["CreateQueue"],
            "InvalidParameterValue",
            "Value SQS:CreateQueue for parameter ActionName is invalid. Reason: Only the queue owner is allowed",
        ),
        (["SendMessage"] * 8, "OverLimit", "8 Actions were found, maximum allowed is 7."),
    ],
)
def test_actions_that_cannot_be_granted(sqs, refused, actions, code, message):
    url = sqs.queue()
    error = refused(sqs.client.add_permission, QueueUrl=url, Label="x", AWSAccountIds=["111111111111"], Actions=actions)
    assert error["Code"] == code
    assert error["Message"].startswith(message)
