"""CORS: the gateway answers preflights, and adds its headers to answers."""

import pytest

ORIGIN = "http://app.localhost:3000"
CORS = {
    "AllowOrigins": [ORIGIN],
    "AllowMethods": ["GET", "POST"],
    "AllowHeaders": ["content-type", "x-a"],
    "ExposeHeaders": ["x-b"],
    "MaxAge": 60,
    "AllowCredentials": True,
}
PREFLIGHT = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}


@pytest.fixture
def shared(make_api):
    return make_api(CorsConfiguration=CORS)


def test_a_preflight_needs_no_route(shared):
    answer = shared.call("/anything", "OPTIONS", headers=PREFLIGHT)
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["access-control-allow-methods"] == "GET,POST"
    assert answer.headers["access-control-allow-headers"] == "content-type,x-a"
    assert answer.headers["access-control-max-age"] == "60"
    assert answer.headers["access-control-allow-credentials"] == "true"


def test_another_origin_gets_no_headers(shared):
    answer = shared.call("/a", "OPTIONS", headers={**PREFLIGHT, "Origin": "http://other.localhost"})
    assert answer.status == 204
    assert "access-control-allow-origin" not in answer.headers


def test_answers_carry_the_gateways_headers_not_the_backends(shared):
    result = {"statusCode": 200, "headers": {"Access-Control-Allow-Origin": "*"}, "body": "ok"}
    shared.function("GET /a", lambda event: result)
    answer = shared.call("/a", headers={"Origin": ORIGIN})
    assert answer.headers.get_all("access-control-allow-origin") == [ORIGIN]
    assert answer.headers["access-control-expose-headers"] == "x-b"
    assert "access-control-allow-origin" not in shared.call("/a").headers


def test_errors_carry_them_too(shared):
    assert shared.call("/nowhere", headers={"Origin": ORIGIN}).headers["access-control-allow-origin"] == ORIGIN


def test_any_origin(make_api):
    api = make_api(CorsConfiguration={"AllowOrigins": ["*"]})
    answer = api.call("/a", "OPTIONS", headers=PREFLIGHT)
    assert answer.headers["access-control-allow-origin"] == "*"


def test_without_a_configuration_options_is_a_method_like_any_other(api):
    api.function("OPTIONS /a", lambda event: {"statusCode": 200, "headers": {"x-mine": "1"}, "body": ""})
    assert api.call("/a", "OPTIONS", headers=PREFLIGHT).headers["x-mine"] == "1"
