"""Choosing targets and groups, the states of health, cookies, headers: what needs no sockets."""

from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.services.elbv2.serving import health
from penstock.services.elbv2.serving.choosing import Weighted, least_outstanding, round_robin, warming, weighted_random
from penstock.services.elbv2.serving.cookies import Seal, cookies_of
from penstock.services.elbv2.serving.headers import compile_headers, trace
from penstock.services.elbv2.serving.health import Health
from penstock.wire.message import Request


@dataclass
class Target:
    name: str
    in_flight: int = 0


TARGETS = [Target("a"), Target("b"), Target("c")]


def test_round_robin_takes_one_after_the_other():
    choose = round_robin()
    names = [choose(TARGETS).name for _ in range(30)]
    assert Counter(names) == {"a": 10, "b": 10, "c": 10}
    assert names[:3] == names[3:6]


def test_least_outstanding_requests_goes_where_least_is_to_do():
    choose = least_outstanding()
    busy = [Target("a", 2), Target("b", 1), Target("c", 1)]
    assert Counter(choose(busy).name for _ in range(10)) == {"b": 5, "c": 5}


def test_weighted_random_reaches_everybody():
    choose = weighted_random()
    assert {choose(TARGETS).name for _ in range(200)} == {"a", "b", "c"}


@given(st.lists(st.integers(0, 20), min_size=1, max_size=5))
def test_weights_are_kept_exactly(weights):
    weighted = Weighted(weights)
    counted = Counter(weighted.choose() for _ in range(sum(weights)))
    assert counted == Counter({index: weight for index, weight in enumerate(weights) if weight})
    if not sum(weights):
        assert weighted.choose() is None


@given(st.lists(st.floats(0, 200), min_size=1, max_size=5))
def test_slow_start_never_leaves_nobody_and_spares_nobody_who_is_old(ages):
    kept = warming(ages, lambda age: age, 100)
    assert kept
    assert all(age in kept for age in ages if age >= 100)


def test_the_first_check_that_passes_makes_a_new_target_healthy():
    state = Health()
    assert state.saw(health.HEALTHY, 5, 2)
    assert state.status is health.HEALTHY


def test_a_new_target_has_time_to_come_up():
    state = Health()
    assert not state.saw(health.FAILED, 5, 2, in_time=True)
    assert state.status is health.CHECKING
    assert state.saw(health.FAILED, 5, 2, in_time=False)
    assert state.status is health.FAILED


def test_a_healthy_target_fails_and_recovers_at_its_thresholds():
    state = Health()
    state.saw(health.HEALTHY, 3, 2)
    assert not state.saw(health.mismatch(500), 3, 2)
    assert state.saw(health.mismatch(500), 3, 2)
    assert state.status == ("unhealthy", "Target.ResponseCodeMismatch", "Health checks failed with these codes: [500]")
    assert [state.saw(health.HEALTHY, 3, 2) for _ in range(3)] == [False, False, True]


@given(st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=48), st.integers(0, 2**31))
def test_a_cookie_is_read_until_it_expires_and_by_nobody_else(text, expires):
    value = Seal("arn:a").close(text, expires)
    assert Seal("arn:a").open(value, expires - 1) == text
    assert Seal("arn:a").open(value, expires) is None
    assert Seal("arn:b").open(value, expires - 1) is None


@given(st.text(max_size=80))
def test_any_other_cookie_counts_as_none(value):
    assert Seal("arn:a").open(value, 0) is None


def test_the_first_cookie_of_a_name_counts():
    assert cookies_of("a=1; b=2;a=3; c") == {"a": "1", "b": "2", "c": ""}


DEFAULTS = {
    "routing.http.xff_header_processing.mode": "append",
    "routing.http.xff_client_port.enabled": "false",
    "routing.http.drop_invalid_header_fields.enabled": "false",
    "routing.http.preserve_host_header.enabled": "false",
}


def rewritten(port=80, headers=(("Host", "h"), ("X-Forwarded-For", "1.2.3.4")), **changed):
    attributes = DEFAULTS | {f"routing.http.{name}": value for name, value in changed.items()}
    request = Request("GET", "/", "", {name.lower(): value for name, value in headers}, client="127.0.0.1")
    return dict(compile_headers(attributes, "HTTP", port)(request, 0.0, 5000))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "1.2.3.4, 127.0.0.1"),
        ({"xff_client_port.enabled": "true"}, "1.2.3.4, 127.0.0.1:5000"),
        ({"xff_header_processing.mode": "preserve"}, "1.2.3.4"),
        ({"xff_header_processing.mode": "remove"}, None),
    ],
)
def test_x_forwarded_for_in_its_modes(changes, expected):
    assert rewritten(**changes).get("X-Forwarded-For") == expected


def test_the_host_names_a_port_that_is_not_the_usual_one():
    assert rewritten(port=8080)["host"] == "h:8080"
    assert rewritten(port=8080, **{"preserve_host_header.enabled": "true"})["host"] == "h"


def test_headers_with_names_that_are_not_valid_are_dropped_where_asked_for():
    headers = (("host", "h"), ("a_b", "1"))
    assert "a_b" in rewritten(headers=headers)
    assert "a_b" not in rewritten(headers=headers, **{"drop_invalid_header_fields.enabled": "true"})


def test_a_trace_begins_here_or_gets_a_self():
    assert trace(None, 1.0).startswith("Root=1-00000001-")
    own, root = trace("Self=1-2-3;Root=1-4-5", 1.0).split(";")
    assert own.startswith("Self=1-00000001-")
    assert root == "Root=1-4-5"
    assert trace("Sampled=1", 1.0).endswith(";Sampled=1")
