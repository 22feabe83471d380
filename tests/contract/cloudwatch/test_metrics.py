import pytest


@pytest.fixture
def put(cw, penstock, unique):
    """`put(1, 2, name="m", at=-60)`: one datum a value, `at` seconds from the full minute five minutes ago."""
    minute = penstock.now() // 60 * 60 - 300

    def data(*values, name="m", at=0, **more):
        cw.put_metric_data(
            Namespace=unique,
            MetricData=[{"MetricName": name, "Value": value, "Timestamp": minute + at, **more} for value in values],
        )

    data.minute = minute
    return data


@pytest.fixture
def points(cw, put, unique):
    def of(*statistics, name="m", period=60, start=0, end=300, **more):
        answer = cw.get_metric_statistics(
            Namespace=unique,
            MetricName=name,
            StartTime=put.minute + start,
            EndTime=put.minute + end,
            Period=period,
            **({"Statistics": list(statistics)} if statistics else {}),
            **more,
        )
        return [
            (int(point["Timestamp"].timestamp() - put.minute), *(point[name] for name in statistics))
            for point in answer["Datapoints"]
        ]

    return of


def test_statistics_by_period(put, points):
    put(1, 2, 6)
    put(10, at=61)
    assert points("SampleCount", "Sum", "Average", "Minimum", "Maximum") == [
        (0, 3.0, 9.0, 3.0, 1.0, 6.0),
        (60, 1.0, 10.0, 10.0, 10.0, 10.0),
    ]
    assert points("Sum", period=300) == [(0, 19.0)]
    assert points("Sum", end=60) == [(0, 9.0)]


def test_values_with_counts_and_sets_of_statistics(cw, put, points, unique):
    cw.put_metric_data(
        Namespace=unique,
        MetricData=[
            {"MetricName": "m", "Values": [1, 3], "Counts": [2, 1], "Timestamp": put.minute},
            {
                "MetricName": "m",
                "Timestamp": put.minute + 1,
                "StatisticValues": {"SampleCount": 2, "Sum": 20, "Minimum": 5, "Maximum": 15},
            },
        ],
    )
    assert points("SampleCount", "Sum", "Minimum", "Maximum") == [(0, 5.0, 25.0, 1.0, 15.0)]


def test_percentiles(cw, put, unique):
    put(*range(1, 101))
    answer = cw.get_metric_statistics(
        Namespace=unique,
        MetricName="m",
        StartTime=put.minute,
        EndTime=put.minute + 60,
        Period=60,
        ExtendedStatistics=["p50", "p99", "p100"],
    )
    assert answer["Datapoints"][0]["ExtendedStatistics"] == {"p50": 50.0, "p99": 99.0, "p100": 100.0}


def test_dimensions_and_units_tell_metrics_apart(put, points):
    dimensions = [{"Name": "b", "Value": "2"}, {"Name": "a", "Value": "1"}]
    put(1)
    put(2, Dimensions=dimensions)
    put(4, Dimensions=dimensions, Unit="Count")
    assert points("Sum") == [(0, 1.0)]
    assert points("Sum", Dimensions=dimensions[::-1]) == [(0, 4.0), (0, 2.0)]
    assert points("Sum", Dimensions=dimensions, Unit="Count") == [(0, 4.0)]
    assert points("Sum", Dimensions=dimensions[:1]) == []


def test_lists_metrics(cw, put, unique):
    put(1, name="one")
    put(1, name="two", Dimensions=[{"Name": "a", "Value": "1"}])

    def names(**options):
        return [metric["MetricName"] for metric in cw.list_metrics(Namespace=unique, **options)["Metrics"]]

    assert names() == ["one", "two"]
    assert names(MetricName="two") == ["two"]
    assert names(Dimensions=[{"Name": "a"}]) == ["two"]
    assert names(Dimensions=[{"Name": "a", "Value": "2"}]) == []
    assert names(RecentlyActive="PT3H") == ["one", "two"]
    [metric] = cw.list_metrics(Namespace=unique, MetricName="two")["Metrics"]
    assert metric == {"Namespace": unique, "MetricName": "two", "Dimensions": [{"Name": "a", "Value": "1"}]}


def test_pages_through_five_hundred_metrics(cw, unique):
    for first in range(0, 600, 100):
        data = [{"MetricName": f"m{first + number}", "Value": 1} for number in range(100)]
        cw.put_metric_data(Namespace=unique, MetricData=data)
    pages = cw.get_paginator("list_metrics").paginate(Namespace=unique)
    assert [len(page["Metrics"]) for page in pages] == [500, 100]


def query(name, unique, stat="Sum", **more):
    metric = {"Namespace": unique, "MetricName": name}
    return {"Id": name, "MetricStat": {"Metric": metric, "Period": 60, "Stat": stat}, **more}


def test_several_series_and_arithmetic_on_them(cw, put, unique):
    put(6, name="a")
    put(8, name="a", at=60)
    put(3, name="b")
    put(0, name="b", at=60)
    answer = cw.get_metric_data(
        MetricDataQueries=[
            query("a", unique),
            query("b", unique, ReturnData=False),
            {"Id": "e", "Expression": "(a + 2) / b * 10", "Label": "ratio"},
        ],
        StartTime=put.minute,
        EndTime=put.minute + 300,
    )
    a, e = answer["MetricDataResults"]
    assert [int(at.timestamp() - put.minute) for at in a["Timestamps"]] == [60, 0]
    assert (a["Values"], a["Label"], a["StatusCode"]) == ([8.0, 6.0], "a", "Complete")
    assert (e["Values"], e["Label"]) == ([pytest.approx(80 / 3)], "ratio")


def test_refuses_other_expressions(cw, put, error):
    code, message = error(
        cw.get_metric_data,
        MetricDataQueries=[{"Id": "e", "Expression": "SEARCH('x', 'Sum')"}],
        StartTime=put.minute,
        EndTime=put.minute + 60,
    )
    assert code == "ValidationError"
    assert message.startswith("Penstock evaluates arithmetic of metrics and common functions only")


@pytest.mark.parametrize(
    ("datum", "code", "message"),
    [
        ({"Value": float("nan")}, "InvalidParameterValue", "The value NaN for parameter MetricData.member.1.Value is"),
        ({"Values": [1, 2], "Counts": [1]}, "InvalidParameterValue", "member.1.Counts must be of the same size."),
        ({"Value": 1, "Values": [1]}, "InvalidParameterValue", "are mutually exclusive and you have specified both."),
        ({}, "MissingParameter", "MetricData.member.1.StatisticValues is required."),
        ({"Value": 1, "Unit": "Miles"}, "ValidationError", "Member must satisfy enum value set"),
    ],
)
def test_refuses_data(cw, unique, error, datum, code, message):
    found = error(cw.put_metric_data, Namespace=unique, MetricData=[{"MetricName": "m", **datum}])
    assert found[0] == code
    assert message in found[1]


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        ({"EndTime": 0}, "InvalidParameterValue", "StartTime must be less than the parameter EndTime."),
        ({"Statistics": None}, "InvalidParameterCombination", "Must specify either Statistics or ExtendedStatistics"),
        ({"EndTime": 1441 * 60 + 1}, "InvalidParameterCombination", "requested up to 1,441 datapoints"),
        ({"Period": 61}, "InvalidParameterValue", "The parameter Period must be"),
    ],
)
def test_refuses_reads(cw, error, options, code, message):
    request = {
        "Namespace": "n",
        "MetricName": "m",
        "StartTime": 1,
        "EndTime": 61,
        "Period": 60,
        "Statistics": ["Sum"],
    } | options
    found = error(cw.get_metric_statistics, **{key: value for key, value in request.items() if value is not None})
    assert found[0] == code
    assert message in found[1]


def test_metric_filters_of_logs_bring_metrics(client, cw, put, points, unique):
    logs = client("logs")
    logs.create_log_group(logGroupName=unique)
    logs.create_log_stream(logGroupName=unique, logStreamName="s")
    logs.put_metric_filter(
        logGroupName=unique,
        filterName="f",
        filterPattern='{ $.level = "ERROR" }',
        metricTransformations=[
            {"metricNamespace": unique, "metricName": "m", "metricValue": "$.ms", "defaultValue": 0.0}
        ],
    )
    at = int(put.minute * 1000)
    measured = ('"ERROR", "ms": 5', '"INFO", "ms": 7', '"ERROR", "ms": 6', '"ERROR", "ms": "fast"')
    messages = [f'{{"level": {text}}}' for text in measured]
    events = [{"timestamp": at, "message": message} for message in messages]
    logs.put_log_events(logGroupName=unique, logStreamName="s", logEvents=events)
    events = [{"timestamp": at + 60_000, "message": '{"level": "INFO"}'}]
    logs.put_log_events(logGroupName=unique, logStreamName="s", logEvents=events)
    assert points("Sum", "SampleCount") == [(0, 11.0, 2.0), (60, 0.0, 1.0)]
