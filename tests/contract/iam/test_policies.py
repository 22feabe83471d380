import json

import pytest


@pytest.fixture
def policy(iam, unique, allow):
    return iam.create_policy(PolicyName=unique, Path="/p/", PolicyDocument=allow("s3:*"), Description="d")["Policy"]


def versions(iam, policy):
    return [
        (version["VersionId"], version["IsDefaultVersion"])
        for version in iam.list_policy_versions(PolicyArn=policy["Arn"])["Versions"]
    ]


def test_describes_what_was_created(iam, policy, unique):
    fixed = {key: policy[key] for key in policy if key not in ("PolicyId", "CreateDate", "UpdateDate")}
    assert fixed == {
        "PolicyName": unique,
        "Arn": f"arn:aws:iam::000000000000:policy/p/{unique}",
        "Path": "/p/",
        "DefaultVersionId": "v1",
        "AttachmentCount": 0,
        "PermissionsBoundaryUsageCount": 0,
        "IsAttachable": True,
    }
    assert policy["PolicyId"].startswith("ANPA")
    assert iam.get_policy(PolicyArn=policy["Arn"])["Policy"] == policy | {"Tags": [], "Description": "d"}
    assert iam.list_policies(Scope="Local", PathPrefix="/p/", MaxItems=1000)["Policies"].count(policy) == 1


def test_a_name_is_taken_once(iam, policy, unique, allow, error):
    assert error(iam.create_policy, PolicyName=unique, PolicyDocument=allow("s3:*")) == (
        "EntityAlreadyExists",
        f"A policy called {unique} already exists. Duplicate names are not allowed.",
    )


def test_versions_take_over_from_each_other(iam, policy, allow):
    arn = policy["Arn"]
    made = iam.create_policy_version(PolicyArn=arn, PolicyDocument=allow("sqs:*"), SetAsDefault=True)
    assert made["PolicyVersion"]["VersionId"] == "v2"
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=allow("sns:*"))
    assert versions(iam, policy) == [("v3", False), ("v2", True), ("v1", False)]
    found = iam.get_policy_version(PolicyArn=arn, VersionId="v3")["PolicyVersion"]
    assert found["Document"]["Statement"][0]["Action"] == "sns:*"
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v1"
    iam.delete_policy_version(PolicyArn=arn, VersionId="v2")
    assert versions(iam, policy) == [("v3", False), ("v1", True)]


def test_five_versions_are_the_most_and_numbers_are_not_used_again(iam, policy, allow, error):
    request = {"PolicyArn": policy["Arn"], "PolicyDocument": allow("s3:*")}
    for _ in range(4):
        iam.create_policy_version(**request)
    code, message = error(iam.create_policy_version, **request)
    assert code == "LimitExceeded"
    assert message.startswith("A managed policy can have up to 5 versions.")
    iam.delete_policy_version(PolicyArn=policy["Arn"], VersionId="v5")
    assert iam.create_policy_version(**request)["PolicyVersion"]["VersionId"] == "v6"


def test_names_versions_that_are_missing(iam, policy, error):
    arn = policy["Arn"]
    missing = ("NoSuchEntity", f"Policy {arn} version v9 does not exist or is not attachable.")
    for operation in (iam.get_policy_version, iam.delete_policy_version, iam.set_default_policy_version):
        assert error(operation, PolicyArn=arn, VersionId="v9") == missing
    default = ("DeleteConflict", "Cannot delete the default version of a policy.")
    assert error(iam.delete_policy_version, PolicyArn=arn, VersionId="v1") == default
    code, message = error(iam.set_default_policy_version, PolicyArn=arn, VersionId="1")
    assert (code, message.partition(" failed")[0]) == (
        "ValidationError",
        "1 validation error detected: Value at 'versionId'",
    )


def test_a_policy_goes_when_nobody_has_it(iam, policy, role, allow, error):
    arn, name = policy["Arn"], role["RoleName"]
    iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    assert iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 1
    found = iam.list_entities_for_policy(PolicyArn=arn)
    assert found["PolicyRoles"] == [{"RoleName": name, "RoleId": role["RoleId"]}]
    assert error(iam.delete_policy, PolicyArn=arn) == ("DeleteConflict", "Cannot delete a policy attached to entities.")
    iam.detach_role_policy(RoleName=name, PolicyArn=arn)
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=allow("s3:*"))
    assert error(iam.delete_policy, PolicyArn=arn)[1].startswith("This policy has more than one version.")
    iam.delete_policy_version(PolicyArn=arn, VersionId="v2")
    iam.delete_policy(PolicyArn=arn)
    assert error(iam.get_policy, PolicyArn=arn) == ("NoSuchEntity", f"Policy {arn} was not found.")


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ({"Action": []}, "Policy statement must contain actions."),
        ({"Resource": None}, "Policy statement must contain resources."),
        ({"Principal": "*"}, "Policy document should not specify a principal."),
        ({"Action": "invalid"}, "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."),
        ({"Action": "s3:Get:Object"}, "Actions/Condition can contain only one colon."),
        ({"NotAction": "s3:*"}, "Syntax errors in policy."),
        ({"Extra": "x"}, "Syntax errors in policy."),
        ({"Sid": []}, "Syntax errors in policy."),
        ({"Condition": {"StringEquals": {"aws:PrincipalOrgID": {}}}}, "Syntax errors in policy."),
        ({"Effect": "allow"}, "The policy failed legacy parsing"),
        ({"Condition": {"DateLessThan": {"aws:CurrentTime": "soon"}}}, "The policy failed legacy parsing"),
        ({"Resource": "arn:aws:s3::bucket"}, "The policy failed legacy parsing"),
        ({"Action": [], "Resource": "arn:aws::::bucket"}, "The policy failed legacy parsing"),
        ({"Resource": "bucket", "Action": "s3"}, 'Resource bucket must be in ARN format or "*".'),
        ({"Resource": "arn:a:s3:::b"}, 'Partition "a" is not valid for resource "arn:a:s3:::b".'),
        ({"Resource": "s3:bucket"}, 'Partition "bucket" is not valid for resource "arn:bucket:*:*:*:*".'),
        ({"Resource": "arn:aws"}, "Resource vendor must be fully qualified and cannot contain regexes."),
        (
            {"Resource": "arn:aws:s3:eu-west-1::b"},
            "Resource arn:aws:s3:eu-west-1::b can not contain region information.",
        ),
        (
            {"Resource": "arn:aws:iam:eu-west-1::role/r"},
            "IAM resource arn:aws:iam:eu-west-1::role/r cannot contain region information.",
        ),
        (
            {"Resource": "arn:aws:iam::111122223333:r"},
            'IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, '
            "instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, "
            "access-report/.",
        ),
        ({"Action": "a a:Get"}, "Vendor a a is not valid"),
        (
            {"Action": "s3", "Resource": None},
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
        ),
    ],
)
def test_refuses_documents(iam, unique, error, statement, message):
    changed = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"} | statement
    document = {"Version": "2012-10-17", "Statement": [{k: v for k, v in changed.items() if v is not None}]}
    found = error(iam.create_policy, PolicyName=unique, PolicyDocument=json.dumps(document))
    assert found == ("MalformedPolicyDocument", message)


@pytest.mark.parametrize("version", [{}, {"Version": "2008-10-17"}])
def test_managed_policies_are_in_the_latest_language(iam, role, unique, error, version):
    document = json.dumps(version | {"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
    found = error(iam.create_policy, PolicyName=unique, PolicyDocument=document)
    assert found == ("MalformedPolicyDocument", "Policy document must be version 2012-10-17 or greater.")
    iam.put_role_policy(RoleName=role["RoleName"], PolicyName=unique, PolicyDocument=document)
    assert iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"] == [unique]


def test_knows_policies_of_aws(iam, error):
    arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    policy = iam.get_policy(PolicyArn=arn)["Policy"]
    assert (policy["PolicyName"], policy["Path"]) == ("AWSLambdaBasicExecutionRole", "/service-role/")
    version = iam.get_policy_version(PolicyArn=arn, VersionId=policy["DefaultVersionId"])["PolicyVersion"]
    assert version["Document"]["Statement"][0]["Action"] == [
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
    ]
    assert error(iam.delete_policy, PolicyArn=arn)[0] == "AccessDenied"
    listed = [found["Arn"] for found in iam.list_policies(Scope="AWS", MaxItems=1000)["Policies"]]
    assert arn in listed
    assert all(found.startswith("arn:aws:iam::aws:policy/") for found in listed)
