import pytest

KINDS = ("role", "user", "group")


@pytest.fixture(params=KINDS)
def holder(request, iam, unique, role):
    """(kind, the members that name one of it)."""
    if request.param != "role":
        getattr(iam, f"create_{request.param}")(**{f"{request.param.title()}Name": unique})
    return request.param, {f"{request.param.title()}Name": unique}


def test_inline_policies_come_and_go(iam, holder, allow, error):
    kind, who = holder

    def names():
        return getattr(iam, f"list_{kind}_policies")(**who)["PolicyNames"]

    for name in ("b", "a"):
        getattr(iam, f"put_{kind}_policy")(**who, PolicyName=name, PolicyDocument=allow(f"s3:{name}*"))
    assert names() == ["a", "b"]
    found = getattr(iam, f"get_{kind}_policy")(**who, PolicyName="a")
    assert found["PolicyDocument"]["Statement"][0]["Action"] == "s3:a*"
    getattr(iam, f"delete_{kind}_policy")(**who, PolicyName="a")
    assert names() == ["b"]
    missing = ("NoSuchEntity", f"The {kind} policy with name a cannot be found.")
    for verb in ("get", "delete"):
        assert error(getattr(iam, f"{verb}_{kind}_policy"), **who, PolicyName="a") == missing


def test_managed_policies_come_and_go(iam, holder, unique, allow, error):
    kind, who = holder
    arn = iam.create_policy(PolicyName=unique, PolicyDocument=allow("s3:*"))["Policy"]["Arn"]
    attach, detach = getattr(iam, f"attach_{kind}_policy"), getattr(iam, f"detach_{kind}_policy")
    attached = getattr(iam, f"list_attached_{kind}_policies")
    not_attached = ("NoSuchEntity", f"Policy {arn} was not found.")
    assert error(detach, **who, PolicyArn=arn) == not_attached
    for _ in range(2):
        attach(**who, PolicyArn=arn)
    assert attached(**who)["AttachedPolicies"] == [{"PolicyName": unique, "PolicyArn": arn}]
    assert attached(**who, PathPrefix="/other/")["AttachedPolicies"] == []
    detach(**who, PolicyArn=arn)
    assert attached(**who)["AttachedPolicies"] == []


def test_a_policy_must_exist_to_be_attached(iam, holder, error):
    kind, who = holder
    attach = getattr(iam, f"attach_{kind}_policy")
    malformed = ("ValidationError", "ARN longpolicynamebutnoarn is not valid.")
    assert error(attach, **who, PolicyArn="longpolicynamebutnoarn") == malformed
    arn = "arn:aws:iam::000000000000:policy/nonexistent"
    missing = ("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.")
    assert error(attach, **who, PolicyArn=arn) == missing


def test_ten_attached_policies_are_the_most(iam, role, error):
    name = role["RoleName"]
    for number in range(10):
        iam.attach_role_policy(RoleName=name, PolicyArn=f"arn:aws:iam::aws:policy/Some{number}")
    expected = ("LimitExceeded", "Cannot exceed quota for PoliciesPerRole: 10")
    assert error(iam.attach_role_policy, RoleName=name, PolicyArn="arn:aws:iam::aws:policy/Another") == expected
    page = iam.list_attached_role_policies(RoleName=name, MaxItems=4)
    assert page["IsTruncated"]
    rest = iam.list_attached_role_policies(RoleName=name, Marker=page["Marker"])
    assert [policy["PolicyName"] for policy in rest["AttachedPolicies"]] == [f"Some{number}" for number in range(4, 10)]
