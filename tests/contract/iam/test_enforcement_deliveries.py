"""Who delivers: services in their own name, whom the target has to let in, and roles, which need permission."""

import io
import json
import urllib.error
import urllib.request
import zipfile
from typing import Any

import pytest
from tests.contract.iam.enforced import ACCOUNT, Enforced, Json, allow, arn_of_role, document, refused

REGION = "us-east-1"


def let(service: str, action: str, resource: str, source: str) -> str:
    """A policy that lets a service in, for one source."""
    condition = {"ArnEquals": {"aws:SourceArn": source}}
    return document({**allow(action, resource, Condition=condition), "Principal": {"Service": service}})


def function(enforced: Enforced, name: str, code: str, *statements: Json) -> str:
    """The ARN of a function; its role may write logs, and what `statements` say."""
    role = enforced.role(*statements, service="lambda.amazonaws.com")
    enforced.client("iam").attach_role_policy(
        RoleName=role, PolicyArn="arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", code)
    made = enforced.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.11",
        Role=arn_of_role(role),
        Handler="index.handler",
        Code={"ZipFile": packed.getvalue()},
    )
    return str(made["FunctionArn"])


ECHO = "def handler(event, context): return {'statusCode': 200, 'body': 'hello'}"
PUT = """
import boto3
def handler(event, context):
    boto3.client("dynamodb").put_item(TableName=event["table"], Item={"id": {"S": "1"}})
    return "stored"
"""


# -- functions ---------------------------------------------------------------------------------------


def test_a_function_may_what_its_role_may(enforced: Enforced, unique: str) -> None:
    enforced.client("dynamodb").create_table(
        TableName=unique,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    function(enforced, unique, PUT)
    invoke = enforced.client("lambda").invoke
    failed = json.loads(invoke(FunctionName=unique, Payload=json.dumps({"table": unique}))["Payload"].read())
    configuration = enforced.client("lambda").get_function_configuration(FunctionName=unique)
    role = configuration["Role"].rpartition("/")[2]
    assert failed["errorMessage"] == (
        "An error occurred (AccessDeniedException) when calling the PutItem operation: "
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{unique} is not authorized to perform: dynamodb:PutItem "
        f"on resource: arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{unique} "
        "because no identity-based policy allows the dynamodb:PutItem action"
    )
    enforced.grant(role, allow("dynamodb:PutItem", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{unique}"))
    assert invoke(FunctionName=unique, Payload=json.dumps({"table": unique}))["Payload"].read() == b'"stored"'


def test_a_role_that_may_not_write_logs_leaves_none(enforced: Enforced, unique: str) -> None:
    function(enforced, unique, ECHO)
    role = enforced.client("lambda").get_function_configuration(FunctionName=unique)["Role"].rpartition("/")[2]
    managed = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    enforced.client("iam").detach_role_policy(RoleName=role, PolicyArn=managed)
    enforced.client("lambda").invoke(FunctionName=unique)
    groups = enforced.client("logs").describe_log_groups
    assert groups(logGroupNamePrefix=f"/aws/lambda/{unique}")["logGroups"] == []
    enforced.client("iam").attach_role_policy(RoleName=role, PolicyArn=managed)
    enforced.client("lambda").invoke(FunctionName=unique)
    enforced.runtime.settle()
    assert len(groups(logGroupNamePrefix=f"/aws/lambda/{unique}")["logGroups"]) == 1


def test_a_function_has_to_trust_lambda(enforced: Enforced, unique: str) -> None:
    role = arn_of_role(enforced.role(service="ec2.amazonaws.com"))
    assert refused(
        enforced.client("lambda").create_function,
        FunctionName=unique,
        Runtime="python3.11",
        Role=role,
        Handler="index.handler",
        Code={"ZipFile": b"x"},
    ) == ("InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda.")


def test_a_mapping_reads_as_the_functions_role(enforced: Enforced, unique: str) -> None:
    _, arn = enforced.queue()
    function(enforced, unique, ECHO)
    create = enforced.client("lambda").create_event_source_mapping
    assert refused(create, FunctionName=unique, EventSourceArn=arn) == (
        "InvalidParameterValueException",
        "The provided execution role does not have permissions to call ReceiveMessage on SQS",
    )
    role = enforced.client("lambda").get_function_configuration(FunctionName=unique)["Role"].rpartition("/")[2]
    enforced.grant(role, allow(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], arn))
    assert create(FunctionName=unique, EventSourceArn=arn)["UUID"]


def test_a_destination_is_reached_as_the_functions_role(enforced: Enforced, unique: str) -> None:
    url, arn = enforced.queue()
    function(enforced, unique, ECHO, allow("sqs:SendMessage", arn))
    client = enforced.client("lambda")
    told = {"OnSuccess": {"Destination": arn}}
    client.put_function_event_invoke_config(FunctionName=unique, DestinationConfig=told)
    client.invoke(FunctionName=unique, InvocationType="Event")
    assert len(enforced.messages(url)) == 1
    role = client.get_function_configuration(FunctionName=unique)["Role"].rpartition("/")[2]
    enforced.client("iam").delete_role_policy(RoleName=role, PolicyName="own")
    client.invoke(FunctionName=unique, InvocationType="Event")
    assert enforced.messages(url) == []


# -- rules -------------------------------------------------------------------------------------------


def rule(enforced: Enforced, name: str, **target: Any) -> str:
    arn: str = enforced.client("events").put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))["RuleArn"]
    enforced.client("events").put_targets(Rule=name, Targets=[{"Id": "1", **target}])
    return arn


def send(enforced: Enforced, source: str) -> None:
    enforced.client("events").put_events(Entries=[{"Source": source, "DetailType": "d", "Detail": "{}"}])


def test_a_rule_needs_the_queues_permission(enforced: Enforced, unique: str) -> None:
    sqs, (url, arn) = enforced.client("sqs"), enforced.queue()
    source = rule(enforced, unique, Arn=arn)
    send(enforced, unique)
    assert enforced.messages(url) == []
    for_another = let("events.amazonaws.com", "sqs:SendMessage", arn, f"{source}-of-another")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": for_another})
    send(enforced, unique)
    assert enforced.messages(url) == []
    sqs.set_queue_attributes(
        QueueUrl=url, Attributes={"Policy": let("events.amazonaws.com", "sqs:SendMessage", arn, source)}
    )
    send(enforced, unique)
    assert len(enforced.messages(url)) == 1


def test_what_a_rule_may_not_deliver_is_a_dead_letter(enforced: Enforced, unique: str) -> None:
    (_, arn), (dead_url, dead) = enforced.queue(), enforced.queue()
    source = rule(enforced, unique, Arn=arn, DeadLetterConfig={"Arn": dead})
    policy = let("events.amazonaws.com", "sqs:SendMessage", dead, source)
    enforced.client("sqs").set_queue_attributes(QueueUrl=dead_url, Attributes={"Policy": policy})
    send(enforced, unique)
    enforced.runtime.settle()
    [letter] = enforced.client("sqs").receive_message(QueueUrl=dead_url, MessageAttributeNames=["All"])["Messages"]
    said = {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
    assert said["ERROR_CODE"] == "NO_PERMISSIONS"
    assert "events.amazonaws.com is not authorized to perform: sqs:sendmessage" in said["ERROR_MESSAGE"]


def test_a_rule_reaches_a_stream_as_its_role(enforced: Enforced, unique: str) -> None:
    kinesis = enforced.client("kinesis")
    kinesis.create_stream(StreamName=unique, ShardCount=1)
    arn = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{unique}"
    role = enforced.role(service="events.amazonaws.com")
    rule(enforced, unique, Arn=arn, RoleArn=arn_of_role(role))
    position = {"StreamName": unique, "ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}

    def records() -> int:
        enforced.runtime.settle()
        iterator = kinesis.get_shard_iterator(**position)["ShardIterator"]
        return len(kinesis.get_records(ShardIterator=iterator)["Records"])

    send(enforced, unique)
    assert records() == 0
    enforced.grant(role, allow("kinesis:PutRecord", arn))
    send(enforced, unique)
    assert records() == 1


# -- topics, buckets, gateways -----------------------------------------------------------------------


def test_a_topic_needs_the_queues_permission(enforced: Enforced, unique: str) -> None:
    sns, (url, arn) = enforced.client("sns"), enforced.queue()
    topic = sns.create_topic(Name=unique)["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    sns.publish(TopicArn=topic, Message="lost")
    assert enforced.messages(url) == []
    policy = let("sns.amazonaws.com", "sqs:SendMessage", arn, topic)
    enforced.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    sns.publish(TopicArn=topic, Message="kept")
    assert [json.loads(body)["Message"] for body in enforced.messages(url)] == ["kept"]


def test_an_alarm_reaches_a_topic_of_its_account_with_the_policy_that_sns_makes(
    enforced: Enforced, unique: str
) -> None:
    sns, (url, arn) = enforced.client("sns"), enforced.queue()
    topic = sns.create_topic(Name=unique)["TopicArn"]
    policy = let("sns.amazonaws.com", "sqs:SendMessage", arn, topic)
    enforced.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    alarm = {"Namespace": unique, "MetricName": "m", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1}
    compared = {"ComparisonOperator": "GreaterThanThreshold", "Threshold": 1.0}
    enforced.client("cloudwatch").put_metric_alarm(AlarmName=unique, AlarmActions=[topic], **alarm, **compared)
    enforced.client("cloudwatch").set_alarm_state(AlarmName=unique, StateValue="ALARM", StateReason="a test")
    assert [json.loads(json.loads(body)["Message"])["AlarmName"] for body in enforced.messages(url)] == [unique]
    # A rule is no alarm: it needs a policy that names it.
    rule(enforced, unique, Arn=topic)
    send(enforced, unique)
    assert enforced.messages(url) == []


def test_a_bucket_notifies_whom_it_may(enforced: Enforced, unique: str) -> None:
    s3, (url, arn) = enforced.client("s3"), enforced.queue()
    s3.create_bucket(Bucket=unique)
    wanted = {"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]}
    configure = {"Bucket": unique, "NotificationConfiguration": wanted}
    code, message = refused(s3.put_bucket_notification_configuration, **configure)
    assert (code, message) == ("InvalidArgument", "Unable to validate the following destination configurations")
    mine = {"ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{unique}"}, "StringEquals": {"aws:SourceAccount": ACCOUNT}}
    statement = {**allow("sqs:SendMessage", arn, Condition=mine), "Principal": {"Service": "s3.amazonaws.com"}}
    enforced.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": document(statement)})
    s3.put_bucket_notification_configuration(**configure)
    s3.put_object(Bucket=unique, Key="a", Body=b"x")
    assert len(enforced.messages(url)) == 2  # the test of the configuration, and the object


def test_an_api_needs_the_functions_permission(enforced: Enforced, unique: str) -> None:
    arn, gateway = function(enforced, unique, ECHO), enforced.client("apigatewayv2")
    api = gateway.create_api(Name=unique, ProtocolType="HTTP", Target=arn)
    url = f"{enforced.runtime.endpoint}/_aws/execute-api/{api['ApiId']}/"
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(url)
    assert caught.value.code == 500
    enforced.client("lambda").add_permission(
        FunctionName=unique,
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api['ApiId']}/*/*",
    )
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"hello"


def rest_api(enforced: Enforced, name: str, authorization: str, policy: str = "") -> tuple[str, str]:
    """The id and the URL of an API with one mock method."""
    client = enforced.client("apigateway")
    given = {"policy": policy} if policy else {}
    api = client.create_rest_api(name=name, **given)["id"]
    root = client.get_resources(restApiId=api)["items"][0]["id"]
    method = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
    client.put_method(**method, authorizationType=authorization)
    client.put_integration(**method, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'})
    client.put_method_response(**method, statusCode="200")
    client.put_integration_response(**method, statusCode="200", responseTemplates={"application/json": "{}"})
    client.create_deployment(restApiId=api, stageName="prod")
    return api, f"{enforced.runtime.endpoint}/_aws/execute-api/{api}/prod/"


def status(url: str, access_key: str = "") -> tuple[int, str]:
    signature = f"AWS4-HMAC-SHA256 Credential={access_key}/20260101/{REGION}/execute-api/aws4_request, Signature=0"
    headers = {"Authorization": signature} if access_key else {}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_a_method_with_iam_is_for_whom_may_invoke_it(enforced: Enforced, unique: str) -> None:
    api, url = rest_api(enforced, unique, "AWS_IAM")
    role = enforced.acting()
    code, body = status(url, role.access_key)
    assert code == 403
    assert json.loads(body)["Message"] == (
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/{role.name}/test is not authorized to perform: "
        f"execute-api:Invoke on resource: arn:aws:execute-api:{REGION}:********{ACCOUNT[8:]}:{api}/prod/GET/ "
        "because no identity-based policy allows the execute-api:Invoke action"
    )
    enforced.grant(role.name, allow("execute-api:Invoke", f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api}/prod/GET/*"))
    assert status(url, role.access_key)[0] == 200
    assert status(url, "test")[0] == 200  # the account's root


def test_an_apis_policy_says_who_may_call_it(enforced: Enforced, unique: str) -> None:
    def only(network: str) -> str:
        inside = {"IpAddress": {"aws:SourceIp": network}}
        return document({**allow("execute-api:Invoke", "execute-api:/*", Condition=inside), "Principal": "*"})

    _, here = rest_api(enforced, f"{unique}-1", "NONE", only("127.0.0.0/8"))
    _, elsewhere = rest_api(enforced, f"{unique}-2", "NONE", only("10.0.0.0/8"))
    assert status(here)[0] == 200
    assert status(elsewhere)[0] == 403


def test_a_functions_url_is_for_whom_its_policy_names(enforced: Enforced, unique: str) -> None:
    function(enforced, unique, ECHO)
    client = enforced.client("lambda")
    made = client.create_function_url_config(FunctionName=unique, AuthType="NONE")["FunctionUrl"]
    assert status(made)[0] == 403
    client.add_permission(
        FunctionName=unique,
        StatementId="public",
        Action="lambda:InvokeFunctionUrl",
        Principal="*",
        FunctionUrlAuthType="NONE",
    )
    assert status(made) == (200, "hello")
