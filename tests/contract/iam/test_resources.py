"""IAM in CloudFormation templates."""

import json

BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
SQS = "arn:aws:iam::aws:policy/AmazonSQSFullAccess"


def statement(action):
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}


def role(trust, **properties):
    return {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust, **properties}}


def attached(iam, name):
    return {item["PolicyArn"] for item in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]}


def test_a_role_comes_alive_changes_and_goes(iam, deploy, trust, unique, error):
    inline = [{"PolicyName": "one", "PolicyDocument": statement("s3:*")}]
    outputs = deploy(
        {"Role": role(trust, ManagedPolicyArns=[BASIC], Policies=inline, Description="d", Path="/p/")},
        Name={"Ref": "Role"},
        Arn={"Fn::GetAtt": ["Role", "Arn"]},
        Id={"Fn::GetAtt": ["Role", "RoleId"]},
    )
    name = outputs["Name"]
    found = iam.get_role(RoleName=name)["Role"]
    assert (found["Arn"], found["RoleId"], found["Description"]) == (outputs["Arn"], outputs["Id"], "d")
    assert found["Tags"] == [{"Key": "stack", "Value": unique}]
    assert attached(iam, name) == {BASIC}
    assert iam.list_role_policies(RoleName=name)["PolicyNames"] == ["one"]

    iam.put_role_policy(RoleName=name, PolicyName="mine", PolicyDocument=json.dumps(statement("sns:*")))
    changed = role(
        trust,
        ManagedPolicyArns=[SQS],
        Policies=[{"PolicyName": "two", "PolicyDocument": statement("sqs:*")}],
        MaxSessionDuration=7200,
        PermissionsBoundary=SQS,
        Path="/p/",
    )
    deploy({"Role": changed})
    found = iam.get_role(RoleName=name)["Role"]
    assert (found["RoleId"], found["MaxSessionDuration"]) == (outputs["Id"], 7200)
    assert found["PermissionsBoundary"]["PermissionsBoundaryArn"] == SQS
    assert attached(iam, name) == {SQS}
    assert iam.list_role_policies(RoleName=name)["PolicyNames"] == ["mine", "two"]
    deploy.delete()
    assert error(iam.get_role, RoleName=name)[0] == "NoSuchEntity"


def test_policies_go_to_those_they_list(iam, deploy, trust, unique, error):
    def resources(action, *roles):
        listed = [{"Ref": name} for name in roles]
        return {
            "One": role(trust),
            "Two": role(trust),
            "Inline": {
                "Type": "AWS::IAM::Policy",
                "Properties": {"PolicyName": "inline", "PolicyDocument": statement(action), "Roles": listed},
            },
            "Managed": {
                "Type": "AWS::IAM::ManagedPolicy",
                "Properties": {"PolicyDocument": statement(action), "Roles": listed},
            },
            "Own": {
                "Type": "AWS::IAM::RolePolicy",
                "Properties": {"RoleName": {"Ref": "Two"}, "PolicyName": "own", "PolicyDocument": statement(action)},
            },
        }

    outputs = deploy(
        resources("s3:*", "One"),
        One={"Ref": "One"},
        Two={"Ref": "Two"},
        Arn={"Ref": "Managed"},
        Inline={"Ref": "Inline"},
    )
    one, two, arn = outputs["One"], outputs["Two"], outputs["Arn"]
    assert outputs["Inline"] == "inline"
    assert (attached(iam, one), attached(iam, two)) == ({arn}, set())
    assert iam.list_role_policies(RoleName=one)["PolicyNames"] == ["inline"]

    deploy(resources("sqs:*", "Two"))
    assert (attached(iam, one), attached(iam, two)) == (set(), {arn})
    assert iam.list_role_policies(RoleName=one)["PolicyNames"] == []
    for name in ("inline", "own"):
        document = iam.get_role_policy(RoleName=two, PolicyName=name)["PolicyDocument"]
        assert document["Statement"][0]["Action"] == "sqs:*"
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    assert (version, document["Statement"][0]["Action"]) == ("v2", "sqs:*")
    deploy.delete()
    assert error(iam.get_policy, PolicyArn=arn)[0] == "NoSuchEntity"


def test_users_with_groups_keys_and_profiles(iam, deploy, trust, unique, error):
    resources = {
        "Group": {"Type": "AWS::IAM::Group", "Properties": {"ManagedPolicyArns": [SQS]}},
        "User": {"Type": "AWS::IAM::User", "Properties": {"UserName": unique, "Groups": [{"Ref": "Group"}]}},
        "Key": {"Type": "AWS::IAM::AccessKey", "Properties": {"UserName": {"Ref": "User"}}},
        "Role": role(trust),
        "Profile": {"Type": "AWS::IAM::InstanceProfile", "Properties": {"Roles": [{"Ref": "Role"}]}},
        "Linked": {
            "Type": "AWS::IAM::ServiceLinkedRole",
            "Properties": {"AWSServiceName": "ecs.amazonaws.com", "CustomSuffix": unique},
        },
    }
    outputs = deploy(
        resources,
        Group={"Ref": "Group"},
        Key={"Ref": "Key"},
        Secret={"Fn::GetAtt": ["Key", "SecretAccessKey"]},
        Role={"Ref": "Role"},
        Profile={"Ref": "Profile"},
        Linked={"Ref": "Linked"},
    )
    [group] = iam.list_groups_for_user(UserName=unique)["Groups"]
    assert group["GroupName"] == outputs["Group"]
    [key] = iam.list_access_keys(UserName=unique)["AccessKeyMetadata"]
    assert (key["AccessKeyId"], len(outputs["Secret"])) == (outputs["Key"], 40)
    [held] = iam.get_instance_profile(InstanceProfileName=outputs["Profile"])["InstanceProfile"]["Roles"]
    assert held["RoleName"] == outputs["Role"]
    assert iam.get_role(RoleName=outputs["Linked"])["Role"]["Path"].startswith("/aws-service-role/")
    deploy.delete()
    assert error(iam.get_user, UserName=unique)[0] == "NoSuchEntity"
    assert error(iam.get_role, RoleName=outputs["Linked"])[0] == "NoSuchEntity"


def test_users_and_groups_move_without_being_replaced(iam, deploy):
    def resources(**properties):
        return {
            "User": {"Type": "AWS::IAM::User", "Properties": properties},
            "Group": {"Type": "AWS::IAM::Group", "Properties": properties},
        }

    names = {"User": {"Ref": "User"}, "Group": {"Ref": "Group"}, "UserArn": {"Fn::GetAtt": "User.Arn"}}
    made = deploy(resources(), **names)
    moved = deploy(resources(Path="/there/"), **names)
    assert (moved["User"], moved["Group"]) == (made["User"], made["Group"])
    assert moved["UserArn"] == made["UserArn"].replace(":user/", ":user/there/")
    assert iam.get_user(UserName=made["User"])["User"]["Arn"] == moved["UserArn"]
    assert iam.get_group(GroupName=made["Group"])["Group"]["Path"] == "/there/"
