"""Secrets Manager in CloudFormation templates."""

import json


def secret(**properties):
    return {"Type": "AWS::SecretsManager::Secret", "Properties": properties}


def test_a_secret_is_generated_and_stays_until_its_wishes_change(sm, deploy, unique, error):
    wishes = {"SecretStringTemplate": '{"user": "admin"}', "GenerateStringKey": "password", "PasswordLength": 20}
    outputs = deploy({"Secret": secret(GenerateSecretString=wishes, Description="d")}, Arn={"Ref": "Secret"})
    arn = outputs["Arn"]
    value = sm.get_secret_value(SecretId=arn)["SecretString"]
    assert json.loads(value)["user"] == "admin"
    assert len(json.loads(value)["password"]) == 20

    deploy({"Secret": secret(GenerateSecretString=wishes, Tags=[{"Key": "own", "Value": "1"}])})
    assert sm.get_secret_value(SecretId=arn)["SecretString"] == value
    found = sm.describe_secret(SecretId=arn)
    assert {"Key": "own", "Value": "1"} in found["Tags"]
    assert "Description" not in found

    deploy({"Secret": secret(GenerateSecretString={"ExcludePunctuation": True})})
    assert sm.get_secret_value(SecretId=arn)["SecretString"].isalnum()
    deploy.delete()
    assert error(sm.describe_secret, SecretId=arn)[0] == "ResourceNotFoundException"


def test_templates_refer_to_secrets_and_guard_them(client, sm, deploy, unique):
    statement = {"Effect": "Deny", "Principal": "*", "Action": "secretsmanager:DeleteSecret", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    resources = {
        "Secret": secret(Name=unique, SecretString='{"key": "k3y"}'),
        "Policy": {
            "Type": "AWS::SecretsManager::ResourcePolicy",
            "Properties": {"SecretId": {"Ref": "Secret"}, "ResourcePolicy": policy},
        },
        "Parameter": {
            "Type": "AWS::SSM::Parameter",
            "Properties": {
                "Name": unique,
                "Type": "String",
                "Value": {"Fn::Join": ["", ["{{resolve:secretsmanager:", {"Ref": "Secret"}, ":SecretString:key}}"]]},
            },
        },
    }
    deploy(resources)
    assert json.loads(sm.get_resource_policy(SecretId=unique)["ResourcePolicy"]) == policy
    assert client("ssm").get_parameter(Name=unique)["Parameter"]["Value"] == "k3y"
