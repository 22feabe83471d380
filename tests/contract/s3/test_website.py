"""Buckets as websites."""

import http.client
from collections.abc import Callable
from typing import Any

import pytest

from penstock.testing import TestRuntime

SITE = {"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "error.html"}}
PAGES = {"index.html": b"home", "docs/index.html": b"docs", "a.css": b"css", "error.html": b"sorry"}


@pytest.fixture
def visit(penstock: TestRuntime, bucket: str) -> Callable[..., tuple[int, dict[str, str], bytes]]:
    """`visit(path)`: (status, headers, body) of the bucket's website."""

    def get(path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", int(penstock.endpoint.rpartition(":")[2]))
        connection.request(method, path, headers={"Host": f"{bucket}.s3-website.localhost", **headers})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()

    return get


@pytest.fixture
def site(s3: Any, bucket: str) -> Callable[..., None]:
    def make(**more: Any) -> None:
        for key, body in PAGES.items():
            s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType="text/x")
        s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration={**SITE, **more})

    return make


def test_pages_and_index_documents(site: Any, visit: Any) -> None:
    site()
    assert visit("/")[::2] == (200, b"home")
    assert visit("/docs/")[::2] == (200, b"docs")
    assert visit("/a.css")[1]["content-type"] == "text/x"
    status, headers, _ = visit("/docs")
    assert (status, headers["location"]) == (302, "/docs/")
    assert visit("/a.css", Range="bytes=1-")[::2] == (206, b"ss")
    etag = visit("/a.css")[1]["etag"]
    assert visit("/a.css", **{"If-None-Match": etag})[0] == 304
    status, headers, body = visit("/a.css", "HEAD")
    assert (status, headers["content-length"], body) == (200, "3", b"")


def test_what_is_not_there(s3: Any, bucket: str, site: Any, visit: Any) -> None:
    status, headers, body = visit("/")
    assert (status, headers["x-amz-error-code"]) == (404, "NoSuchWebsiteConfiguration")
    site()
    assert visit("/nope")[::2] == (404, b"sorry")
    s3.delete_object(Bucket=bucket, Key="error.html")
    status, headers, body = visit("/<nope>")
    assert (status, headers["x-amz-error-code"], b"<li>Key: &lt;nope&gt;</li>" in body) == (404, "NoSuchKey", True)
    assert visit("/", "POST")[0] == 405


def test_redirects(s3: Any, bucket: str, site: Any, visit: Any) -> None:
    moved = {"Condition": {"KeyPrefixEquals": "old/"}, "Redirect": {"ReplaceKeyPrefixWith": "new/"}}
    lost = {
        "Condition": {"HttpErrorCodeReturnedEquals": "404"},
        "Redirect": {"HostName": "example.com", "ReplaceKeyWith": "lost", "HttpRedirectCode": "302"},
    }
    site(RoutingRules=[moved, lost])
    status, headers, _ = visit("/old/x%20y")
    assert (status, headers["location"]) == (301, f"http://{bucket}.s3-website.localhost/new/x%20y")
    status, headers, _ = visit("/nope")
    assert (status, headers["location"]) == (302, "http://example.com/lost")
    s3.put_object(Bucket=bucket, Key="there", WebsiteRedirectLocation="/a.css")
    assert visit("/there")[1]["location"] == "/a.css"
    everything = {"RedirectAllRequestsTo": {"HostName": "example.com", "Protocol": "https"}}
    s3.put_bucket_website(Bucket=bucket, WebsiteConfiguration=everything)
    assert visit("/a/b")[1]["location"] == "https://example.com/a/b"


def test_the_url_of_a_template_s_website(s3: Any, deploy: Any, penstock: TestRuntime) -> None:
    properties = {"WebsiteConfiguration": {"IndexDocument": "index.html"}}
    outputs = {"Url": {"Fn::GetAtt": ["B", "WebsiteURL"]}, "Name": {"Ref": "B"}}
    made = deploy({"B": {"Type": "AWS::S3::Bucket", "Properties": properties}}, **outputs)
    assert made["Url"] == f"http://{made['Name']}.s3-website.localhost:{penstock.endpoint.rpartition(':')[2]}"
