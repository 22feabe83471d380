import boto3
import pytest
from botocore.config import Config


@pytest.fixture
def user(iam, unique):
    return iam.create_user(UserName=unique)["User"]


def test_describes_what_was_created(iam, user, unique):
    assert {key: user[key] for key in user if key not in ("UserId", "CreateDate")} == {
        "Path": "/",
        "UserName": unique,
        "Arn": f"arn:aws:iam::000000000000:user/{unique}",
    }
    assert user["UserId"].startswith("AIDA")
    assert iam.get_user(UserName=unique)["User"] == user


def test_moves_to_another_name_and_path(iam, user, unique, error):
    iam.update_user(UserName=unique, NewUserName=f"{unique}-2", NewPath="/new/")
    moved = iam.get_user(UserName=f"{unique}-2")["User"]
    assert moved["UserId"] == user["UserId"]
    assert moved["Arn"] == f"arn:aws:iam::000000000000:user/new/{unique}-2"
    assert error(iam.get_user, UserName=unique) == (
        "NoSuchEntity",
        f"The user with name {unique} cannot be found.",
    )


def test_a_name_is_taken_once(iam, user, unique, error):
    expected = ("EntityAlreadyExists", f"User with name {unique} already exists.")
    assert error(iam.create_user, UserName=unique) == expected


def test_lists_by_path_prefix(iam, unique):
    iam.create_user(UserName=unique, Path=f"/{unique}/deep/")
    assert [user["UserName"] for user in iam.list_users(PathPrefix=f"/{unique}/")["Users"]] == [unique]


@pytest.fixture
def calling(penstock):
    def make(key, service):
        return boto3.client(
            service,
            endpoint_url=penstock.endpoint,
            region_name="us-east-1",
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
            config=Config(retries={"total_max_attempts": 1}),
        )

    return make


def test_an_access_key_is_its_user(iam, user, unique, calling):
    key = iam.create_access_key(UserName=unique)["AccessKey"]
    assert (key["Status"], len(key["AccessKeyId"]), len(key["SecretAccessKey"])) == ("Active", 20, 40)
    identity = calling(key, "sts").get_caller_identity()
    assert (identity["Arn"], identity["UserId"]) == (user["Arn"], user["UserId"])
    assert calling(key, "iam").get_user()["User"] == user
    [listed] = calling(key, "iam").list_access_keys()["AccessKeyMetadata"]
    assert "SecretAccessKey" not in listed
    used = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])
    assert (used["UserName"], used["AccessKeyLastUsed"]) == (unique, {"ServiceName": "N/A", "Region": "N/A"})


def test_an_inactive_key_is_nobody(iam, user, unique, calling, error):
    key = iam.create_access_key(UserName=unique)["AccessKey"]
    which = {"UserName": unique, "AccessKeyId": key["AccessKeyId"]}
    iam.update_access_key(**which, Status="Inactive")
    expected = ("InvalidClientTokenId", "The security token included in the request is invalid.")
    assert error(calling(key, "sts").get_caller_identity) == expected
    iam.update_access_key(**which, Status="Active")
    assert calling(key, "sts").get_caller_identity()["Arn"] == user["Arn"]
    iam.delete_access_key(**which)
    assert error(calling(key, "sts").get_caller_identity) == expected


def test_two_keys_are_the_most(iam, user, unique, error):
    for _ in range(2):
        iam.create_access_key(UserName=unique)
    expected = ("LimitExceeded", "Cannot exceed quota for AccessKeysPerUser: 2")
    assert error(iam.create_access_key, UserName=unique) == expected


def test_refuses_keys_of_nobody(iam, user, unique, error):
    key = "AKIAIOSFODNN7EXAMPLE"
    missing = f"The Access Key with id {key} cannot be found."
    request = {"UserName": unique, "AccessKeyId": key, "Status": "Inactive"}
    assert error(iam.update_access_key, **request) == ("NoSuchEntity", missing)
    assert error(iam.delete_access_key, AccessKeyId=key) == (
        "ValidationError",
        "Must specify userName when calling with non-User credentials",
    )
    assert error(iam.get_access_key_last_used, AccessKeyId=key)[0] == "AccessDenied"


def test_a_user_goes_only_without_keys_and_groups(iam, user, unique, error):
    iam.create_group(GroupName=unique)
    iam.add_user_to_group(GroupName=unique, UserName=unique)
    assert error(iam.delete_user, UserName=unique)[0] == "DeleteConflict"
    iam.remove_user_from_group(GroupName=unique, UserName=unique)
    key = iam.create_access_key(UserName=unique)["AccessKey"]
    assert error(iam.delete_user, UserName=unique)[0] == "DeleteConflict"
    iam.delete_access_key(UserName=unique, AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName=unique)
    assert error(iam.delete_user, UserName=unique)[0] == "NoSuchEntity"
