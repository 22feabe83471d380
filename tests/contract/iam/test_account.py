import json


def test_counts_what_there_is(client, trust, unique):
    iam = client("iam", account="222222222222")
    iam.create_role(RoleName=unique, AssumeRolePolicyDocument=json.dumps(trust))
    summary = iam.get_account_summary()["SummaryMap"]
    assert (summary["Roles"], summary["Users"], summary["RolesQuota"]) == (1, 0, 1000)
    assert (summary["AccountMFAEnabled"], summary["ServerCertificatesQuota"]) == (0, 20)
