"""Connections: made, shown without their secrets, changed, deauthorized, deleted."""

import json

import pytest

BASIC = {"BasicAuthParameters": {"Username": "me", "Password": "hush"}}
KEY = {"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "hush"}}


@pytest.fixture
def secrets(client):
    return client("secretsmanager")


def secret(events, secrets, name):
    arn = events.describe_connection(Name=name)["SecretArn"]
    return json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"])


def test_basic(events, secrets, unique):
    made = events.create_connection(Name=unique, AuthorizationType="BASIC", AuthParameters=BASIC)
    assert made["ConnectionState"] == "AUTHORIZED"
    assert made["ConnectionArn"].startswith(f"arn:aws:events:us-east-1:000000000000:connection/{unique}/")
    found = events.describe_connection(Name=unique)
    assert found["AuthParameters"] == {"BasicAuthParameters": {"Username": "me"}}
    assert f":secret:events!connection/{unique}/" in found["SecretArn"]
    assert secret(events, secrets, unique) == {"username": "me", "password": "hush"}


def test_an_api_key_and_parameters_of_every_invocation(events, secrets, unique):
    parameters = {
        "HeaderParameters": [{"Key": "X-Open", "Value": "o"}, {"Key": "X-Secret", "Value": "s", "IsValueSecret": True}],
        "BodyParameters": [{"Key": "b", "Value": "1", "IsValueSecret": False}],
    }
    events.create_connection(
        Name=unique, AuthorizationType="API_KEY", AuthParameters={**KEY, "InvocationHttpParameters": parameters}
    )
    shown = events.describe_connection(Name=unique)["AuthParameters"]
    assert shown["ApiKeyAuthParameters"] == {"ApiKeyName": "X-Key"}
    assert shown["InvocationHttpParameters"]["HeaderParameters"] == [
        {"Key": "X-Open", "Value": "o", "IsValueSecret": False},
        {"Key": "X-Secret", "IsValueSecret": True},
    ]
    kept = secret(events, secrets, unique)
    assert kept["api_key_value"] == "hush"
    assert kept["invocation_http_parameters"]["header_parameters"][1]["value"] == "s"


def test_update_keeps_what_is_not_given(events, secrets, unique):
    events.create_connection(Name=unique, AuthorizationType="BASIC", AuthParameters=BASIC)
    events.update_connection(
        Name=unique, Description="new", AuthParameters={"BasicAuthParameters": {"Username": "you"}}
    )
    assert events.describe_connection(Name=unique)["Description"] == "new"
    assert secret(events, secrets, unique) == {"username": "you", "password": "hush"}
    events.update_connection(Name=unique, AuthorizationType="API_KEY", AuthParameters=KEY)
    assert secret(events, secrets, unique) == {"api_key_name": "X-Key", "api_key_value": "hush"}


def test_deauthorize_takes_the_secret_away(events, secrets, unique, error):
    events.create_connection(Name=unique, AuthorizationType="BASIC", AuthParameters=BASIC)
    arn = events.describe_connection(Name=unique)["SecretArn"]
    assert events.deauthorize_connection(Name=unique)["ConnectionState"] == "DEAUTHORIZING"
    found = events.describe_connection(Name=unique)
    assert found["ConnectionState"] == "DEAUTHORIZED" and "SecretArn" not in found
    assert error(secrets.get_secret_value, SecretId=arn)[0] == "ResourceNotFoundException"
    events.update_connection(Name=unique, AuthorizationType="BASIC", AuthParameters=BASIC)
    assert events.describe_connection(Name=unique)["ConnectionState"] == "AUTHORIZED"


def test_delete(events, secrets, unique, error):
    events.create_connection(Name=unique, AuthorizationType="BASIC", AuthParameters=BASIC)
    arn = events.describe_connection(Name=unique)["SecretArn"]
    assert events.delete_connection(Name=unique)["ConnectionState"] == "DELETING"
    assert error(secrets.get_secret_value, SecretId=arn)[0] == "ResourceNotFoundException"
    assert error(events.describe_connection, Name=unique) == (
        "ResourceNotFoundException",
        f"Failed to describe the connection(s). Connection '{unique}' does not exist.",
    )


def test_names_are_used_once_and_parameters_fit_their_type(events, unique, error):
    events.create_connection(Name=unique, AuthorizationType="BASIC", AuthParameters=BASIC)
    assert error(events.create_connection, Name=unique, AuthorizationType="BASIC", AuthParameters=BASIC) == (
        "ResourceAlreadyExistsException",
        f"Connection {unique} already exists.",
    )
    code, message = error(events.create_connection, Name=unique + "2", AuthorizationType="BASIC", AuthParameters=KEY)
    assert code == "ValidationException" and "BasicAuthParameters" in message


def test_list_pages(events, unique):
    for letter in "abc":
        events.create_connection(Name=f"{unique}-{letter}", AuthorizationType="BASIC", AuthParameters=BASIC)
    first = events.list_connections(NamePrefix=unique, Limit=2)
    second = events.list_connections(NamePrefix=unique, Limit=2, NextToken=first["NextToken"])
    names = [found["Name"] for found in first["Connections"] + second["Connections"]]
    assert names == [f"{unique}-{letter}" for letter in "abc"]
    assert "NextToken" not in second
    assert events.list_connections(NamePrefix=unique, ConnectionState="DEAUTHORIZED")["Connections"] == []
