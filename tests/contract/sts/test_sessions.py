import base64
import json

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

ROLE = "arn:aws:iam::000000000000:role/not-made/here"


@pytest.fixture(scope="session")
def sts(client):
    return client("sts")


@pytest.fixture
def calling(penstock):
    """`calling(credentials, "sts")`: a client that calls with temporary credentials."""

    def make(credentials, service="sts"):
        return boto3.client(
            service,
            endpoint_url=penstock.endpoint,
            region_name="us-east-1",
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials.get("SessionToken"),
            config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
        )

    return make


def identity(sts):
    answer = sts.get_caller_identity()
    return answer["Account"], answer["Arn"], answer["UserId"]


def test_any_key_is_the_root_of_an_account(client, sts):
    assert identity(sts) == ("000000000000", "arn:aws:iam::000000000000:root", "000000000000")
    other = client("sts", account="111122223333")
    assert identity(other) == ("111122223333", "arn:aws:iam::111122223333:root", "111122223333")


def test_a_session_is_who_it_assumed(penstock, sts, calling, unique):
    answer = sts.assume_role(RoleArn=ROLE, RoleSessionName=unique, DurationSeconds=900)
    credentials = answer["Credentials"]
    assert credentials["AccessKeyId"].startswith("ASIA")
    assert len(credentials["SecretAccessKey"]) == 40
    assert credentials["Expiration"].timestamp() == pytest.approx(penstock.now() + 900, abs=30)
    user = answer["AssumedRoleUser"]
    assert user["Arn"] == f"arn:aws:sts::000000000000:assumed-role/here/{unique}"
    assert user["AssumedRoleId"].startswith("AROA")
    assert user["AssumedRoleId"].endswith(f":{unique}")
    assert identity(calling(credentials)) == ("000000000000", user["Arn"], user["AssumedRoleId"])


def test_a_session_has_the_id_of_its_role(client, sts, unique):
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "000000000000"}, "Action": "sts:AssumeRole"}]}
    role = client("iam").create_role(RoleName=unique, AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    answer = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="session")
    assert answer["AssumedRoleUser"]["AssumedRoleId"] == f"{role['RoleId']}:session"
    with pytest.raises(ClientError, match="exceeds the MaxSessionDuration set for this role"):
        sts.assume_role(RoleArn=role["Arn"], RoleSessionName="session", DurationSeconds=7200)


def test_credentials_expire(penstock, sts, calling, unique):
    short = sts.assume_role(RoleArn=ROLE, RoleSessionName=unique, DurationSeconds=900)["Credentials"]
    long = sts.get_session_token(DurationSeconds=7200)["Credentials"]
    penstock.advance(901)
    with pytest.raises(ClientError) as caught:
        calling(short).get_caller_identity()
    assert caught.value.response["Error"] == {
        "Type": "Sender",
        "Code": "ExpiredTokenException",
        "Message": "The security token included in the request is expired",
    }
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert identity(calling(long))[1] == "arn:aws:iam::000000000000:root"


@pytest.mark.parametrize(
    "arn",
    [
        "nothing-valid-in-here",
        "arn::b:::something/test-role",
        "arn:a::::something/test-role",
        "arn:a:::something/test-role",
        "arn:a:a::aaaaaaaaaa:",
    ],
)
def test_refuses_what_is_no_arn(sts, arn):
    with pytest.raises(ClientError) as caught:
        sts.assume_role(RoleArn=arn, RoleSessionName="session")
    assert caught.value.response["Error"]["Code"] == "ValidationError"
    assert caught.value.response["Error"]["Message"] == f"{arn} is invalid"


@pytest.mark.parametrize(
    ("name", "constraint"),
    [
        ("Session1:2", r"satisfy regular expression pattern: [\w+=,.@-]*"),
        ("s" * 65, "have length less than or equal to 64"),
    ],
)
def test_refuses_session_names(sts, name, constraint):
    with pytest.raises(ClientError) as caught:
        sts.assume_role(RoleArn=ROLE, RoleSessionName=name)
    assert caught.value.response["Error"] == {
        "Type": "Sender",
        "Code": "ValidationError",
        "Message": f"1 validation error detected: Value '{name}' at 'roleSessionName' failed to satisfy constraint: "
        f"Member must {constraint}",
    }


def test_transitive_tags_go_along_a_chain(sts, calling, unique):
    tags = [{"Key": "Team", "Value": "red"}]
    first = sts.assume_role(RoleArn=ROLE, RoleSessionName=unique, Tags=tags, TransitiveTagKeys=["team"])
    assert first["PackedPolicySize"] > 0
    with pytest.raises(ClientError, match="conflicts with a transitive tag key from the calling session"):
        calling(first["Credentials"]).assume_role(
            RoleArn=ROLE, RoleSessionName=unique, Tags=[{"Key": "TEAM", "Value": "blue"}]
        )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"TransitiveTagKeys": ["b"]}, "The specified transitive tag key must be included in the requested tags."),
        (
            {"Tags": [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]},
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        ),
    ],
)
def test_refuses_tags(sts, options, message):
    with pytest.raises(ClientError) as caught:
        sts.assume_role(RoleArn=ROLE, RoleSessionName="session", **options)
    assert caught.value.response["Error"] == {"Type": "Sender", "Code": "InvalidParameterValue", "Message": message}


def test_refuses_a_session_policy_that_is_none(sts):
    with pytest.raises(ClientError) as caught:
        sts.assume_role(RoleArn=ROLE, RoleSessionName="session", Policy="{")
    assert caught.value.response["Error"]["Code"] == "MalformedPolicyDocument"


def test_a_web_identity_is_read_from_its_token(sts, calling, unique):
    claims = {"iss": "https://issuer.example", "aud": "app", "sub": "subject-1"}
    token = f"e30.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.sig"
    answer = sts.assume_role_with_web_identity(RoleArn=ROLE, RoleSessionName=unique, WebIdentityToken=token)
    found = (answer["Provider"], answer["Audience"], answer["SubjectFromWebIdentityToken"])
    assert found == tuple(claims.values())
    assert identity(calling(answer["Credentials"]))[1].endswith(f"assumed-role/here/{unique}")


def test_federated_users_and_sessions_get_no_further_tokens(sts, calling):
    answer = sts.get_federation_token(Name="ann")
    assert answer["FederatedUser"] == {
        "FederatedUserId": "000000000000:ann",
        "Arn": "arn:aws:sts::000000000000:federated-user/ann",
    }
    ann = calling(answer["Credentials"])
    assert identity(ann)[1] == answer["FederatedUser"]["Arn"]
    with pytest.raises(ClientError, match="Cannot call GetSessionToken with session credentials"):
        ann.get_session_token()


def test_an_access_key_tells_its_account(client, sts):
    other = client("sts", account="123456789012").get_session_token()["Credentials"]["AccessKeyId"]
    assert sts.get_access_key_info(AccessKeyId=other)["Account"] == "123456789012"
    assert sts.get_access_key_info(AccessKeyId="AKIAIOSFODNN7EXAMPL1")["Account"]


def test_authorization_messages_are_not_decoded(sts):
    with pytest.raises(ClientError, match=r"Penstock does not implement sts\.DecodeAuthorizationMessage"):
        sts.decode_authorization_message(EncodedMessage="x")
