"""What services report of their own accord. SQS's metrics are tested with SQS."""

import datetime
import io
import json
import urllib.error
import urllib.request
import zipfile

import pytest


@pytest.fixture
def total(cw, penstock):
    return lambda namespace, metric, statistic="Sum", **more: sums(cw, penstock, namespace, metric, statistic, **more)


def sums(cw, runtime, namespace, metric, statistic="Sum", **dimensions):
    """The statistic of the last hour."""
    end = datetime.datetime.fromtimestamp(runtime.now() + 60, datetime.UTC)
    found = cw.get_metric_statistics(
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=end - datetime.timedelta(hours=1),
        EndTime=end,
        Period=3600,
        Statistics=[statistic],
    )
    return sum(point[statistic] for point in found["Datapoints"])


# -- Lambda ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def function(client):
    """Fails when it is told to."""
    source = "def handler(event, context):\n    assert event != 'fail'\n    return 1\n"
    name = "cloudwatch-metrics"
    client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.12",
        Handler="app.handler",
        Role="arn:aws:iam::000000000000:role/r",
        Code={"ZipFile": archive(source)},
    )
    return name


def archive(text):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as found:
        found.writestr("app.py", text)
    return buffer.getvalue()


def test_functions(client, total, penstock, function, cw, unique):
    cw.put_metric_alarm(
        AlarmName=unique,
        Namespace="AWS/Lambda",
        MetricName="Errors",
        Dimensions=[{"Name": "FunctionName", "Value": function}],
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
    )
    for payload in (b'"well"', b'"fail"', b'"well"'):
        client("lambda").invoke(FunctionName=function, Payload=payload)
    assert total("AWS/Lambda", "Invocations", FunctionName=function) == 3
    assert total("AWS/Lambda", "Errors", FunctionName=function) == 1
    assert total("AWS/Lambda", "Errors", "SampleCount", FunctionName=function) == 3
    assert total("AWS/Lambda", "Throttles", FunctionName=function) == 0
    assert total("AWS/Lambda", "Duration", "SampleCount", FunctionName=function, Resource=function) == 3
    assert total("AWS/Lambda", "Invocations") >= 3
    penstock.advance(60)
    assert cw.describe_alarms(AlarmNames=[unique])["MetricAlarms"][0]["StateValue"] == "ALARM"


def test_events_of_the_asynchronous_queue(client, total, penstock, function):
    before = total("AWS/Lambda", "AsyncEventsDropped", FunctionName=function)
    client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=b'"fail"')
    penstock.advance(300)
    assert total("AWS/Lambda", "AsyncEventsReceived", FunctionName=function) == 1
    assert total("AWS/Lambda", "AsyncEventsDropped", FunctionName=function) - before == 1


# -- the embedded metric format ----------------------------------------------------------------------


def embedded(**changes):
    directive = {"Namespace": "Shop", "Dimensions": [["service"]], "Metrics": [{"Name": "Orders", "Unit": "Count"}]}
    return {"_aws": {"Timestamp": 0, "CloudWatchMetrics": [directive | changes]}, "service": "s", "Orders": [1.0, 2.0]}


@pytest.fixture
def write(client, penstock, unique):
    logs = client("logs")
    logs.create_log_group(logGroupName=unique)
    logs.create_log_stream(logGroupName=unique, logStreamName="s")

    def write(*messages):
        now = int(penstock.now() * 1000)
        dated = [message.replace('"Timestamp": 0', f'"Timestamp": {now}') for message in messages]
        events = [{"timestamp": now, "message": message} for message in dated]
        logs.put_log_events(logGroupName=unique, logStreamName="s", logEvents=events)

    return write


def test_metrics_in_log_lines(write, total, unique):
    write(
        json.dumps(embedded(Namespace=unique)),
        json.dumps(embedded(Namespace=unique, Dimensions=[[], ["service"]])),
        "plain",
    )
    assert total(unique, "Orders", service="s") == 6
    assert total(unique, "Orders", "SampleCount") == 2


def test_metrics_that_a_function_dates_by_the_machines_clock(write, total, penstock, unique):
    penstock.advance(2 * 3600)
    machine = int((penstock.now() - penstock.runtime.kernel.clock.offset) * 1000)
    line = json.dumps(embedded(Namespace=unique))
    write(line.replace('"Timestamp": 0', f'"Timestamp": {machine}'))
    assert total(unique, "Orders", service="s") == 3


@pytest.mark.parametrize(
    "line",
    [
        '{"_aws": 1}',
        '{"_aws": ',
        json.dumps(embedded(Metrics=[{"Name": "Missing"}])),
        json.dumps(embedded() | {"Orders": "many"}),
        json.dumps(embedded(Dimensions=[["missing"]])),
    ],
)
def test_log_lines_that_are_no_metrics(write, cw, line, unique):
    write(line.replace("Shop", unique))
    assert cw.list_metrics(Namespace=unique)["Metrics"] == []


# -- Step Functions ----------------------------------------------------------------------------------


def test_state_machines(client, total, penstock, unique):
    states = client("stepfunctions")
    definition = {
        "StartAt": "Choose",
        "States": {
            "Choose": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.fail", "BooleanEquals": True, "Next": "Bad"}],
                "Default": "Good",
            },
            "Good": {"Type": "Succeed"},
            "Bad": {"Type": "Fail"},
        },
    }
    arn = states.create_state_machine(
        name=unique, definition=json.dumps(definition), roleArn="arn:aws:iam::000000000000:role/r"
    )["stateMachineArn"]
    for fail in (True, False, False):
        states.start_execution(stateMachineArn=arn, input=json.dumps({"fail": fail}))
    penstock.advance(1)
    counted = {name: total("AWS/States", f"Executions{name}", StateMachineArn=arn) for name in ("Started", "Succeeded")}
    assert counted == {"Started": 3, "Succeeded": 2}
    assert total("AWS/States", "ExecutionsFailed", StateMachineArn=arn) == 1
    assert total("AWS/States", "ExecutionTime", "SampleCount", StateMachineArn=arn) == 3


# -- API Gateway -------------------------------------------------------------------------------------


def status(url):
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_rest_apis(client, total, penstock, unique):
    api = client("apigateway")
    made = api.create_rest_api(name=unique)
    method = {"restApiId": made["id"], "resourceId": made["rootResourceId"], "httpMethod": "GET"}
    api.put_method(**method, authorizationType="NONE")
    api.put_integration(**method, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'})
    api.put_method_response(**method, statusCode="200")
    api.put_integration_response(**method, statusCode="200")
    api.create_deployment(restApiId=made["id"], stageName="s")
    base = f"{penstock.endpoint}/_aws/execute-api/{made['id']}/s"
    assert [status(f"{base}/"), status(f"{base}/missing")] == [200, 403]
    dimensions = {"ApiName": unique, "Stage": "s"}
    assert total("AWS/ApiGateway", "Count", **dimensions) == 2
    assert total("AWS/ApiGateway", "4XXError", **dimensions) == 1
    assert total("AWS/ApiGateway", "5XXError", "SampleCount", ApiName=unique) == 2
    assert total("AWS/ApiGateway", "Latency", "SampleCount", ApiName=unique) == 2


def test_http_apis(client, total, penstock, unique):
    api = client("apigatewayv2").create_api(Name=unique, ProtocolType="HTTP")["ApiId"]
    client("apigatewayv2").create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    assert status(f"{penstock.endpoint}/_aws/execute-api/{api}/missing") == 404
    assert total("AWS/ApiGateway", "4xx", ApiId=api) == 1
    assert total("AWS/ApiGateway", "Count", ApiId=api, Stage="$default") == 1


# -- load balancers ----------------------------------------------------------------------------------


def test_load_balancers(functions, balanced, make_backend):
    balancer = balanced("application", scheme="internet-facing")
    balancer.register(make_backend())
    runtime, name = functions.runtime, balancer.arn.partition("loadbalancer/")[2]
    network = runtime.runtime.network
    [host] = network.resolve(balancer.name)
    base = f"http://{host}:{network.port(host, 80)}"
    assert [status(f"{base}/"), status(f"{base}/status/503"), status(f"{base}/gone")] == [200, 503, 502]

    def counted(metric, statistic="Sum", **more):
        cw = functions.client("cloudwatch")
        return sums(cw, runtime, "AWS/ApplicationELB", metric, statistic, LoadBalancer=name, **more)

    assert counted("RequestCount") == 3
    assert counted("HTTPCode_Target_2XX_Count") == 1
    assert counted("HTTPCode_Target_5XX_Count") == 1
    assert counted("HTTPCode_ELB_5XX_Count") == 1
    assert counted("TargetResponseTime", "SampleCount", TargetGroup=balancer.group.rpartition(":")[2]) == 2


# -- Kinesis -----------------------------------------------------------------------------------------


def test_streams(client, total, penstock, unique):
    kinesis = client("kinesis")
    kinesis.create_stream(StreamName=unique, ShardCount=1)
    penstock.advance(60)
    kinesis.put_records(StreamName=unique, Records=[{"Data": b"x", "PartitionKey": "p"} for _ in range(3)])
    penstock.advance(120)
    shard = kinesis.list_shards(StreamName=unique)["Shards"][0]["ShardId"]
    wanted = {"StreamName": unique, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
    iterator = kinesis.get_shard_iterator(**wanted)["ShardIterator"]
    kinesis.get_records(ShardIterator=iterator, Limit=1)
    assert total("AWS/Kinesis", "GetRecords.Records", StreamName=unique) == 1
    assert total("AWS/Kinesis", "GetRecords.IteratorAgeMilliseconds", "Maximum", StreamName=unique) >= 120_000
