"""CloudWatch answers three protocols: CBOR (boto3 today), JSON with a target header, and the query protocol."""

import gzip
import json
import urllib.error
import urllib.parse
import urllib.request

import pytest

from penstock.wire import cbor

SIGNED = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/monitoring/aws4_request"


@pytest.fixture
def post(penstock):
    def send(body, **headers):
        request = urllib.request.Request(penstock.endpoint, body, {"Authorization": SIGNED, **headers})
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()

    return send


def test_query(post, cw, unique):
    body = {
        "Action": "PutMetricData",
        "Namespace": unique,
        "MetricData.member.1.MetricName": "m",
        "MetricData.member.1.Value": "2.5",
        "MetricData.member.1.Dimensions.member.1.Name": "a",
        "MetricData.member.1.Dimensions.member.1.Value": "b",
    }
    status, _ = post(urllib.parse.urlencode(body).encode())
    assert status == 200
    status, text = post(urllib.parse.urlencode({"Action": "ListMetrics", "Namespace": unique}).encode())
    assert status == 200
    assert 'xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"' in text
    assert f"<Metrics><member><Namespace>{unique}</Namespace><MetricName>m</MetricName>" in text
    status, text = post(urllib.parse.urlencode({"Action": "GetDashboard", "DashboardName": unique}).encode())
    assert (status, "<Code>ResourceNotFound</Code>" in text) == (404, True)


def test_json(post, unique):
    def call(operation, body):
        target = f"GraniteServiceVersion20100801.{operation}"
        headers = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.0"}
        status, text = post(json.dumps(body).encode(), **headers)
        return status, json.loads(text or "{}")

    data = [{"MetricName": "m", "Value": 1, "Timestamp": "2026-01-01T00:00:00Z"}]
    assert call("PutMetricData", {"Namespace": unique, "MetricData": data})[0] == 200
    status, answer = call("ListMetrics", {"Namespace": unique})
    assert (status, answer) == (200, {"Metrics": [{"Namespace": unique, "MetricName": "m", "Dimensions": []}]})
    status, answer = call("GetDashboard", {"DashboardName": unique})
    assert (status, answer["__type"].rpartition("#")[2]) == (404, "DashboardNotFoundError")


def test_large_requests_come_compressed(cw, unique):
    data = [{"MetricName": f"metric-number-{number}", "Value": number} for number in range(400)]
    cw.put_metric_data(Namespace=unique, MetricData=data)
    assert len(cw.list_metrics(Namespace=unique)["Metrics"]) == 400


def test_broken_cbor_is_refused(penstock):
    request = urllib.request.Request(
        f"{penstock.endpoint}/service/GraniteServiceVersion20100801/operation/ListMetrics",
        b"\xa1",
        {"Authorization": SIGNED, "smithy-protocol": "rpc-v2-cbor", "Content-Type": "application/cbor"},
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request)
    assert caught.value.code == 400
    assert caught.value.headers["x-amzn-query-error"] == "SerializationException;Sender"


def test_cbor_compressed_or_not(penstock, unique):
    def call(operation, value, **headers):
        body = cbor.dumps(value)
        packed = headers.get("Content-Encoding") == "gzip"
        request = urllib.request.Request(
            f"{penstock.endpoint}/service/GraniteServiceVersion20100801/operation/{operation}",
            gzip.compress(body) if packed else body,
            {"Authorization": SIGNED, "smithy-protocol": "rpc-v2-cbor", "Content-Type": "application/cbor", **headers},
        )
        with urllib.request.urlopen(request) as answer:
            assert answer.headers["smithy-protocol"] == "rpc-v2-cbor"
            return cbor.loads(answer.read() or b"\xa0")

    data = {"MetricName": "m", "Value": 1.5, "Timestamp": cbor.Epoch(time := penstock.now() // 60 * 60)}
    call("PutMetricData", {"Namespace": unique, "MetricData": [data]}, **{"Content-Encoding": "gzip"})
    window = {"StartTime": cbor.Epoch(time - 60), "EndTime": cbor.Epoch(time + 60)}
    request = {"Namespace": unique, "MetricName": "m", "Period": 60, "Statistics": ["Sum"], **window}
    answer = call("GetMetricStatistics", request)
    assert answer == {"Label": "m", "Datapoints": [{"Timestamp": time, "Unit": "None", "Sum": 1.5}]}
