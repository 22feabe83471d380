"""When a message is sent again: the four phases of a delivery policy."""

from hypothesis import given
from hypothesis import strategies as st

from penstock.services.sns import delivery_policy
from penstock.services.sns.delivery_policy import HTTP, MANAGED, delay, growing_retries

COUNTS = st.integers(0, 30)


@st.composite
def policies(draw: st.DrawFn) -> dict[str, object]:
    low = draw(st.integers(1, 60))
    counts = {name: draw(COUNTS) for name in ("numNoDelayRetries", "numMinDelayRetries", "numMaxDelayRetries")}
    return {
        "minDelayTarget": low,
        "maxDelayTarget": low + draw(st.integers(0, 600)),
        "numRetries": sum(counts.values()) + draw(COUNTS),
        "backoffFunction": draw(st.sampled_from(["linear", "arithmetic", "geometric", "exponential"])),
        **counts,
    }


def test_three_retries_twenty_seconds_apart() -> None:
    assert [delay(HTTP, retry) for retry in range(3)] == [20, 20, 20]


def test_what_aws_does_for_its_own_endpoints() -> None:
    assert growing_retries(MANAGED) == 10
    delays = [delay(MANAGED, retry) for retry in range(20)]
    assert delays[:5] == [0, 0, 0, 1, 1]
    assert delays[5:15] == sorted(delays[5:15])
    assert (delays[5], delays[14]) == (1, 20)
    assert set(delays[15:]) == {20}
    policy = delivery_policy.retries(None)
    assert policy.attempts == 100_015
    total = sum(delays[:15]) + 100_000 * 20
    assert 23 * 86_400 < total < policy.age


def test_each_function_stays_low_for_longer_than_the_one_before() -> None:
    half = [
        delay({**HTTP, "minDelayTarget": 10, "maxDelayTarget": 110, "numRetries": 11, "backoffFunction": name}, 5)
        for name in ("linear", "arithmetic", "geometric", "exponential")
    ]
    assert half == sorted(half, reverse=True)
    assert len(set(half)) == 4


@given(policies())
def test_delays_grow_within_their_limits(policy: dict[str, object]) -> None:
    low, high, number = (policy[name] for name in ("minDelayTarget", "maxDelayTarget", "numRetries"))
    delays = [delay(policy, retry) for retry in range(int(str(number)))]
    assert delays == sorted(delays)
    assert all(found == 0 or float(str(low)) <= found <= float(str(high)) for found in delays)
    assert delays.count(0) == policy["numNoDelayRetries"]


def test_a_subscription_overrides_its_topic_unless_it_may_not() -> None:
    own = '{"healthyRetryPolicy": {"numRetries": 7}}'
    topic = '{"http": {"defaultHealthyRetryPolicy": {"numRetries": 5, "minDelayTarget": 9}}}'
    assert delivery_policy.effective(topic, "")["healthyRetryPolicy"]["numRetries"] == 5
    found = delivery_policy.effective(topic, own)["healthyRetryPolicy"]
    assert (found["numRetries"], found["minDelayTarget"]) == (7, 9)
    fixed = topic.replace('{"http": {', '{"http": {"disableSubscriptionOverrides": true, ')
    assert delivery_policy.effective(fixed, own)["healthyRetryPolicy"]["numRetries"] == 5
