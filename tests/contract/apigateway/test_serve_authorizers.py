"""Lambda authorizers: tokens and requests, policies, caching, what the function is told."""

import pytest

TOKEN = {"type": "TOKEN", "identitySource": "method.request.header.Authorization"}


def policy(effect="Allow", resource="*", **more):
    statement = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": resource}
    return {"principalId": "ann", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}, **more}


@pytest.fixture
def guarded(api, functions):
    """`guarded(authorizer function, **settings)` -> the ARNs of the authorizer and of the function behind it."""

    def build(handler, **settings):
        arn = functions.make(handler)
        request = {"name": "a", "authorizerUri": functions.uri(arn), **TOKEN, **settings}
        made = api.client.create_authorizer(restApiId=api.id, **request)["id"]
        method = {"authorizationType": "CUSTOM", "authorizerId": made}
        function = api.function("/a/{id}", lambda event: {"statusCode": 200, "body": "in"}, **method)
        api.function("/b", lambda event: {"statusCode": 200, "body": "in"}, **method)
        api.deploy()
        return arn, function

    return build


def call(api, token="yes", path="/a/7"):
    return api.call(path, headers={"Authorization": token} if token else {})


def test_a_token_authorizer(api, guarded, functions):
    context = {"s": "text", "n": 1, "b": True}
    asked, function = guarded(lambda event: policy(context=context))
    assert call(api).body == b"in"
    [event] = functions.events(asked)
    arn = f"arn:aws:execute-api:us-east-1:000000000000:{api.id}/dev/GET/a/7"
    assert event == {"type": "TOKEN", "authorizationToken": "yes", "methodArn": arn}
    told = functions.events(function)[0]["requestContext"]["authorizer"]
    assert told == {"principalId": "ann", "s": "text", "n": "1", "b": "true", "integrationLatency": 0}


@pytest.mark.parametrize("handler", [lambda event: policy("Deny"), lambda event: policy(resource="arn:other")])
def test_a_denial(api, guarded, handler):
    guarded(handler)
    answer = call(api)
    explicit = " with an explicit deny" if handler({})["policyDocument"]["Statement"][0]["Effect"] == "Deny" else ""
    message = f"User is not authorized to access this resource{explicit}"
    assert (answer.status, answer.json) == (403, {"Message": message})
    assert answer.headers["x-amzn-ErrorType"] == "AccessDeniedException"


def test_a_missing_or_invalid_token_is_not_asked_about(api, guarded, functions):
    asked, _ = guarded(lambda event: policy(), identityValidationExpression="y.*")
    for token in ("", "no"):
        answer = call(api, token)
        assert (answer.status, answer.json) == (401, {"message": "Unauthorized"})
        assert answer.headers["x-amzn-ErrorType"] == "UnauthorizedException"
    assert functions.events(asked) == []


def refuse(event):
    raise ValueError("Unauthorized")


def fail(event):
    raise ValueError("boom")


@pytest.mark.parametrize(
    ("handler", "status", "message"),
    [
        (refuse, 401, "Unauthorized"),
        (fail, 500, None),
        (lambda event: {"principalId": "x"}, 500, None),
        (lambda event: "text", 500, None),
        (lambda event: policy(context={"nested": {"a": 1}}), 500, None),
    ],
)
def test_an_authorizer_that_fails(api, guarded, handler, status, message):
    guarded(handler)
    assert (call(api).status, call(api).json) == (status, {"message": message})


def test_answers_are_remembered_by_token(api, guarded, functions):
    asked, _ = guarded(lambda event: policy(resource=event["methodArn"]), authorizerResultTtlInSeconds=300)
    assert [call(api).status, call(api).status] == [200, 200]
    assert len(functions.events(asked)) == 1
    assert call(api, path="/b").status == 403  # the remembered policy says nothing of it
    assert call(api, "other", "/b").status == 200
    functions.runtime.advance(301)
    assert call(api, path="/b").status == 200


def test_without_a_ttl_every_request_is_asked_about(api, guarded, functions):
    asked, _ = guarded(lambda event: policy(), authorizerResultTtlInSeconds=0)
    call(api)
    call(api)
    assert len(functions.events(asked)) == 2


def test_a_request_authorizer(api, guarded, functions):
    source = "method.request.header.X-Id, method.request.querystring.q"
    asked, _ = guarded(lambda event: policy(), type="REQUEST", identitySource=source)
    assert api.call("/a/7?q=1").status == 401
    assert api.call("/a/7?q=1", headers={"X-Id": "me"}).status == 200
    [event] = functions.events(asked)
    assert (event["type"], event["resource"], event["path"]) == ("REQUEST", "/a/{id}", "/a/7")
    assert event["pathParameters"] == {"id": "7"}
    assert event["queryStringParameters"] == {"q": "1"}
    assert event["headers"]["X-Id"] == "me"
    assert event["requestContext"]["resourcePath"] == "/a/{id}"


def test_a_key_from_the_authorizer(make_api, functions, unique):
    api = make_api(apiKeySource="AUTHORIZER")
    value = unique * 2
    arn = functions.make(lambda event: policy(usageIdentifierKey=value))
    made = api.client.create_authorizer(restApiId=api.id, name="a", authorizerUri=functions.uri(arn), **TOKEN)["id"]
    settings = {"authorizationType": "CUSTOM", "authorizerId": made, "apiKeyRequired": True}
    api.function("/a/{id}", lambda event: {"statusCode": 200}, **settings)
    api.deploy()
    assert call(api).status == 403
    key = api.client.create_api_key(name="k", enabled=True, value=value)["id"]
    plan = api.client.create_usage_plan(name="p", apiStages=[{"apiId": api.id, "stage": "dev"}])["id"]
    api.client.create_usage_plan_key(usagePlanId=plan, keyId=key, keyType="API_KEY")
    assert call(api).status == 200
