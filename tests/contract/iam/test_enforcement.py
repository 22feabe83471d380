"""What IAM denies where it is enforced: to roles, users and other accounts, in AWS's words."""

import json

import pytest
from botocore.exceptions import ClientError
from tests.contract.iam.enforced import (
    ACCOUNT,
    ROOT,
    Enforced,
    Session,
    allow,
    arn_of_role,
    deny,
    document,
    refused,
    trust,
    user_of,
)

from penstock.testing import running

# -- identity-based policies -------------------------------------------------------------------------


def test_nothing_is_denied_unless_asked_for() -> None:
    with running() as runtime:
        url = runtime.client("sqs").create_queue(QueueName="open")["QueueUrl"]
        key = runtime.client("sts").assume_role(RoleArn=arn_of_role("nobody"), RoleSessionName="test")["Credentials"]
        role = Session(runtime, "nobody", key["AccessKeyId"])
        assert role("sqs").send_message(QueueUrl=url, MessageBody="hello")["MessageId"]
        runtime.enforce_iam()
        assert refused(role("sqs").send_message, QueueUrl=url, MessageBody="hello")[0] == "AccessDenied"
        assert runtime.client("sqs").send_message(QueueUrl=url, MessageBody="from the root")["MessageId"]


def test_a_role_without_a_policy_may_nothing(enforced: Enforced) -> None:
    role, (url, arn) = enforced.acting(), enforced.queue()
    assert refused(role("sqs").send_message, QueueUrl=url, MessageBody="x") == (
        "AccessDenied",
        f"{user_of(role)} is not authorized to perform: sqs:sendmessage on resource: {arn} "
        "because no identity-based policy allows the sqs:sendmessage action",
    )


def test_a_grant_counts_from_the_next_call_on_and_ends_with_the_policy(enforced: Enforced) -> None:
    role, (url, arn) = enforced.acting(), enforced.queue()
    enforced.grant(role.name, allow("sqs:SendMessage", arn))
    assert role("sqs").send_message(QueueUrl=url, MessageBody="x")["MessageId"]
    assert refused(role("sqs").receive_message, QueueUrl=url)[0] == "AccessDenied"
    enforced.client("iam").delete_role_policy(RoleName=role.name, PolicyName="own")
    assert refused(role("sqs").send_message, QueueUrl=url, MessageBody="x")[0] == "AccessDenied"


def test_an_explicit_deny_wins(enforced: Enforced) -> None:
    url, arn = enforced.queue()
    role = enforced.acting(allow("*"), deny("sqs:Send*", arn))
    code, message = refused(role("sqs").send_message, QueueUrl=url, MessageBody="x")
    assert code == "AccessDenied"
    assert message.endswith(f"on resource: {arn} with an explicit deny in an identity-based policy")


def test_a_batch_asks_for_the_action_of_its_entries(enforced: Enforced) -> None:
    url, arn = enforced.queue()
    role = enforced.acting(allow("sqs:SendMessage", arn))
    sent = role("sqs").send_message_batch(QueueUrl=url, Entries=[{"Id": "1", "MessageBody": "x"}])
    assert len(sent["Successful"]) == 1


@pytest.mark.parametrize(
    ("service", "operation", "request_", "code", "action"),
    [
        ("dynamodb", "get_item", {"TableName": "none", "Key": {"id": {"S": "1"}}}, "AccessDeniedException", "GetItem"),
        ("sns", "publish", {"TopicArn": f"arn:aws:sns:us-east-1:{ACCOUNT}:t", "Message": "x"}, "AuthorizationError",
         "SNS:Publish"),
        ("s3", "list_objects_v2", {"Bucket": "none"}, "AccessDenied", "s3:ListBucket"),
        ("lambda", "invoke", {"FunctionName": "none"}, "AccessDeniedException", "lambda:InvokeFunction"),
        ("events", "put_events", {"Entries": [{"Source": "a", "DetailType": "b", "Detail": "{}"}]},
         "AccessDeniedException", "events:PutEvents"),
        ("ec2", "create_vpc", {"CidrBlock": "10.0.0.0/16"}, "UnauthorizedOperation", "ec2:CreateVpc"),
        ("iam", "list_roles", {}, "AccessDenied", "iam:ListRoles"),
        ("ssm", "get_parameter", {"Name": "/none"}, "AccessDeniedException", "ssm:GetParameter"),
        ("secretsmanager", "get_secret_value", {"SecretId": "none"}, "AccessDeniedException",
         "secretsmanager:GetSecretValue"),
        ("stepfunctions", "list_state_machines", {}, "AccessDeniedException", "states:ListStateMachines"),
        ("kinesis", "put_record", {"StreamName": "none", "Data": b"x", "PartitionKey": "1"}, "AccessDeniedException",
         "kinesis:PutRecord"),
        ("cloudwatch", "put_metric_data", {"Namespace": "n", "MetricData": [{"MetricName": "m", "Value": 1.0}]},
         "AccessDenied", "cloudwatch:PutMetricData"),
    ],
)  # fmt: skip
def test_who_may_not_is_not_told_what_there_is(
    enforced: Enforced, service: str, operation: str, request_: dict[str, object], code: str, action: str
) -> None:
    role = enforced.acting()
    found, message = refused(getattr(role(service), operation), **request_)
    assert found in (code, f"{code}Exception")
    assert f"{user_of(role)} is not authorized to perform: " in message
    assert action in message
    assert "because no identity-based policy allows" in message


def test_managed_policies_of_aws_count_and_unknown_ones_allow_nothing(enforced: Enforced) -> None:
    role, iam = enforced.acting(), enforced.client("iam")
    url, _ = enforced.queue()
    iam.attach_role_policy(RoleName=role.name, PolicyArn="arn:aws:iam::aws:policy/AmazonEKSClusterPolicy")
    assert refused(role("sqs").get_queue_attributes, QueueUrl=url)[0] == "AccessDenied"
    iam.attach_role_policy(RoleName=role.name, PolicyArn="arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess")
    assert "Attributes" in role("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    assert refused(role("sqs").send_message, QueueUrl=url, MessageBody="x")[0] == "AccessDenied"


def test_a_new_default_version_of_a_managed_policy_counts(enforced: Enforced) -> None:
    role, iam, (url, arn) = enforced.acting(), enforced.client("iam"), enforced.queue()
    made = iam.create_policy(PolicyName=f"p-{role.name}", PolicyDocument=document(allow("sqs:SendMessage", arn)))
    iam.attach_role_policy(RoleName=role.name, PolicyArn=made["Policy"]["Arn"])
    assert role("sqs").send_message(QueueUrl=url, MessageBody="x")["MessageId"]
    narrowed = document(allow("sqs:ReceiveMessage", arn))
    iam.create_policy_version(PolicyArn=made["Policy"]["Arn"], PolicyDocument=narrowed, SetAsDefault=True)
    assert refused(role("sqs").send_message, QueueUrl=url, MessageBody="x")[0] == "AccessDenied"


def test_a_user_has_the_policies_of_its_groups(enforced: Enforced, unique: str) -> None:
    iam, (url, arn) = enforced.client("iam"), enforced.queue()
    iam.create_user(UserName=unique)
    iam.create_group(GroupName=unique)
    iam.put_group_policy(GroupName=unique, PolicyName="own", PolicyDocument=document(allow("sqs:SendMessage", arn)))
    key = iam.create_access_key(UserName=unique)["AccessKey"]["AccessKeyId"]
    user = Session(enforced.runtime, unique, key)
    assert (
        f"User: arn:aws:iam::{ACCOUNT}:user/{unique} is not"
        in refused(user("sqs").send_message, QueueUrl=url, MessageBody="x")[1]
    )
    iam.add_user_to_group(UserName=unique, GroupName=unique)
    assert user("sqs").send_message(QueueUrl=url, MessageBody="x")["MessageId"]


# -- what limits -------------------------------------------------------------------------------------


def test_a_permissions_boundary_limits_a_role(enforced: Enforced, unique: str) -> None:
    iam, (url, arn) = enforced.client("iam"), enforced.queue()
    boundary = iam.create_policy(PolicyName=unique, PolicyDocument=document(allow("s3:*")))["Policy"]["Arn"]
    role = enforced.session(enforced.role(allow("*"), PermissionsBoundary=boundary))
    _, message = refused(role("sqs").send_message, QueueUrl=url, MessageBody="x")
    assert message.endswith(f"{arn} because no permissions boundary allows the sqs:sendmessage action")
    iam.delete_role_permissions_boundary(RoleName=role.name)
    assert role("sqs").send_message(QueueUrl=url, MessageBody="x")["MessageId"]


def test_session_policies_limit_a_session(enforced: Enforced) -> None:
    url, arn = enforced.queue()
    limited = enforced.acting(allow("sqs:*"), Policy=document(allow("sqs:ReceiveMessage", arn)))
    assert limited("sqs").receive_message(QueueUrl=url)
    _, message = refused(limited("sqs").send_message, QueueUrl=url, MessageBody="x")
    assert message.endswith("because no session policy allows the sqs:sendmessage action")
    read_only = [{"arn": "arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess"}]
    reading = enforced.acting(allow("sqs:*"), PolicyArns=read_only)
    assert refused(reading("sqs").send_message, QueueUrl=url, MessageBody="x")[0] == "AccessDenied"
    assert reading("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])


# -- roles -------------------------------------------------------------------------------------------


def test_a_role_is_assumed_by_whom_it_trusts(enforced: Enforced, unique: str) -> None:
    iam, other = enforced.client("iam"), enforced.acting(allow("sts:AssumeRole"))
    iam.create_role(RoleName=unique, AssumeRolePolicyDocument=trust(Service="lambda.amazonaws.com"))
    asked = {"RoleArn": arn_of_role(unique), "RoleSessionName": "test"}
    _, message = refused(other("sts").assume_role, **asked)
    assert message.endswith(f"{arn_of_role(unique)} because no role trust policy allows the sts:AssumeRole action")
    iam.update_assume_role_policy(RoleName=unique, PolicyDocument=trust(AWS=arn_of_role(other.name)))
    assert other("sts").assume_role(**asked)["Credentials"]
    # The account as a whole leaves it to identities' own policies.
    iam.update_assume_role_policy(RoleName=unique, PolicyDocument=trust(AWS=ROOT))
    assert other("sts").assume_role(**asked)["Credentials"]
    assert refused(enforced.acting()("sts").assume_role, **asked)[0] == "AccessDenied"


def test_an_external_id_is_a_condition_of_trust(enforced: Enforced, unique: str) -> None:
    other = enforced.acting(allow("sts:AssumeRole"))
    trusting = json.loads(trust(AWS=arn_of_role(other.name)))
    trusting["Statement"][0]["Condition"] = {"StringEquals": {"sts:ExternalId": "secret-handshake"}}
    enforced.client("iam").create_role(RoleName=unique, AssumeRolePolicyDocument=json.dumps(trusting))
    asked = {"RoleArn": arn_of_role(unique), "RoleSessionName": "test"}
    assert refused(other("sts").assume_role, **asked)[0] == "AccessDenied"
    assert other("sts").assume_role(**asked, ExternalId="secret-handshake")["Credentials"]


def test_a_role_is_passed_only_by_whom_may_pass_it(enforced: Enforced, unique: str) -> None:
    passed = arn_of_role(enforced.role(service="states.amazonaws.com"))
    asked = {"name": unique, "roleArn": passed, "definition": '{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}'}
    role = enforced.acting(allow("states:*"))
    code, message = refused(role("stepfunctions").create_state_machine, **asked)
    assert code == "AccessDeniedException"
    assert f"is not authorized to perform: iam:PassRole on resource: {passed}" in message
    to = {"StringEquals": {"iam:PassedToService": "states.amazonaws.com"}}
    enforced.grant(role.name, allow("states:*"), allow("iam:PassRole", passed, Condition=to))
    assert role("stepfunctions").create_state_machine(**asked)["stateMachineArn"]


def test_a_service_refuses_a_role_that_does_not_trust_it(enforced: Enforced, unique: str) -> None:
    role = arn_of_role(enforced.role(service="ec2.amazonaws.com"))
    definition = '{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}'
    create = enforced.client("stepfunctions").create_state_machine
    code, message = refused(create, name=unique, roleArn=role, definition=definition)
    assert (code, "authorized to assume the provided role" in message) == ("AccessDeniedException", True)


def test_everybody_may_ask_who_he_is(enforced: Enforced) -> None:
    role = enforced.acting(deny("*"))
    assert role("sts").get_caller_identity()["Arn"].endswith(f"assumed-role/{role.name}/test")


def test_session_tags_are_tags_of_the_principal(enforced: Enforced) -> None:
    (url, arn), own = enforced.queue(), {"StringEquals": {"aws:PrincipalTag/team": "red"}}
    name = enforced.role(allow("sqs:SendMessage", arn, Condition=own))
    red = enforced.session(name, Tags=[{"Key": "team", "Value": "red"}])
    assert red("sqs").send_message(QueueUrl=url, MessageBody="x")["MessageId"]
    plain = enforced.session(name)
    assert refused(plain("sqs").send_message, QueueUrl=url, MessageBody="x")[0] == "AccessDenied"
    enforced.client("iam").tag_role(RoleName=name, Tags=[{"Key": "team", "Value": "red"}])
    assert plain("sqs").send_message(QueueUrl=url, MessageBody="x")["MessageId"]


def test_managing_apis_is_asked_about_by_method_and_path(enforced: Enforced, unique: str) -> None:
    api = enforced.client("apigateway").create_rest_api(name=unique)["id"]
    where = f"arn:aws:apigateway:us-east-1::/restapis/{api}"
    role = enforced.acting(
        allow("apigateway:GET", f"{where}*"), allow("apigateway:POST", "arn:aws:apigateway:*::/v2/apis")
    )
    assert role("apigateway").get_rest_api(restApiId=api)["name"] == unique
    assert role("apigateway").get_resources(restApiId=api)["items"]
    code, message = refused(role("apigateway").delete_rest_api, restApiId=api)
    assert code == "AccessDeniedException"
    assert f"is not authorized to perform: apigateway:DELETE on resource: {where} because" in message
    assert role("apigatewayv2").create_api(Name=unique, ProtocolType="HTTP")["ApiId"]


# -- how a denial is seen ----------------------------------------------------------------------------


def test_a_denial_is_in_the_trace_with_its_code_and_is_told_once(enforced: Enforced) -> None:
    role, (url, arn) = enforced.acting(), enforced.queue()
    for _ in range(2):
        with pytest.raises(ClientError):
            role("sqs").send_message(QueueUrl=url, MessageBody="x")
    telemetry = enforced.runtime.runtime.kernel.telemetry
    spans = [span for span in telemetry.spans if role.name in span.caller.principal.arn]
    assert [(span.operation, span.error) for span in spans] == [("sqs.SendMessage", "AccessDenied")] * 2
    assert len([line for line in telemetry.lines if line.source == "iam" and arn in line.message]) == 1


def test_who_is_validated_first(enforced: Enforced) -> None:
    role = enforced.acting()
    assert refused(role("dynamodb").get_item, TableName="none", Key={})[0] == "AccessDeniedException"
    assert refused(role("dynamodb").get_item, Key={"id": {"S": "1"}})[0] == "ValidationException"
