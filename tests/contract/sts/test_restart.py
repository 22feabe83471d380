"""Who a key is outlives a restart."""

import boto3
import pytest
from botocore.exceptions import ClientError

from penstock.call import Config
from penstock.testing import running


def whoami(runtime, key):
    sts = boto3.client(
        "sts",
        endpoint_url=runtime.endpoint,
        region_name="us-east-1",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    return sts.get_caller_identity()["Arn"]


def test_keys_and_sessions_are_known_again(tmp_path):
    with running(Config(data=tmp_path, port=0)) as runtime:
        iam = runtime.client("iam")
        user = iam.create_user(UserName="ann")["User"]
        key = iam.create_access_key(UserName="ann")["AccessKey"]
        inactive = iam.create_access_key(UserName="ann")["AccessKey"]
        iam.update_access_key(UserName="ann", AccessKeyId=inactive["AccessKeyId"], Status="Inactive")
        request = {"RoleArn": "arn:aws:iam::000000000000:role/r", "RoleSessionName": "job"}
        session = runtime.client("sts").assume_role(**request, DurationSeconds=900)["Credentials"]
    with running(Config(data=tmp_path, port=0)) as runtime:
        assert whoami(runtime, key) == user["Arn"]
        assert whoami(runtime, session) == "arn:aws:sts::000000000000:assumed-role/r/job"
        with pytest.raises(ClientError, match="InvalidClientTokenId"):
            whoami(runtime, inactive)
        runtime.advance(901)
        with pytest.raises(ClientError, match="ExpiredToken"):
            whoami(runtime, session)
    with running(Config(data=tmp_path, port=0)) as runtime, pytest.raises(ClientError, match="ExpiredToken"):
        whoami(runtime, session)
