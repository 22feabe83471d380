"""The wire against botocore's own serializers: what boto3 sends is read, what is written boto3 understands."""

import datetime
import functools
from typing import Any
from urllib.parse import quote

import pytest
from botocore import xform_name
from botocore.loaders import Loader
from botocore.model import ServiceModel as BotoModel
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penstock.base.errors import AwsError
from penstock.wire.codec import QueryCodec, codec_for
from penstock.wire.constraints import Checker
from penstock.wire.message import Request
from penstock.wire.model import ServiceModel, snake_case
from penstock.wire.route import RestRoutes

SERVICES = {
    "events": ["PutEvents", "PutRule", "PutTargets"],
    "dynamodb": ["PutItem", "Query", "TransactWriteItems"],
    "lambda": ["CreateFunction", "ListFunctions", "UpdateFunctionConfiguration", "PublishLayerVersion"],
    "apigateway": ["CreateRestApi", "PutIntegration", "GetResources", "UpdateStage"],
    "apigatewayv2": ["CreateApi", "CreateRoute", "GetApis"],
    "iam": ["CreateRole", "ListRoles", "GetRole"],
    "sts": ["AssumeRole", "GetCallerIdentity"],
    "cloudformation": ["CreateStack", "DescribeStacks"],
    "ec2": ["CreateVpc", "DescribeSecurityGroups", "AuthorizeSecurityGroupIngress", "ModifySubnetAttribute"],
    "s3": ["PutBucketLifecycleConfiguration", "DeleteObjects", "ListObjectsV2"],
}
CASES = [(service, operation) for service, operations in SERVICES.items() for operation in operations]
TEXT = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=12)
SECONDS = st.integers(0, 2_000_000_000)


@functools.cache
def boto_model(service: str) -> BotoModel:
    return BotoModel(Loader().load_service_model(service, "service-2"), service)


@functools.cache
def own_model(service: str) -> ServiceModel:
    return ServiceModel(service)


def values(shape: Any, depth: int = 0) -> st.SearchStrategy[Any]:
    """Values of a botocore shape, as boto3's users write them; recursion ends after a few levels."""
    kind = shape.type_name
    if kind == "structure":
        required, optional = {}, {}
        for name, member in shape.members.items():
            if member.serialization.get("location") in ("headers",) or member.serialization.get("streaming"):
                continue
            if name in shape.required_members:
                required[name] = values(member, depth + 1)
            elif depth < 3 or (not required and member.type_name == "string"):
                optional[name] = values(member, depth + 1)
        if depth and not required and optional:  # query has no way to write an empty structure
            name = next(iter(optional))
            required[name] = optional.pop(name)
        return st.fixed_dictionaries(required, optional=dict(list(optional.items())[:8]))
    if kind == "list":
        return st.lists(values(shape.member, depth + 1), min_size=1, max_size=2)
    if kind == "map":
        return st.dictionaries(TEXT, values(shape.value, depth + 1), min_size=1, max_size=2)
    return {
        "string": st.sampled_from(shape.enum) if kind == "string" and shape.enum else TEXT,
        "integer": st.integers(-(2**31), 2**31 - 1),
        "long": st.integers(-(2**53), 2**53),
        "boolean": st.booleans(),
        "blob": st.binary(min_size=1, max_size=20),
        "timestamp": SECONDS.map(lambda s: datetime.datetime.fromtimestamp(s, datetime.UTC)),
        "float": st.integers(-1000, 1000).map(float),
        "double": st.integers(-1000, 1000).map(float),
    }[kind]


def plain(value: Any) -> Any:
    """Datetimes as epoch seconds, the form inside."""
    if isinstance(value, datetime.datetime):
        return value.timestamp()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def sent(serialized: dict[str, Any]) -> Request:
    body = serialized["body"]
    if isinstance(body, dict):
        body = "&".join(f"{quoted(k)}={quoted(v)}" for k, v in body.items())
    pairs = serialized["query_string"] or {}
    items = pairs.items() if isinstance(pairs, dict) else pairs
    query = "&".join(
        f"{quoted(k)}={quoted(v)}" for k, many in items for v in (many if isinstance(many, list) else [many])
    )
    path, _, constant = serialized["url_path"].partition("?")
    headers = {name.lower(): str(value) for name, value in serialized["headers"].items()}
    body = body.encode() if isinstance(body, str) else body
    return Request(serialized["method"], path, "&".join(filter(None, (constant, query))), headers, body or b"")


def quoted(value: Any) -> str:
    return quote(str(value), safe="")


@pytest.mark.parametrize(("service", "operation"), CASES)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_reads_what_boto3_sends(service: str, operation: str, data: st.DataObject) -> None:
    boto, own = boto_model(service), own_model(service)
    shape = boto.operation_model(operation)
    params = data.draw(values(shape.input_shape)) if shape.input_shape else {}
    request = sent(
        create_serializer(boto.metadata["protocol"], include_validation=False).serialize_to_request(params, shape)
    )
    model, labels = own.operations[operation], {}
    if own.protocol.startswith("rest"):
        match = RestRoutes(own).match(request)
        assert match is not None
        model, labels = match
    assert model.name == operation
    read = codec_for(own).read(model, request, labels)
    if own.protocol in ("json", "rest-json"):
        read = Checker(own, decode=True).shape(model.input)(read, "", [])
    assert plain(read) == plain(params)


@pytest.mark.parametrize(("service", "operation"), CASES)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_boto3_reads_what_is_written(service: str, operation: str, data: st.DataObject) -> None:
    boto, own = boto_model(service), own_model(service)
    shape = boto.operation_model(operation)
    if shape.output_shape is None:
        return
    result = data.draw(values(shape.output_shape))
    codec = codec_for(own)
    response = codec.write(own.operations[operation], plain(result), "rid")
    parsed = create_parser(boto.metadata["protocol"]).parse(
        {"status_code": response.status, "headers": dict(response.headers), "body": response.body}, shape.output_shape
    )
    parsed.pop("ResponseMetadata")
    for name, member in shape.output_shape.members.items():
        if member.serialization.get("location") == "statusCode":
            parsed.pop(name, None)
            result.pop(name, None)
    assert plain(parsed) == plain(result)


def test_query_codec_is_chosen_for_query_services() -> None:
    assert isinstance(codec_for(own_model("sts")), QueryCodec)


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_names_are_botocores(service: str) -> None:
    names = own_model(service).operations
    assert {name: snake_case(name) for name in names} == {name: xform_name(name) for name in names}


def test_ec2_has_errors_of_its_own_form() -> None:
    own = own_model("ec2")
    error = AwsError("InvalidVpcID.NotFound", "The vpc ID '<x>' does not exist")
    response = codec_for(own).write_error(own.operations["DescribeVpcs"], error, "rid")
    parsed = create_parser("ec2").parse({"status_code": 400, "headers": {}, "body": response.body}, None)
    assert (parsed["Error"]["Code"], parsed["Error"]["Message"]) == (error.code, error.message)
    assert (response.status, parsed["ResponseMetadata"]["RequestId"]) == (400, "rid")


def test_ec2_answers_operations_without_output_with_true() -> None:
    own = own_model("ec2")
    body = codec_for(own).write(own.operations["DeleteVpc"], {}, "rid").body
    assert b"<requestId>rid</requestId><return>true</return></DeleteVpcResponse>" in body
