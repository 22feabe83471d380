import pytest


@pytest.fixture
def decisions(iam):
    """`decisions(...)` of SimulateCustomPolicy, in the order of actions and resources."""

    def simulate(policies, actions, resources=("*",), **more):
        answer = iam.simulate_custom_policy(
            PolicyInputList=policies, ActionNames=actions, ResourceArns=list(resources), **more
        )
        return [result["EvalDecision"] for result in answer["EvaluationResults"]]

    return simulate


def test_a_custom_policy_is_tried_on_actions_and_resources(decisions, allow):
    policies = [allow("sqs:*", "arn:aws:sqs:*:*:a*"), allow("sqs:DeleteQueue", effect="Deny")]
    resources = ["arn:aws:sqs:us-east-1:000000000000:a1", "arn:aws:sqs:us-east-1:000000000000:b"]
    found = decisions(policies, ["sqs:SendMessage", "sqs:DeleteQueue"], resources)
    assert found == ["allowed", "implicitDeny", "explicitDeny", "explicitDeny"]


def test_context_decides_and_is_missed(iam, decisions, allow):
    policy = allow("s3:*", Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}})
    entry = {"ContextKeyName": "aws:RequestedRegion", "ContextKeyValues": ["eu-west-1"], "ContextKeyType": "string"}
    assert decisions([policy], ["s3:GetObject"], ContextEntries=[entry]) == ["allowed"]
    [result] = iam.simulate_custom_policy(PolicyInputList=[policy], ActionNames=["s3:GetObject"])["EvaluationResults"]
    assert (result["EvalDecision"], result["MissingContextValues"]) == ("implicitDeny", ["aws:RequestedRegion"])
    keys = iam.get_context_keys_for_custom_policy(PolicyInputList=[policy])["ContextKeyNames"]
    assert keys == ["aws:RequestedRegion"]


def test_a_boundary_limits(iam, allow):
    answer = iam.simulate_custom_policy(
        PolicyInputList=[allow("*")],
        PermissionsBoundaryPolicyInputList=[allow("s3:*")],
        ActionNames=["s3:GetObject", "sqs:SendMessage"],
    )
    found = [
        (result["EvalDecision"], result["PermissionsBoundaryDecisionDetail"]["AllowedByPermissionsBoundary"])
        for result in answer["EvaluationResults"]
    ]
    assert found == [("allowed", True), ("implicitDeny", False)]


def test_a_principal_has_inline_attached_and_group_policies(iam, unique, allow):
    user = iam.create_user(UserName=unique)["User"]
    iam.create_group(GroupName=unique)
    iam.add_user_to_group(GroupName=unique, UserName=unique)
    iam.put_group_policy(GroupName=unique, PolicyName="g", PolicyDocument=allow("sns:Publish"))
    iam.put_user_policy(UserName=unique, PolicyName="u", PolicyDocument=allow("sqs:SendMessage"))
    iam.attach_user_policy(UserName=unique, PolicyArn="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")
    actions = ["sns:Publish", "sqs:SendMessage", "s3:GetObject", "s3:PutObject"]
    answer = iam.simulate_principal_policy(PolicySourceArn=user["Arn"], ActionNames=actions)
    found = [
        (r["EvalDecision"], [m["SourcePolicyId"] for m in r["MatchedStatements"]]) for r in answer["EvaluationResults"]
    ]
    assert found == [
        ("allowed", ["g"]),
        ("allowed", ["u"]),
        ("allowed", ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]),
        ("implicitDeny", []),
    ]


def test_refuses_what_is_no_policy_or_nobody(iam, error):
    assert error(iam.simulate_custom_policy, PolicyInputList=["{"], ActionNames=["s3:*"])[0] == "InvalidInput"
    arn = "arn:aws:iam::000000000000:role/nobody"
    assert error(iam.simulate_principal_policy, PolicySourceArn=arn, ActionNames=["s3:*"])[0] == "NoSuchEntity"
