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


def test_an_account_has_one_alias(client, unique, error):
    iam, other = client("iam", account="444444444444"), client("iam", account="555555555555")
    assert iam.list_account_aliases()["AccountAliases"] == []
    for alias in (f"{unique}-1", unique):
        iam.create_account_alias(AccountAlias=alias)
    assert iam.list_account_aliases()["AccountAliases"] == [unique]
    taken = ("EntityAlreadyExists", f"The account alias {unique} already exists.")
    assert error(other.create_account_alias, AccountAlias=unique) == taken
    missing = ("NoSuchEntity", f"The Account Alias with name {unique} cannot be found.")
    assert error(other.delete_account_alias, AccountAlias=unique) == missing
    iam.delete_account_alias(AccountAlias=unique)
    assert iam.list_account_aliases()["AccountAliases"] == []


def test_a_password_policy_is_what_was_said_last(client, error):
    iam = client("iam", account="444444444444")
    missing = ("NoSuchEntity", "The Password Policy with domain name 444444444444 cannot be found.")
    assert error(iam.get_account_password_policy) == missing
    given = {"MaxPasswordAge": 60, "MinimumPasswordLength": 10, "PasswordReusePrevention": 3, "HardExpiry": True}
    iam.update_account_password_policy(**given, RequireSymbols=True)
    found = iam.get_account_password_policy()["PasswordPolicy"]
    assert found.items() >= (given | {"RequireSymbols": True, "ExpirePasswords": True}).items()
    iam.update_account_password_policy()
    assert iam.get_account_password_policy()["PasswordPolicy"] == {
        "AllowUsersToChangePassword": False,
        "ExpirePasswords": False,
        "MinimumPasswordLength": 6,
        "RequireLowercaseCharacters": False,
        "RequireNumbers": False,
        "RequireSymbols": False,
        "RequireUppercaseCharacters": False,
    }
    iam.delete_account_password_policy()
    missing = ("NoSuchEntity", "The account policy with name PasswordPolicy cannot be found.")
    assert error(iam.delete_account_password_policy) == missing


def test_a_password_policy_has_bounds(client, error):
    iam = client("iam", account="444444444444")
    code, message = error(iam.update_account_password_policy, MinimumPasswordLength=129, MaxPasswordAge=1096)
    assert code == "ValidationError"
    assert "Value at 'minimumPasswordLength' failed to satisfy constraint: Member must have value less than" in message
