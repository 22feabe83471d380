import json


def test_counts_what_there_is(client, trust, unique):
    iam = client("iam", account="222222222222")
    iam.create_role(RoleName=unique, AssumeRolePolicyDocument=json.dumps(trust))
    document = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
    arn = iam.create_policy(PolicyName=unique, PolicyDocument=document)["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=document)
    summary = iam.get_account_summary()["SummaryMap"]
    assert (summary["Policies"], summary["PolicyVersionsInUse"]) == (1, 2)
    assert (summary["Roles"], summary["Users"], summary["RolesQuota"]) == (1, 0, 1000)
    assert (summary["AccountMFAEnabled"], summary["ServerCertificatesQuota"]) == (0, 20)
