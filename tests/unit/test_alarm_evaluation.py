"""The state of a metric alarm, by AWS's own tables of missing data; O is fine, X breaches, - is missing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.services.cloudwatch.evaluation import Point, evaluate, reason

VALUES = {"O": 0.0, "X": 5.0, "-": None}
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
STATES = {"A": "ALARM", "O": "OK", "I": "INSUFFICIENT_DATA", "r": None}


def points(text):
    return [Point(60.0 * number, VALUES[mark], 1.0) for number, mark in enumerate(text)]


def settings(**given):
    return {
        "EvaluationPeriods": 3,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "Period": 60,
        **given,
    }


# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
@pytest.mark.parametrize(
    ("seen", "wanted", "states"),
    [
        ("O-X-X", 3, "OOOO"),
        ("O----", 3, "OOOO"),
        ("-----", 3, "IrAO"),
        ("OXX-X", 3, "AAAA"),
        ("--X--", 3, "ArAO"),
        ("----X", 3, "rrAO"),
        ("O-X-X", 2, "AAAA"),
        ("OOXOX", 2, "AAAA"),
        ("O-X--", 2, "OOAO"),
        ("----O", 2, "OOAO"),
        ("---X-", 2, "ArAO"),
    ],
)
def test_missing_data(seen, wanted, states):
    for treatment, state in zip(TREATMENTS, states, strict=True):
        verdict = evaluate(settings(DatapointsToAlarm=wanted, TreatMissingData=treatment), points(seen))
        assert (verdict and verdict.state) == STATES[state], treatment


@pytest.mark.parametrize(
    ("seen", "given", "said"),
    [
        (
            "--X",
            {"EvaluationPeriods": 1},
            "Threshold Crossed: 1 datapoint [5.0 (01/01/70 00:02:00)] was greater than the threshold (1.0).",
        ),
        (
            "OOOXX",
            {"DatapointsToAlarm": 2},
            "Threshold Crossed: 2 out of the last 3 datapoints [5.0 (01/01/70 00:04:00), 5.0 (01/01/70 00:03:00)] were "
            "greater than the threshold (1.0) (minimum 2 datapoints for OK -> ALARM transition).",
        ),
        (
            "--O",
            {"EvaluationPeriods": 1, "DatapointsToAlarm": 1},
            "Threshold Crossed: 1 out of the last 1 datapoint [0.0 (01/01/70 00:02:00)] was not greater than the "
            "threshold (1.0) (minimum 1 datapoint for ALARM -> OK transition).",
        ),
        (
            "---",
            {"EvaluationPeriods": 1, "TreatMissingData": "notBreaching"},
            "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as "
            "[NonBreaching].",
        ),
        (
            "----",
            {"EvaluationPeriods": 2, "TreatMissingData": "breaching"},
            "Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as "
            "[Breaching].",
        ),
        ("---", {"EvaluationPeriods": 1}, "Insufficient Data: 1 datapoint was unknown."),
    ],
)
def test_reasons(seen, given, said):
    wanted = settings(**given)
    verdict = evaluate(wanted, points(seen))
    assert verdict is not None
    assert reason(wanted, verdict) == said


@given(st.text("OX-", min_size=5, max_size=5), st.integers(1, 3), st.sampled_from(TREATMENTS))
def test_a_state_is_what_its_datapoints_say(seen, wanted, treatment):
    verdict = evaluate(settings(DatapointsToAlarm=wanted, TreatMissingData=treatment), points(seen))
    if verdict is None:
        assert "-" in seen
        return
    assert len(verdict.evaluated) == 3
    assert verdict.missing == sum(point.value is None for point in verdict.evaluated)
    if not verdict.missing:
        breaching = sum(point.value == 5.0 for point in verdict.evaluated)
        assert (verdict.state == "ALARM") is (breaching >= wanted)
    assert reason(settings(TreatMissingData=treatment), verdict).endswith(".")
