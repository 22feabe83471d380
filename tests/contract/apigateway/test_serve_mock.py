"""Mock integrations: templates, mappings, selection of responses."""

import json

import pytest


@pytest.fixture
def mapped(api):
    """`mapped(template, **response)`: a POST whose mock integration answers with a rendered template."""

    def build(template, request='{"statusCode": 200}', parameters=None, **integration):
        where = api.where("/a/{id}", "POST")
        settings = {"type": "MOCK", "requestTemplates": {"application/json": request}, **integration}
        api.method("/a/{id}", "POST", settings)
        declared = dict.fromkeys(parameters or {}, True)
        api.client.put_method_response(**where, statusCode="200", responseParameters=declared)
        mapping = {"responseTemplates": {"application/json": template}, "responseParameters": parameters or {}}
        api.client.put_integration_response(**where, statusCode="200", **mapping)
        api.deploy(variables={"color": "green"})

    return build


def post(api, body=b'{"a":{"b":[1,2]},"s":"it\'s"}', path="/a/7?q=x%20y", **headers):
    return api.call(path, "POST", body, {"Content-Type": "application/json", **headers})


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("$input.params('id') $input.params('q') $input.params('X-H')", "7 x y head"),
        ("$input.params().path.id $input.params().querystring.q", "7 x y"),
        (
            "$context.stage $context.httpMethod $context.resourcePath $context.identity.sourceIp",
            "dev POST /a/{id} 127.0.0.1",
        ),
        ("$stageVariables.color ${stageVariables.color}s", "green greens"),
        ("[$context.nothing.here][$!x][$input.params('no')]", "[][][]"),
        ("$util.urlEncode('a b/c') $util.urlDecode('a+b%2Fc')", "a+b%2Fc a b/c"),
        ("$util.base64Encode('hi') $util.base64Decode('aGk=')", "aGk= hi"),
        ("#foreach($p in $input.params().path.keySet())$p=$input.params().path.get($p);#end", "id=7;"),
    ],
)
def test_what_a_response_template_sees(api, mapped, template, expected):
    mapped(template)
    answer = post(api, **{"X-H": "head"})
    assert (answer.status, answer.body.decode()) == (200, expected)
    assert answer.headers["Content-Type"] == "application/json"


def test_the_cdks_loose_json_is_understood(api, mapped):
    mapped("fine", request="{ statusCode: 200 }")
    assert post(api).body == b"fine"


@pytest.mark.parametrize("request_", ["{}", '{"statusCode": "x"}', "#if(", ""])
def test_a_template_without_a_status_is_500(api, mapped, request_):
    mapped("never", request=request_)
    answer = post(api, b"")
    assert (answer.status, answer.json) == (500, {"message": "Internal server error"})


def test_the_request_template_sees_the_body(api, mapped):
    mapped("$context.status", request="#if($input.path('$.a.b[1]') == 2){\"statusCode\": 200}#{else}{}#end")
    assert post(api).status == 200
    assert post(api, b"{}").status == 500


def test_responses_are_selected_by_status(api):
    where = api.where("/a", "GET")
    request = {"application/json": '{"statusCode": $input.params("s")}'}
    api.method("/a", "GET", {"type": "MOCK", "requestTemplates": request})
    for status, pattern in (("200", ""), ("404", "4\\d\\d"), ("503", "5.*")):
        api.client.put_method_response(**where, statusCode=status)
        api.client.put_integration_response(**where, statusCode=status, selectionPattern=pattern)
    api.deploy()
    assert [api.call(f"/a?s={s}").status for s in (200, 201, 404, 499, 500)] == [200, 200, 404, 404, 503]


def test_without_a_matching_response_it_is_500(api):
    where = api.where("/a", "GET")
    api.method("/a", "GET", {"type": "MOCK", "requestTemplates": {"application/json": '{"statusCode": 200}'}})
    api.client.put_integration_response(**where, statusCode="404", selectionPattern="404")
    api.deploy()
    assert api.call("/a").status == 500


def test_headers_are_mapped(api, mapped):
    parameters = {
        "method.response.header.X-Literal": "'a,b'",
        "method.response.header.X-Stage": "context.stage",
        "method.response.header.X-Color": "stageVariables.color",
        "method.response.header.X-None": "integration.response.header.nothing",
    }
    mapped("ok", parameters=parameters)
    headers = post(api).headers
    assert (headers["X-Literal"], headers["X-Stage"], headers["X-Color"]) == ("a,b", "dev", "green")
    assert "X-None" not in headers


def test_templates_override_status_and_headers(api, mapped):
    template = "#set($context.responseOverride.status = 418)#set($context.responseOverride.header.X-A = 'b')tea"
    mapped(template, parameters={"method.response.header.X-A": "'a'"})
    answer = post(api)
    assert (answer.status, answer.headers.get_all("X-A"), answer.body) == (418, ["b"], b"tea")


def test_templates_are_chosen_by_what_the_client_accepts(api, mapped):
    mapped('{"json": 1}')
    change = [{"op": "add", "path": "/responseTemplates/application~1xml", "value": "<xml/>"}]
    where = {**api.where("/a/{id}", "POST"), "statusCode": "200"}
    api.client.update_integration_response(**where, patchOperations=change)
    api.deploy()
    answer = post(api, Accept="application/xml")
    assert (answer.body, answer.headers["Content-Type"]) == (b"<xml/>", "application/xml")
    assert post(api, Accept="text/html").body == b'{"json": 1}'


@pytest.mark.parametrize(
    ("behavior", "kind", "status"),
    [("NEVER", "text/plain", 415), ("WHEN_NO_TEMPLATES", "text/plain", 415), ("NEVER", "application/json", 200)],
)
def test_media_types_without_a_template(api, mapped, behavior, kind, status):
    mapped("ok", passthroughBehavior=behavior)
    answer = api.call("/a/7", "POST", b'{"statusCode": 200}', {"Content-Type": kind})
    assert answer.status == status
    if status == 415:
        assert answer.json == {"message": "Unsupported Media Type"}


def test_preflights(api):
    where = api.where("/a", "OPTIONS")
    headers = {"Access-Control-Allow-Origin": "'*'", "Access-Control-Allow-Methods": "'OPTIONS,GET'"}
    parameters = {f"method.response.header.{name}": value for name, value in headers.items()}
    api.method("/a", "OPTIONS", {"type": "MOCK", "requestTemplates": {"application/json": "{ statusCode: 200 }"}})
    api.client.put_method_response(**where, statusCode="204", responseParameters=dict.fromkeys(parameters, True))
    api.client.put_integration_response(**where, statusCode="204", responseParameters=parameters)
    api.deploy()
    preflight = {"Origin": "http://app.localhost", "Access-Control-Request-Method": "GET"}
    answer = api.call("/a", "OPTIONS", headers=preflight)
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Access-Control-Allow-Methods"] == "OPTIONS,GET"


def test_input_json_and_path(api):
    """They see the request in a request template, which a Lambda integration hands on."""
    arn = api.functions.make(lambda event: event)
    template = (
        '{"all": $input.json("$"), "b": $input.json("$.a.b"), "s": "$util.escapeJavaScript($input.path("$.s"))", '
        '"n": $input.path("$.a.b").size(), "body": $util.toJson($util.parseJson($input.body)), '
        '"id": "$input.params("id")"}'
    )
    settings = {"type": "AWS", "integrationHttpMethod": "POST", "uri": api.functions.uri(arn)}
    api.method("/a/{id}", "POST", {**settings, "requestTemplates": {"application/json": template.replace("\\'", "'")}})
    api.client.put_integration_response(**api.where("/a/{id}", "POST"), statusCode="200")
    api.deploy()
    body = {"a": {"b": [1, 2]}, "s": 'say "x"'}
    answer = post(api, json.dumps(body).encode())
    assert answer.json == {"all": body, "b": [1, 2], "s": 'say "x"', "n": 2, "body": body, "id": "7"}


def test_a_line_break_begins_no_header(api, mapped):
    parameters = {"method.response.header.X-Q": "method.request.querystring.q"}
    mapped("#set($context.responseOverride.header.X-T = $input.params('q'))ok", parameters=parameters)
    headers = post(api, path="/a/7?q=a%0d%0aX-Evil:%201").headers
    assert "X-Evil" not in headers
    assert headers["X-T"] == "a  X-Evil: 1"
