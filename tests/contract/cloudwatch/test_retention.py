"""Data that age are joined: what is read of them in whole periods stays as it was."""

import datetime

import pytest

from penstock.call import Config
from penstock.testing import running

HOUR = 3600


@pytest.mark.parametrize(("age", "period"), [(4 * HOUR, 60), (16 * 24 * HOUR, 300), (64 * 24 * HOUR, HOUR)])
def test_statistics_of_old_data_stay(age, period):
    with running(Config()) as runtime:
        cw, start = runtime.client("cloudwatch"), runtime.now() // HOUR * HOUR + HOUR
        for second in range(0, 600, 20):
            at = datetime.datetime.fromtimestamp(start + second, datetime.UTC)
            datum = {"MetricName": "m", "Timestamp": at, "Unit": "Count", "Values": [1.0, float(second)]}
            cw.put_metric_data(Namespace="n", MetricData=[datum])
        request = {"Namespace": "n", "MetricName": "m", "Period": period, "Unit": "Count"}
        request |= {
            "StartTime": start,
            "EndTime": start + HOUR,
            "Statistics": ["Sum", "SampleCount", "Minimum", "Maximum"],
        }

        def read():
            found = cw.get_metric_statistics(**request)["Datapoints"]
            return sorted(found, key=lambda point: point["Timestamp"])

        before = read()
        runtime.advance(age)
        for _ in range(2):
            runtime.advance(60)
            cw.put_metric_data(Namespace="other", MetricData=[{"MetricName": "m", "Value": 1}])
        assert read() == before
        assert sum(point["SampleCount"] for point in before) == 60
