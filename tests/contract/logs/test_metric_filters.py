import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def metric_filter(logs, group):
    """`metric_filter("name", "pattern", metric="m")` puts one."""

    def put(name, pattern, metric="m", namespace="n", **transformation):
        logs.put_metric_filter(
            logGroupName=group,
            filterName=name,
            filterPattern=pattern,
            metricTransformations=[
                {"metricName": metric, "metricNamespace": namespace, "metricValue": "1", **transformation}
            ],
        )

    return put


def test_describes_what_was_put(logs, group, metric_filter):
    metric_filter("f", " ", defaultValue=0.0)
    [found] = logs.describe_metric_filters(logGroupName=group)["metricFilters"]
    assert found.pop("creationTime") > 1.5e12
    assert found == {
        "filterName": "f",
        "filterPattern": " ",
        "logGroupName": group,
        "applyOnTransformedLogs": False,
        "metricTransformations": [{"metricName": "m", "metricNamespace": "n", "metricValue": "1", "defaultValue": 0.0}],
    }
    assert logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["metricFilterCount"] == 1


def test_finds_by_group_prefix_and_metric(logs, group, unique, metric_filter):
    metric_filter(f"{unique}-a", "x", metric=f"{unique}.1")
    metric_filter(f"{unique}-b", "x", metric=f"{unique}.2", namespace="A.B-c_d/1#2 x")
    metric_filter("other", "x")

    def names(**options):
        return [found["filterName"] for found in logs.describe_metric_filters(**options)["metricFilters"]]

    assert names(filterNamePrefix=unique) == [f"{unique}-a", f"{unique}-b"]
    assert names(logGroupName=group, filterNamePrefix="o") == ["other"]
    assert names(metricName=f"{unique}.2", metricNamespace="A.B-c_d/1#2 x") == [f"{unique}-b"]
    first = logs.describe_metric_filters(logGroupName=group, limit=2)
    assert names(logGroupName=group, nextToken=first["nextToken"]) == [f"{unique}-b"]


def test_a_deleted_filter_is_gone(logs, group, metric_filter):
    metric_filter("f", "x")
    logs.delete_metric_filter(logGroupName=group, filterName="f")
    assert logs.describe_metric_filters(logGroupName=group)["metricFilters"] == []
    with pytest.raises(ClientError) as caught:
        logs.delete_metric_filter(logGroupName=group, filterName="f")
    assert caught.value.response["Error"] == {
        "Code": "ResourceNotFoundException",
        "Message": "The specified metric filter does not exist.",
    }


def test_refuses_patterns_and_transformations(logs, group, metric_filter):
    with pytest.raises(ClientError, match="InvalidParameterException"):
        metric_filter("f", "{ $.a = ")
    with pytest.raises(ClientError, match="'filterName' failed to satisfy constraint: Member must have length"):
        metric_filter("X" * 513, "x")
    two = [{"metricName": "m", "metricNamespace": "n", "metricValue": "1"}] * 2
    with pytest.raises(ClientError, match="Member must have length less than or equal to 1"):
        logs.put_metric_filter(logGroupName=group, filterName="f", filterPattern="x", metricTransformations=two)


def test_tries_a_pattern_on_messages(logs):
    answer = logs.test_metric_filter(
        filterPattern="[ip, user, status = 4*, size]",
        logEventMessages=['1.2.3.4 "ann lee" 404 10', "1.2.3.4 bob 200 11", "short"],
    )
    assert answer["matches"] == [
        {
            "eventNumber": 1,
            "eventMessage": '1.2.3.4 "ann lee" 404 10',
            "extractedValues": {"$ip": "1.2.3.4", "$user": "ann lee", "$status": "404", "$size": "10"},
        }
    ]
