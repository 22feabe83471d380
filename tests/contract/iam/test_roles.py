import json

import pytest


def test_shows_less_when_made_than_when_asked_for(iam, trust, unique):
    made = iam.create_role(
        RoleName=unique,
        Path="/a/b/",
        AssumeRolePolicyDocument=json.dumps(trust),
        Description="d",
        MaxSessionDuration=7200,
    )["Role"]
    expected = {
        "Path": "/a/b/",
        "RoleName": unique,
        "Arn": f"arn:aws:iam::000000000000:role/a/b/{unique}",
        "AssumeRolePolicyDocument": trust,
    }
    assert {key: made[key] for key in made if key not in ("RoleId", "CreateDate")} == expected
    assert made["RoleId"].startswith("AROA")
    assert len(made["RoleId"]) == 21
    found = iam.get_role(RoleName=unique)["Role"]
    assert found == made | {"Description": "d", "MaxSessionDuration": 7200, "RoleLastUsed": {}}
    [listed] = iam.list_roles(PathPrefix="/a/b/")["Roles"]
    assert listed == made | {"Description": "d", "MaxSessionDuration": 7200}


def test_names_are_taken_whatever_their_case(iam, trust, role, error):
    request = {"RoleName": role["RoleName"].upper(), "AssumeRolePolicyDocument": json.dumps(trust)}
    code, message = error(iam.create_role, **request)
    assert (code, message) == ("EntityAlreadyExists", f"Role with name {request['RoleName']} already exists.")


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        ("get_role", {}),
        ("update_role", {}),
        ("delete_role", {}),
        ("update_role_description", {"Description": "d"}),
        ("update_assume_role_policy", {"PolicyDocument": "{}"}),
        ("tag_role", {"Tags": []}),
        ("list_role_tags", {}),
    ],
)
def test_a_role_must_exist(iam, error, operation, more):
    expected = ("NoSuchEntity", "The role with name nobody cannot be found.")
    assert error(getattr(iam, operation), RoleName="nobody", **more) == expected


def test_a_name_is_checked_and_not_repeated(iam, error, trust):
    assert error(iam.create_role, RoleName="r" * 65, AssumeRolePolicyDocument=json.dumps(trust)) == (
        "ValidationError",
        "1 validation error detected: Value at 'roleName' failed to satisfy constraint: "
        "Member must have length less than or equal to 64",
    )


def test_updates_what_is_given_and_leaves_the_rest(iam, role):
    name = role["RoleName"]
    iam.update_role(RoleName=name, Description="one", MaxSessionDuration=7200)
    iam.update_role(RoleName=name)
    found = iam.get_role(RoleName=name)["Role"]
    assert (found["Description"], found["MaxSessionDuration"]) == ("one", 7200)
    answer = iam.update_role_description(RoleName=name, Description="two")["Role"]
    assert answer["Description"] == "two"
    assert "MaxSessionDuration" not in answer


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{", "This policy contains invalid Json"),
        ({"Action": "s3:GetObject"}, "AssumeRole policy may only specify STS AssumeRole actions."),
        ({"Action": "sts:AssumeRole", "Resource": "*"}, "Has prohibited field Resource"),
        ({"Principal": None, "Action": "sts:AssumeRole"}, "Missing required field Principal"),
        ({"Effect": "Maybe"}, "Syntax errors in policy."),
    ],
)
def test_refuses_trust_policies(iam, role, error, document, message):
    if isinstance(document, dict):
        statement = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}} | document
        statement = {key: value for key, value in statement.items() if value is not None}
        document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    found = error(iam.update_assume_role_policy, RoleName=role["RoleName"], PolicyDocument=document)
    assert found == ("MalformedPolicyDocument", message)


def test_a_new_trust_policy_takes_the_place_of_the_old(iam, role):
    trust = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}},
    }
    iam.update_assume_role_policy(RoleName=role["RoleName"], PolicyDocument=json.dumps(trust))
    assert iam.get_role(RoleName=role["RoleName"])["Role"]["AssumeRolePolicyDocument"] == trust


def test_a_role_goes_only_without_policies(iam, role, allow, error):
    name = role["RoleName"]
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=allow("s3:*"))
    arn = "arn:aws:iam::aws:policy/AmazonSQSFullAccess"
    iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    conflict = "Cannot delete entity, must detach all policies first."
    assert error(iam.delete_role, RoleName=name) == ("DeleteConflict", conflict)
    iam.detach_role_policy(RoleName=name, PolicyArn=arn)
    assert error(iam.delete_role, RoleName=name)[1] == "Cannot delete entity, must delete policies first."
    iam.delete_role_policy(RoleName=name, PolicyName="p")
    iam.delete_role(RoleName=name)
    assert error(iam.get_role, RoleName=name)[0] == "NoSuchEntity"


def test_pages_in_the_order_of_names(iam, trust, unique):
    for number in (3, 1, 2):
        iam.create_role(RoleName=f"{unique}-{number}", Path=f"/{unique}/", AssumeRolePolicyDocument=json.dumps(trust))
    pages = iam.get_paginator("list_roles").paginate(PathPrefix=f"/{unique}/", PaginationConfig={"PageSize": 2})
    found = [[role["RoleName"][-1] for role in page["Roles"]] for page in pages]
    assert found == [["1", "2"], ["3"]]


def test_a_boundary_is_set_and_lifted(iam, role):
    name, arn = role["RoleName"], "arn:aws:iam::aws:policy/PowerUserAccess"
    iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=arn)
    boundary = iam.get_role(RoleName=name)["Role"]["PermissionsBoundary"]
    assert boundary == {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}
    iam.delete_role_permissions_boundary(RoleName=name)
    assert "PermissionsBoundary" not in iam.get_role(RoleName=name)["Role"]


def test_a_boundary_is_a_policy_that_exists(iam, role, trust, unique, error):
    missing, other = f"arn:aws:iam::000000000000:policy/{unique}", "arn:aws:iam::000000000000:not_a_policy/invalid"
    refused = {
        missing: ("NoSuchEntity", f"Scope ARN: {missing} does not exist or is not attachable."),
        other: ("InvalidInput", f"ARN {other} is not valid."),
    }
    new = {"RoleName": f"{unique}-2", "AssumeRolePolicyDocument": json.dumps(trust)}
    for arn, expected in refused.items():
        name = role["RoleName"]
        assert error(iam.put_role_permissions_boundary, RoleName=name, PermissionsBoundary=arn) == expected
        assert error(iam.create_role, **new, PermissionsBoundary=arn) == expected
        assert error(iam.create_user, UserName=unique, PermissionsBoundary=arn) == expected


@pytest.mark.parametrize(
    ("service", "name"), [("elasticbeanstalk", "ElasticBeanstalk"), ("rds", "RDS"), ("batch", "Batch")]
)
def test_linked_roles_have_the_names_of_their_services(client, service, name):
    iam = client("iam", account="333333333333")
    role = iam.create_service_linked_role(AWSServiceName=f"{service}.amazonaws.com")["Role"]
    assert role["RoleName"] == f"AWSServiceRoleFor{name}"
    iam.delete_service_linked_role(RoleName=role["RoleName"])


def test_accounts_do_not_share_roles(client, role, error):
    other = client("iam", account="111111111111")
    assert error(other.get_role, RoleName=role["RoleName"])[0] == "NoSuchEntity"


def test_a_service_has_its_own_role(iam, error, unique):
    service = "ecs.amazonaws.com"
    suffix = unique.removeprefix("t-")
    role = iam.create_service_linked_role(AWSServiceName=service, CustomSuffix=suffix)["Role"]
    assert role["RoleName"] == f"AWSServiceRoleForECS_{suffix}"
    assert role["Path"] == "/aws-service-role/ecs.amazonaws.com/"
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": [service]}
    assert error(iam.create_service_linked_role, AWSServiceName=service, CustomSuffix=suffix)[0] == "InvalidInput"
    assert error(iam.delete_role, RoleName=role["RoleName"])[0] == "UnmodifiableEntity"
    task = iam.delete_service_linked_role(RoleName=role["RoleName"])["DeletionTaskId"]
    assert iam.get_service_linked_role_deletion_status(DeletionTaskId=task)["Status"] == "SUCCEEDED"
