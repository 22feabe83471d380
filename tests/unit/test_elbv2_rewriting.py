"""Transforms of rules and regular expressions, without a load balancer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.base.errors import AwsError
from penstock.services.elbv2 import regexes
from penstock.services.elbv2.serving.rewriting import Unfit, compile_transforms
from penstock.wire.message import Request
from penstock.wire.model import Json


def url(regex: str, replace: str) -> Json:
    return {"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [{"Regex": regex, "Replace": replace}]}}


def host(regex: str, replace: str) -> Json:
    rewrites = [{"Regex": regex, "Replace": replace}]
    return {"Type": "host-header-rewrite", "HostHeaderRewriteConfig": {"Rewrites": rewrites}}


def rewritten(target: str, name: str, *transforms: Json) -> tuple[str, str]:
    path, _, query = target.partition("?")
    request = Request("GET", path, query, {"host": name}, raw=[(b"Host", name.encode()), (b"X", b"1")])
    transform = compile_transforms(list(transforms))
    assert transform is not None
    changed = transform(request)
    assert changed.raw_headers == [("Host", changed.headers["host"]), ("X", "1")]
    return changed.target, changed.headers["host"]


@pytest.mark.parametrize(
    ("target", "regex", "replace", "expected"),
    [
        ("/dp/B09G3HRMW", "^/dp/([A-Za-z0-9]+)/?$", "/product.php?id=$1", "/product.php?id=B09G3HRMW"),
        ("/foo?q=1", "^([^?]*)", "/cat", "/cat?q=1"),
        ("/foo/bar?q=1", "(^/foo(/)?)", "/cat$2", "/cat/bar?q=1"),
        ("/foo?q=1", "(^/foo(/)?)", "/cat$2", "/cat?q=1"),
        ("/a/a", "/a", "/b", "/b/a"),
        ("/v1/x", "^/v1/(.*)", "/${1}2", "/x2"),
        ("/v1/x", "^/v1/(.*)", "/$1$9", "/x"),
        ("/?old=1", "old=", "new=", "/?new=1"),
        ("/other", "^/dp/", "/p/", "/other"),
        ("/A", "/a", "/b", "/A"),
    ],
)
def test_urls(target: str, regex: str, replace: str, expected: str) -> None:
    assert rewritten(target, "h.test", url(regex, replace)) == (expected, "h.test")


def test_hosts_keep_their_port() -> None:
    change = host("^mywebsite-(.+).com$", "internal.dev.$1.myweb.com")
    assert rewritten("/a", "mywebsite-example.com", change) == ("/a", "internal.dev.example.myweb.com")
    assert rewritten("/a", "mywebsite-example.com:8080", change) == ("/a", "internal.dev.example.myweb.com:8080")
    assert rewritten("/a", "other.com", change) == ("/a", "other.com")
    assert rewritten("/a", "other.com", host(".*", "foo.com")) == ("/a", "foo.com")


def test_both_at_once() -> None:
    assert rewritten("/a", "h.test", url("a", "b"), host("^h", "i")) == ("/b", "i.test")


@pytest.mark.parametrize("transform", [url("^/", ""), url("a", "b c"), url("a", "\r\nX: y"), host("h", "a b")])
def test_what_comes_of_it_must_be_a_request(transform: Json) -> None:
    with pytest.raises(Unfit):
        rewritten("/a", "h.test", transform)


def test_no_transforms_are_no_function() -> None:
    assert compile_transforms([]) is None


@pytest.mark.parametrize(
    "value", [r"^\/api\/(.*)$", "(?:a|b)", "(?i)x", r"a\(\?=", r"[*+]+", r"\\", r"a{2,3}", r"\d+\.\w", "(?P<n>x)"]
)
def test_regular_expressions_that_are_taken(value: str) -> None:
    regexes.check(value)


@pytest.mark.parametrize(
    "value", ["(?=a)", "(?!a)", "(?<=a)", "(?<!a)", r"(a)\1", "(?>a)", "a++", "a*+", "(?R)", r"\p{L}", "(", "[a", "*"]
)
def test_regular_expressions_that_are_not(value: str) -> None:
    with pytest.raises(AwsError):
        regexes.check(value)


@given(st.text(max_size=40))
def test_a_check_raises_nothing_else(value: str) -> None:
    try:
        regexes.check(value)
    except AwsError:
        return
    regexes.compiled(value)
