"""Which spans are an app's, and what they are called."""

from typing import Any, NamedTuple

from penstock.base.telemetry import Span, Telemetry, Trace
from penstock.commands.traces import Names, Recording, hops
from penstock.iam.principal import Principal

ACCOUNT = "000000000000"
GATEWAY = Principal.service("apigateway.amazonaws.com", ACCOUNT)
FUNCTION = Principal.role_session(ACCOUNT, "Shop-BasketRole-1", "Shop-Basket0A1B2C3D-X", "AROA")
TASK = Principal.role_session(ACCOUNT, "Shop-TaskRole-1", "0123456789abcdef", "AROA")
AGENT = Principal.role_session(ACCOUNT, "Shop-ExecutionRole-1", "0123456789abcdef", "AROA")
STRANGER = Principal.role_session(ACCOUNT, "Other-Role", "Other-Function", "AROA")
TABLE = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/Shop-Baskets-1"


def resource(logical_id: str, physical_id: str, stack: str = "Shop", kind: str = "AWS::Some::Thing") -> dict[str, Any]:
    names = {"StackName": stack, "LogicalResourceId": logical_id, "PhysicalResourceId": physical_id}
    return {**names, "ResourceType": kind}


NAMES = Names(
    [
        resource("BasketTable89ABCDEF", "Shop-Baskets-1"),
        resource("Basket0A1B2C3D", "Shop-Basket0A1B2C3D-X"),
        resource("BasketRole", "Shop-BasketRole-1"),
        resource("WebTaskDefinitionTaskRole01234567", "Shop-TaskRole-1"),
        resource("WebTaskDefExecutionRole01234567", "Shop-ExecutionRole-1"),
        resource("WebTaskDefinition", f"arn:aws:ecs:us-east-1:{ACCOUNT}:task-definition/Shop-Web:3"),
        resource("Orders", f"http://127.0.0.1:4566/{ACCOUNT}/Shop-Orders"),
        resource("Stage", "prod", kind="AWS::ApiGateway::Stage"),
        resource("Function", "Other-Function", stack="Other"),
    ]
)


class Caller(NamedTuple):
    principal: Principal
    trace: Trace = Trace.start(0)
    request_id: str = ""


def shown(*spans: Span) -> list[tuple[str, str, str]]:
    return [(hop["by"], f"{hop['kind']}.{hop['what']}", hop["on"]) for hop in hops(spans, NAMES, ["Shop"])]


def test_things_are_called_as_in_the_template() -> None:
    assert shown(
        Span(Caller(FUNCTION), "dynamodb.PutItem", 0, 1, None, TABLE),
        Span(Caller(FUNCTION), "dynamodb.Query", 0, 1, None, f"{TABLE}/index/byName"),
        Span(Caller(GATEWAY), "sqs.SendMessage", 0, 1, None, f"arn:aws:sqs:us-east-1:{ACCOUNT}:Shop-Orders"),
        Span(Caller(TASK), "task.1", 0, 1, None, f"arn:aws:ecs:us-east-1:{ACCOUNT}:task-definition/Shop-Web:3"),
        Span(Caller(AGENT), "ssm.GetParameters", 0, 1, None, "*"),
        Span(Caller(Principal.root(ACCOUNT)), "s3.GetObject", 0, 1, None, "arn:aws:s3:::Shop-Baskets-1/a/prod"),
    ) == [
        ("Basket", "dynamodb.PutItem", "BasketTable"),
        ("Basket", "dynamodb.Query", "BasketTable"),
        ("apigateway", "sqs.SendMessage", "Orders"),
        ("Web", "task.1", "Web"),
        ("Web", "ssm.GetParameters", ""),
        ("you", "s3.GetObject", "BasketTable"),
    ]


def test_what_is_not_the_apps_is_not_shown() -> None:
    assert not shown(
        Span(Caller(STRANGER), "dynamodb.PutItem", 0, 1, None, "*"),
        Span(Caller(GATEWAY), "apigateway.GetStage", 0, 1, None, "arn:aws:apigateway:us-east-1::/apis/a/stages/prod"),
        Span(Caller(FUNCTION), "logs.PutLogEvents", 0, 1, None, "*"),
        Span(Caller(FUNCTION), "sqs.ReceiveMessage", 0, 1, None, f"arn:aws:sqs:us-east-1:{ACCOUNT}:Shop-Orders"),
        Span(Caller(FUNCTION), "dynamodb.DescribeTable", 0, 1, None, TABLE),
    )


def test_the_network_is_shown_with_the_trace_that_went_through_it() -> None:
    through = Span(Caller(GATEWAY), "vpc-link.GET / 200", 0, 1, None)
    assert not shown(through)
    assert ("apigateway", "vpc-link.GET / 200", "") in shown(
        through, Span(Caller(TASK), "dynamodb.GetItem", 0, 1, None, TABLE)
    )


def test_a_recording_holds_what_came_while_it_ran() -> None:
    telemetry = Telemetry()
    early, late = (Span(Caller(GATEWAY), "sqs.SendMessage", start, 9, None) for start in (1, 2))
    recording = Recording(telemetry)
    telemetry.tell(late)
    telemetry.tell(early)
    assert recording.stop() == [early, late]
    assert telemetry.watchers == [] and recording.stop() == [early, late]
