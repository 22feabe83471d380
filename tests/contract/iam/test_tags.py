import json

import pytest

TAGS = [{"Key": "somekey", "Value": "v1"}, {"Key": "someotherkey", "Value": ""}]


def test_tags_of_a_role(iam, role):
    name = role["RoleName"]
    iam.tag_role(RoleName=name, Tags=TAGS)
    iam.tag_role(RoleName=name, Tags=[{"Key": "SOMEKEY", "Value": "v2"}])
    expected = [{"Key": "somekey", "Value": "v2"}, TAGS[1]]
    assert iam.list_role_tags(RoleName=name)["Tags"] == expected
    assert iam.get_role(RoleName=name)["Role"]["Tags"] == expected
    page = iam.list_role_tags(RoleName=name, MaxItems=1)
    assert (page["IsTruncated"], page["Tags"]) == (True, expected[:1])
    assert iam.list_role_tags(RoleName=name, Marker=page["Marker"])["Tags"] == expected[1:]
    iam.untag_role(RoleName=name, TagKeys=["somekey", "unknown"])
    assert iam.list_role_tags(RoleName=name)["Tags"] == [TAGS[1]]


def test_tags_given_at_creation(iam, trust, unique, allow):
    role = iam.create_role(RoleName=unique, AssumeRolePolicyDocument=json.dumps(trust), Tags=TAGS)["Role"]
    assert role["Tags"] == TAGS
    assert iam.create_user(UserName=unique, Tags=TAGS)["User"]["Tags"] == TAGS
    policy = iam.create_policy(PolicyName=unique, PolicyDocument=allow("s3:*"), Tags=TAGS)["Policy"]
    assert iam.list_policy_tags(PolicyArn=policy["Arn"])["Tags"] == TAGS
    profile = iam.create_instance_profile(InstanceProfileName=unique, Tags=TAGS)["InstanceProfile"]
    assert profile["Tags"] == TAGS


def test_keys_of_policies_alone_heed_case(iam, unique, allow, role, error):
    both = [{"Key": "a", "Value": "lower"}, {"Key": "A", "Value": "upper"}]
    arn = iam.create_policy(PolicyName=unique, PolicyDocument=allow("s3:*"), Tags=both)["Policy"]["Arn"]
    iam.untag_policy(PolicyArn=arn, TagKeys=["a"])
    assert iam.list_policy_tags(PolicyArn=arn)["Tags"] == both[1:]
    assert error(iam.tag_policy, PolicyArn=arn, Tags=both[:1] * 2) == ("InvalidInput", "Duplicate tag keys found.")
    assert error(iam.tag_role, RoleName=role["RoleName"], Tags=both) == (
        "InvalidInput",
        "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
    )


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        (
            [{"Key": str(n), "Value": ""} for n in range(51)],
            "'tags' failed to satisfy constraint: Member must have length",
        ),
        (
            [{"Key": "k" * 129, "Value": ""}],
            "'tags.1.member.key' failed to satisfy constraint: Member must have length",
        ),
        ([{"Key": "k", "Value": "v" * 257}], "'tags.1.member.value' failed to satisfy constraint: Member must have"),
        ([{"Key": "a!", "Value": ""}], r"pattern: [\p{L}\p{Z}\p{N}_.:/=+\-@]+"),
    ],
)
def test_refuses_tags(iam, role, error, tags, message):
    code, found = error(iam.tag_role, RoleName=role["RoleName"], Tags=tags)
    assert code == "ValidationError"
    assert message in found
