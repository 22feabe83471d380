"""Lambda authorizers: simple answers, policies, identity sources, caching."""

import pytest


@pytest.fixture
def guarded(api, functions):
    def build(handler, **settings):
        arn = functions.make(handler)
        made = api.client.create_authorizer(
            ApiId=api.id,
            Name="a",
            AuthorizerType="REQUEST",
            AuthorizerUri=functions.uri(arn),
            **{
                "AuthorizerPayloadFormatVersion": "2.0",
                "EnableSimpleResponses": True,
                "IdentitySource": ["$request.header.Authorization"],
                **settings,
            },
        )
        route = {"AuthorizationType": "CUSTOM", "AuthorizerId": made["AuthorizerId"]}
        return arn, api.function("GET /a/{id}", lambda event: event["requestContext"].get("authorizer"), **route)

    return build


def call(api, token="yes"):
    return api.call("/a/7", headers={"Authorization": token} if token else {})


def test_a_simple_answer(api, guarded, functions):
    asked, _ = guarded(lambda event: {"isAuthorized": event["identitySource"] == ["yes"], "context": {"user": "ann"}})
    assert call(api).json == {"lambda": {"user": "ann"}}
    assert (call(api, "no").status, call(api, "no").json) == (403, {"message": "Forbidden"})
    event = functions.events(asked)[0]
    assert (event["type"], event["version"], event["routeKey"]) == ("REQUEST", "2.0", "GET /a/{id}")
    assert event["routeArn"].endswith(f":{api.id}/$default/GET/a/7")
    assert event["pathParameters"] == {"id": "7"}


def test_a_missing_identity_is_401_without_asking(api, guarded, functions):
    asked, _ = guarded(lambda event: {"isAuthorized": True})
    assert (call(api, "").status, call(api, "").json) == (401, {"message": "Unauthorized"})
    assert functions.events(asked) == []


def test_a_policy(api, guarded):
    def allow(event):
        statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": event["routeArn"].replace("7", "*")}
        return {"principalId": "ann", "policyDocument": {"Statement": [statement]}, "context": {"n": 1}}

    guarded(allow, EnableSimpleResponses=False)
    assert call(api).json == {"lambda": {"n": 1, "principalId": "ann"}}


def test_an_authorizer_that_fails_is_500(api, guarded):
    guarded(lambda event: "what?")
    assert (call(api).status, call(api).json) == (500, {"message": "Internal Server Error"})


def test_answers_are_remembered_as_long_as_they_hold(api, guarded, functions):
    asked, _ = guarded(lambda event: {"isAuthorized": True}, AuthorizerResultTtlInSeconds=300)
    assert [call(api).status, call(api).status] == [200, 200]
    assert len(functions.events(asked)) == 1
    call(api, "other")
    assert len(functions.events(asked)) == 2
    functions.runtime.advance(301)
    call(api)
    assert len(functions.events(asked)) == 3


def test_signed_routes_want_a_signature(api):
    api.function("GET /signed", lambda event: event["requestContext"]["authorizer"], AuthorizationType="AWS_IAM")
    assert (api.call("/signed").status, api.call("/signed").json) == (403, {"message": "Forbidden"})
    signature = "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/execute-api/aws4_request, Signature=x"
    found = api.call("/signed", headers={"Authorization": signature}).json["iam"]
    assert (found["accessKey"], found["accountId"]) == ("AKIA", "000000000000")
    assert found["userArn"] == "arn:aws:iam::000000000000:root"


def test_in_format_1_the_signer_is_the_identity(api):
    def answer(event):
        context = event["requestContext"]
        return {"statusCode": 200, "body": f"{context['identity']['accessKey']} {'authorizer' in context}"}

    api.function("GET /signed", answer, version="1.0", AuthorizationType="AWS_IAM")
    signature = "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/execute-api/aws4_request, Signature=x"
    assert api.call("/signed", headers={"Authorization": signature}).body == b"AKIA False"


def test_without_an_identity_every_request_is_asked_about(api, guarded, functions):
    asked, _ = guarded(lambda event: {"isAuthorized": True}, IdentitySource=[], AuthorizerResultTtlInSeconds=0)
    assert [call(api).status, call(api).status] == [200, 200]
    assert len(functions.events(asked)) == 2


def test_a_policy_in_format_1(api, guarded, functions):
    def allow(event):
        statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": event["methodArn"]}
        return {"principalId": "ann", "policyDocument": {"Statement": [statement]}}

    asked, _ = guarded(allow, EnableSimpleResponses=False, AuthorizerPayloadFormatVersion="1.0")
    assert call(api).json == {"lambda": {"principalId": "ann"}}
    [event] = functions.events(asked)
    assert (event["version"], event["type"], event["authorizationToken"]) == ("1.0", "REQUEST", "yes")
    assert (event["identitySource"], event["httpMethod"], event["path"]) == ("yes", "GET", "/a/7")
