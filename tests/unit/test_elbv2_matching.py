"""Rules of listeners: each condition, and wildcards against a plain reading of what they mean."""

import functools

from hypothesis import given
from hypothesis import strategies as st

from penstock.services.elbv2.serving.matching import Rules, compile_condition, compile_texts
from penstock.wire.message import Request


def request(path="/", query="", method="GET", client="127.0.0.1", **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(method, path, query, named, client=client)


def condition(field, config, *values, **more):
    return compile_condition({"Field": field, config: {"Values": list(values), **more}})


def test_hosts_match_in_any_case_and_without_their_port():
    matches = condition("host-header", "HostHeaderConfig", "*.Example.com")
    assert matches(request(host="api.EXAMPLE.com:8080"))
    assert not matches(request(host="example.com"))
    assert not matches(request())


def test_paths_match_in_their_case_and_without_the_query():
    matches = condition("path-pattern", "PathPatternConfig", "/img/*", "/one")
    assert matches(request("/img/a.png", "v=1"))
    assert matches(request("/one"))
    assert not matches(request("/IMG/a.png"))
    assert not matches(request("/one/two"))


def test_headers_match_by_name_and_value_in_any_case():
    matches = condition("http-header", "HttpHeaderConfig", "*chrome*", HttpHeaderName="User-Agent")
    assert matches(request(user_agent="Mozilla Chrome/1"))
    assert not matches(request(user_agent="curl"))
    assert not matches(request())


def test_methods_match_exactly():
    matches = condition("http-request-method", "HttpRequestMethodConfig", "GET", "POST")
    assert matches(request(method="POST"))
    assert not matches(request(method="HEAD"))


def test_query_strings_match_by_key_and_value_or_by_value_alone():
    both = condition("query-string", "QueryStringConfig", {"Key": "version", "Value": "v?"})
    assert both(request(query="a=1&Version=V1"))
    assert not both(request(query="version=v12"))
    assert not both(request())
    alone = condition("query-string", "QueryStringConfig", {"Value": "*x*"})
    assert alone(request(query="any=axb"))
    assert not alone(request(query="x=1"))


def test_sources_match_by_network():
    matches = condition("source-ip", "SourceIpConfig", "127.0.0.0/8", "::1/128")
    assert matches(request(client="127.9.9.9"))
    assert not matches(request(client="10.0.0.1"))
    assert not matches(request(client=""))


def test_the_first_rule_all_of_whose_conditions_hold_is_chosen():
    path = {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/a*"]}}
    method = {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["POST"]}}
    rules = Rules([([path, method], "both"), ([path], "path")], "default")
    assert rules.choose(request("/ab", method="POST")) == "both"
    assert rules.choose(request("/ab")) == "path"
    assert rules.choose(request("/b", method="POST")) == "default"


def plainly(pattern, text):
    """What `*` and `?` mean, letter by letter."""

    @functools.cache
    def from_here(i, j):
        if i == len(pattern):
            return j == len(text)
        if pattern[i] == "*":
            return any(from_here(i + 1, k) for k in range(j, len(text) + 1))
        return j < len(text) and pattern[i] in ("?", text[j]) and from_here(i + 1, j + 1)

    return from_here(0, 0)


letters = st.text("ab.*?", max_size=8)


@given(st.lists(letters, min_size=1, max_size=3), st.text("ab.", max_size=8))
def test_wildcards_mean_what_they_say(patterns, text):
    expected = any(plainly(pattern, text) for pattern in patterns)
    assert bool(compile_texts(patterns, fold=False)(text)) is expected
    assert bool(compile_texts([pattern.upper() for pattern in patterns], fold=True)(text)) is expected
