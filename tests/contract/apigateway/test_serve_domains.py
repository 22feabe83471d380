"""Requests by a custom domain name, and redirects of an API that is reached below a path."""

import http.client
import json

import pytest


@pytest.fixture
def ask(functions):
    """`ask(path, host)`: status, headers and body of a GET, redirects not followed."""

    def ask(path, host=None):
        connection = http.client.HTTPConnection("127.0.0.1", functions.runtime.runtime.config.port, timeout=30)
        connection.request("GET", path, headers={"Host": host} if host else {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()

    return ask


def seen(event):
    said = {name: event[name] for name in ("path", "resource", "pathParameters")}
    context = {name: event["requestContext"].get(name) for name in ("path", "domainName", "domainPrefix", "stage")}
    base = event["requestContext"].get("customDomain")
    return {"statusCode": 200, "body": json.dumps({**said, "context": context, "base": base})}


@pytest.fixture
def domain(api, unique):
    """A domain name: `v1` is the API's stage `dev`, anything else begins with a stage."""
    api.function("/pets/{id}", seen)
    api.deploy("dev")
    name = f"{unique}.example.com"
    api.client.create_domain_name(domainName=name)
    api.client.create_base_path_mapping(domainName=name, restApiId=api.id, basePath="v1", stage="dev")
    api.client.create_base_path_mapping(domainName=name, restApiId=api.id)
    return name


def test_a_name_is_reached_in_three_ways(domain, ask):
    for path, host in (
        ("/v1/pets/7", domain),
        ("/v1/pets/7", f"{domain.upper()}:4566"),
        ("/v1/pets/7", f"{domain}.localhost:4566"),
        (f"/_aws/custom-domain/{domain}/v1/pets/7", None),
    ):
        status, _, body = ask(path, host)
        assert status == 200, (path, host, body)
        event = json.loads(body)
        assert (event["path"], event["resource"]) == ("/v1/pets/7", "/pets/{id}")
        assert event["pathParameters"] == {"id": "7"}
        assert event["context"]["path"] == "/v1/pets/7"
        assert event["context"]["domainName"].lower() == domain
        assert (event["context"]["stage"], event["base"]) == ("dev", {"basePathMatched": "v1"})


def test_a_mapping_without_a_stage(domain, ask):
    status, _, body = ask("/dev/pets/7", domain)
    assert (status, json.loads(body)["context"]["path"]) == (200, "/dev/pets/7")
    assert ask("/prod/pets/7", domain)[0] == 403
    assert ask("/v10/pets/7", domain)[0] == 403


def test_only_its_apis_are_reached_by_a_name(domain, ask):
    assert ask("/_penstock/status", domain)[0] == 403
    status, _, body = ask("/", "elsewhere.example.com")
    assert (status, "is not local" in body) == (403, True)


def test_mappings_change_at_once(api, domain, ask):
    assert ask("/v1/pets/7", domain)[0] == 200
    api.client.delete_base_path_mapping(domainName=domain, basePath="v1")
    assert ask("/v1/pets/7", domain)[0] == 403
    change = [{"op": "replace", "path": "/basePath", "value": "v3"}]
    api.client.update_base_path_mapping(domainName=domain, basePath="(none)", patchOperations=change)
    assert ask("/v3/dev/pets/7", domain)[0] == 200
    api.client.delete_domain_name(domainName=domain)
    assert ask("/v3/dev/pets/7", domain)[2].startswith("Host ")


def test_a_closed_api_is_open_by_its_domain_name(api, domain, ask):
    change = [{"op": "replace", "path": "/disableExecuteApiEndpoint", "value": "true"}]
    api.client.update_rest_api(restApiId=api.id, patchOperations=change)
    api.deploy("dev")
    assert api.call("/pets/7").status == 403
    assert ask("/v1/pets/7", domain)[0] == 200


@pytest.fixture
def redirecting(make_api):
    def make(location):
        api = make_api()
        api.function("/a", lambda event: {"statusCode": 302, "headers": {"Location": location(event)}})
        api.deploy("dev")
        return api

    return make


def test_a_redirect_below_a_path_can_be_followed(redirecting, ask):
    api = redirecting(lambda event: event["requestContext"]["path"] + "?next=/x")
    below = f"/_aws/execute-api/{api.id}"
    assert ask(f"{below}/dev/a")[1]["Location"] == f"{below}/dev/a?next=/x"
    assert ask(ask(f"{below}/dev/a")[1]["Location"])[0] == 302
    assert ask("/dev/a", f"{api.id}.execute-api.localhost")[1]["Location"] == "/dev/a?next=/x"
    assert ask(f"/restapis/{api.id}/dev/_user_request_/a")[1]["Location"] == "/dev/a?next=/x"


def test_a_redirect_to_the_apis_host_is_one_below_its_path(redirecting, ask):
    api = redirecting(lambda event: f"http://{event['requestContext']['domainName']}/dev/b")
    below = f"/_aws/execute-api/{api.id}"
    assert ask(f"{below}/dev/a", "127.0.0.1:1234")[1]["Location"] == f"http://127.0.0.1:1234{below}/dev/b"


@pytest.mark.parametrize(
    "location", ["https://example.com/dev/b", "b", "//example.com/dev", "/_aws/execute-api/{}/dev"]
)
def test_any_other_redirect_stays_as_it_is(redirecting, ask, location):
    made = []
    api = redirecting(lambda event: location.format(made[0]))
    made.append(api.id)
    assert ask(f"/_aws/execute-api/{api.id}/dev/a")[1]["Location"] == location.format(api.id)


def test_redirects_by_a_domain_name_below_a_path(api, domain, ask):
    api.function("/r", lambda event: {"statusCode": 303, "headers": {"Location": "/v1/pets/7"}})
    api.deploy("dev")
    assert ask("/v1/r", domain)[1]["Location"] == "/v1/pets/7"
    below = f"/_aws/custom-domain/{domain}"
    assert ask(f"{below}/v1/r")[1]["Location"] == f"{below}/v1/pets/7"


@pytest.mark.parametrize("host", ["{}", "{}.localhost"])
def test_bodies_arrive_by_a_domain_name(api, domain, functions, host):
    """A PUT by another name would be an object for S3, whose body is handed on as it comes."""
    arn = api.function("/p/{id}", lambda event: {"statusCode": 200, "body": event["body"]}, "PUT")
    api.deploy("dev")
    connection = http.client.HTTPConnection("127.0.0.1", functions.runtime.runtime.config.port, timeout=30)
    connection.request("PUT", "/v1/p/1", body=b"x" * 200_000, headers={"Host": host.format(domain)})
    assert connection.getresponse().read() == b"x" * 200_000
    assert len(functions.events(arn)) == 1
