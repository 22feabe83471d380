import json

POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
        ],
    }
)


def test_a_policy_comes_and_goes(sm, secret, unique, error):
    assert "ResourcePolicy" not in sm.get_resource_policy(SecretId=unique)
    sm.put_resource_policy(SecretId=unique, ResourcePolicy=POLICY)
    assert sm.get_resource_policy(SecretId=unique)["ResourcePolicy"] == POLICY
    sm.delete_resource_policy(SecretId=unique)
    assert "ResourcePolicy" not in sm.get_resource_policy(SecretId=unique)
    assert error(sm.put_resource_policy, SecretId=unique, ResourcePolicy="{")[0] == "MalformedPolicyDocumentException"


def test_a_policy_is_tried_first(sm):
    assert sm.validate_resource_policy(ResourcePolicy=POLICY)["PolicyValidationPassed"] is True
    answer = sm.validate_resource_policy(ResourcePolicy="{}")
    assert (answer["PolicyValidationPassed"], len(answer["ValidationErrors"])) == (False, 1)


def test_tags_come_and_go(sm, secret, unique):
    sm.tag_resource(SecretId=unique, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    sm.tag_resource(SecretId=unique, Tags=[{"Key": "a", "Value": "3"}])
    sm.untag_resource(SecretId=unique, TagKeys=["b", "x"])
    assert sm.describe_secret(SecretId=unique)["Tags"] == [{"Key": "a", "Value": "3"}]


def test_tags_that_are_gone_leave_an_empty_list(sm, secret, unique):
    assert "Tags" not in sm.describe_secret(SecretId=unique)
    sm.tag_resource(SecretId=unique, Tags=[{"Key": "a", "Value": "1"}])
    sm.untag_resource(SecretId=unique, TagKeys=["a"])
    assert sm.describe_secret(SecretId=unique)["Tags"] == []
