"""Lambda integrations that are no proxies: mapped requests, selection by error message."""

import pytest


@pytest.fixture
def mapped(api):
    def build(handler, responses, **settings):
        uri = api.functions.uri(api.functions.make(handler))
        integration = {"type": "AWS", "integrationHttpMethod": "POST", "uri": uri, **settings}
        api.method("/a", "POST", integration)
        for status, response in responses.items():
            api.client.put_method_response(**api.where("/a", "POST"), statusCode=status)
            api.client.put_integration_response(**api.where("/a", "POST"), statusCode=status, **response)
        api.deploy()

    return build


def test_the_body_goes_through(api, mapped):
    mapped(lambda event: {"got": event}, {"200": {}})
    answer = api.call("/a", "POST", b'{"x":1}')
    assert (answer.status, answer.json) == (200, {"got": {"x": 1}})


def test_errors_select_the_response(api, mapped):
    def handler(event):
        if event["fail"]:
            raise ValueError(f"Error: {event['fail']}")
        return "Pass"

    responses = {
        "200": {},
        "405": {"selectionPattern": ".*400.*"},
        "502": {
            "selectionPattern": ".*5\\d\\d",
            "responseTemplates": {"application/json": "$input.path('$.errorMessage')"},
        },
    }
    mapped(handler, responses)
    answers = [api.call("/a", "POST", b'{"fail": "%s"}' % text) for text in (b"", b"400 x", b"501", b"other")]
    assert [answer.status for answer in answers] == [200, 405, 502, 200]
    assert answers[1].json["errorMessage"] == "Error: 400 x"
    assert answers[2].body == b"Error: 501"
