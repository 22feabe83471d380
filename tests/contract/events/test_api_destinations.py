"""API destinations: kept, and called as targets: parameters, tokens, rates, retries, dead letters."""

import json
from urllib.parse import parse_qs

import pytest

from ..endpoint import Endpoint

BASIC = {"BasicAuthParameters": {"Username": "me", "Password": "hush"}}


@pytest.fixture
def endpoint():
    made = Endpoint()
    yield made
    made.kill()


@pytest.fixture
def destination(events, unique):
    """`destination(url, auth, kind, **settings)`: its ARN."""

    def make(url, auth=BASIC, kind="BASIC", **settings):
        made = events.create_connection(Name=unique, AuthorizationType=kind, AuthParameters=auth)
        request = {"Name": unique, "HttpMethod": "POST", **settings}
        answer = events.create_api_destination(ConnectionArn=made["ConnectionArn"], InvocationEndpoint=url, **request)
        return answer["ApiDestinationArn"]

    return make


@pytest.fixture
def dead(queue):
    return queue("dead")


@pytest.fixture
def target(rule, dead):
    """`target(arn, **members)`: the only target of the test's rule."""

    def put(arn, **members):
        rule({"Arn": arn, "DeadLetterConfig": {"Arn": dead[1]}, **members})

    return put


@pytest.fixture
def settle(penstock):
    return penstock.settle


def attributes(received, dead):
    [message] = received(dead[0])
    return {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}


def test_create_describe_update_list_delete(events, unique, destination, error):
    arn = destination("http://127.0.0.1:9/*", InvocationRateLimitPerSecond=7)
    assert arn.startswith(f"arn:aws:events:us-east-1:000000000000:api-destination/{unique}/")
    found = events.describe_api_destination(Name=unique)
    assert (found["ApiDestinationState"], found["InvocationRateLimitPerSecond"]) == ("ACTIVE", 7)
    events.update_api_destination(Name=unique, HttpMethod="PUT")
    [listed] = events.list_api_destinations(ConnectionArn=found["ConnectionArn"])["ApiDestinations"]
    assert (listed["HttpMethod"], listed["InvocationEndpoint"]) == ("PUT", "http://127.0.0.1:9/*")
    events.deauthorize_connection(Name=unique)
    assert events.describe_api_destination(Name=unique)["ApiDestinationState"] == "INACTIVE"
    events.delete_api_destination(Name=unique)
    assert error(events.describe_api_destination, Name=unique) == (
        "ResourceNotFoundException",
        f"Failed to describe the api-destination(s). An api-destination '{unique}' does not exist.",
    )


def test_an_event_with_all_parameters(destination, target, put, settle, endpoint):
    extra = {
        "HeaderParameters": [{"Key": "X-From", "Value": "connection"}],
        "QueryStringParameters": [{"Key": "q", "Value": "connection"}],
        "BodyParameters": [{"Key": "added", "Value": "yes"}],
    }
    auth = {
        "ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "hush"},
        "InvocationHttpParameters": extra,
    }
    arn = destination(endpoint.url + "/a/*/b/*", auth, "API_KEY", HttpMethod="PUT")
    http = {
        "PathParameterValues": ["one", "t/wo"],
        "HeaderParameters": {"x-from": "target", "X-Own": "1"},
        "QueryStringParameters": {"q": "target", "r": "s t"},
    }
    target(arn, HttpParameters=http, InputPath="$.detail")
    put({"n": 1})
    settle()
    [asked] = endpoint.asked
    assert (asked.method, asked.path) == ("PUT", "/a/one/b/t%2Fwo?q=connection&r=s+t")
    assert asked.document == {"n": 1, "added": "yes"}
    wanted = {"x-key": "hush", "x-from": "connection", "x-own": "1", "user-agent": "Amazon/EventBridge/ApiDestinations"}
    assert wanted.items() <= asked.headers.items()


def test_basic(destination, target, put, settle, endpoint):
    target(destination(endpoint.url))
    put()
    settle()
    assert endpoint.asked[0].headers["authorization"] == "Basic bWU6aHVzaA=="


def oauth(endpoint):
    parameters = {"BodyParameters": [{"Key": "audience", "Value": "us"}]}
    return {
        "OAuthParameters": {
            "ClientParameters": {"ClientID": "id", "ClientSecret": "hush"},
            "AuthorizationEndpoint": endpoint.url + "/token",
            "HttpMethod": "POST",
            "OAuthHttpParameters": parameters,
        }
    }


def test_tokens_are_kept_renewed_and_replaced_when_refused(
    events, unique, destination, target, put, settle, endpoint, advance
):
    target(destination(endpoint.url, oauth(endpoint), "OAUTH_CLIENT_CREDENTIALS"))
    settle()
    found = events.describe_connection(Name=unique)
    assert found["ConnectionState"] == "AUTHORIZED"
    assert found["AuthParameters"]["OAuthParameters"]["ClientParameters"] == {"ClientID": "id"}
    assert parse_qs(endpoint.tokens[0].body) == {
        "grant_type": ["client_credentials"],
        "client_id": ["id"],
        "client_secret": ["hush"],
        "audience": ["us"],
    }
    for _ in range(2):
        put()
    settle()
    endpoint.answers = [(401, {}, {})]
    put()
    settle()
    advance(4000)
    put()
    settle()
    used = [asked.headers["authorization"] for asked in endpoint.asked]
    assert used == ["Bearer t1", "Bearer t1", "Bearer t1", "Bearer t2", "Bearer t3"]


def test_a_connection_without_a_token(events, unique, destination, endpoint, settle):
    auth = oauth(endpoint)
    auth["OAuthParameters"]["AuthorizationEndpoint"] = "https://auth.example.com/token"
    destination(endpoint.url, auth, "OAUTH_CLIENT_CREDENTIALS")
    settle()
    found = events.describe_connection(Name=unique)
    assert found["ConnectionState"] == "DEAUTHORIZED"
    assert "this machine" in found["StateReason"]


@pytest.mark.parametrize("status", [409, 429, 500, 503])
def test_what_may_pass_is_tried_again(destination, target, put, settle, endpoint, advance, status):
    endpoint.answers = [(status, {}, {})] * 2
    target(destination(endpoint.url))
    put()
    settle()
    advance(60)
    assert len(endpoint.asked) == 3


@pytest.mark.parametrize("status", [302, 400, 404])
def test_what_cannot_pass_is_a_dead_letter(destination, target, put, settle, endpoint, advance, received, dead, status):
    endpoint.answers = [(status, {}, {})]
    target(destination(endpoint.url))
    put()
    settle()
    advance(60)
    assert len(endpoint.asked) == 1
    found = attributes(received, dead)
    assert found["ERROR_CODE"] == "SDK_CLIENT_ERROR"
    assert found["ERROR_MESSAGE"] == f"Unable to invoke ApiDestination endpoint: the endpoint answered {status}"


def test_retry_after_is_honoured(destination, target, put, settle, endpoint, advance):
    endpoint.answers = [(429, {"Retry-After": "300"}, {})]
    target(destination(endpoint.url))
    put()
    settle()
    advance(290)
    assert len(endpoint.asked) == 1
    advance(20)
    assert len(endpoint.asked) == 2


def test_a_negative_retry_after_ends_it(destination, target, put, settle, endpoint, advance, received, dead):
    endpoint.answers = [(503, {"Retry-After": "-1"}, {})]
    target(destination(endpoint.url))
    put()
    settle()
    assert attributes(received, dead)["ERROR_CODE"] == "ERROR_FROM_TARGET"


def test_nobody_listens(destination, target, put, settle, advance, received, dead):
    target(destination("http://127.0.0.1:9/"), RetryPolicy={"MaximumRetryAttempts": 1})
    put()
    settle()
    advance(60)
    found = attributes(received, dead)
    assert (found["ERROR_CODE"], found["EXHAUSTED_RETRY_CONDITION"]) == ("CONNECTION_FAILURE", "MaximumRetryAttempts")


def test_nothing_leaves_the_machine(destination, target, put, settle, received, dead):
    target(destination("https://example.com/hook"))
    put()
    settle()
    found = attributes(received, dead)
    assert found["ERROR_CODE"] == "SDK_CLIENT_ERROR"
    assert "this machine" in found["ERROR_MESSAGE"]


def test_the_rate_is_kept(destination, target, put, settle, endpoint, advance):
    target(destination(endpoint.url, InvocationRateLimitPerSecond=2))
    for _ in range(6):
        put()
    advance(0.1)
    assert len(endpoint.asked) == 2
    advance(1.0)
    assert len(endpoint.asked) == 4
    advance(1.0)
    assert len(endpoint.asked) == 6


def test_an_event_that_would_wait_too_long(destination, target, put, advance, endpoint, received, dead):
    target(destination(endpoint.url, InvocationRateLimitPerSecond=1), RetryPolicy={"MaximumEventAgeInSeconds": 60})
    for _ in range(80):
        put()
    advance(70)
    assert len(endpoint.asked) < 80
    found = {message["MessageAttributes"]["ERROR_CODE"]["StringValue"] for message in received(dead[0])}
    assert found == {"THROTTLING"}


def test_cloudformation(deploy, events, endpoint, client):
    resources = {
        "Connection": {
            "Type": "AWS::Events::Connection",
            "Properties": {
                "AuthorizationType": "API_KEY",
                "AuthParameters": {"ApiKeyAuthParameters": {"ApiKeyName": "k", "ApiKeyValue": "v"}},
            },
        },
        "Destination": {
            "Type": "AWS::Events::ApiDestination",
            "Properties": {
                "ConnectionArn": {"Fn::GetAtt": ["Connection", "Arn"]},
                "InvocationEndpoint": endpoint.url,
                "HttpMethod": "POST",
                "InvocationRateLimitPerSecond": 10,
            },
        },
    }
    secret, policy = {"Fn::GetAtt": ["Connection", "SecretArn"]}, {"Fn::GetAtt": ["Destination", "ArnForPolicy"]}
    outputs = deploy(resources, Name={"Ref": "Destination"}, Secret=secret, Policy=policy)
    found = events.describe_api_destination(Name=outputs["Name"])
    assert found["ApiDestinationArn"].startswith(outputs["Policy"] + "/")
    value = client("secretsmanager").get_secret_value(SecretId=outputs["Secret"])["SecretString"]
    assert json.loads(value)["api_key_value"] == "v"
    resources["Destination"]["Properties"]["HttpMethod"] = "PUT"
    deploy(resources)
    assert events.describe_api_destination(Name=outputs["Name"])["HttpMethod"] == "PUT"
