import uuid


def stages(sm, name):
    """The labels of the versions, the oldest version first."""
    answer = sm.list_secret_version_ids(SecretId=name, IncludeDeprecated=True)
    return [version.get("VersionStages", []) for version in answer["Versions"]]


def test_a_new_value_is_current_and_the_old_one_previous(sm, secret, unique):
    answer = sm.put_secret_value(SecretId=unique, SecretString="two")
    assert answer["VersionStages"] == ["AWSCURRENT"]
    assert stages(sm, unique) == [["AWSPREVIOUS"], ["AWSCURRENT"]]
    sm.update_secret(SecretId=unique, SecretString="three")
    assert stages(sm, unique) == [[], ["AWSPREVIOUS"], ["AWSCURRENT"]]
    assert sm.get_secret_value(SecretId=unique)["SecretString"] == "three"
    assert sm.get_secret_value(SecretId=unique, VersionStage="AWSPREVIOUS")["SecretString"] == "two"
    assert sm.get_secret_value(SecretId=unique, VersionId=secret["VersionId"])["SecretString"] == "one"


def test_versions_without_labels_are_hidden_unless_asked_for(sm, secret, unique):
    for value in ("two", "three"):
        sm.put_secret_value(SecretId=unique, SecretString=value)
    assert len(sm.list_secret_version_ids(SecretId=unique)["Versions"]) == 2
    page = sm.list_secret_version_ids(SecretId=unique, IncludeDeprecated=True, MaxResults=2)
    assert [version["KmsKeyIds"] for version in page["Versions"]] == [["DefaultEncryptionKey"]] * 2
    rest = sm.list_secret_version_ids(SecretId=unique, IncludeDeprecated=True, NextToken=page["NextToken"])
    assert [version["VersionStages"] for version in rest["Versions"]] == [["AWSCURRENT"]]


def test_a_pending_version_becomes_current(sm, secret, unique):
    pending = sm.put_secret_value(SecretId=unique, SecretString="two", VersionStages=["AWSPENDING", "PUT"])
    assert pending["VersionStages"] == ["AWSPENDING", "PUT"]
    assert sm.get_secret_value(SecretId=unique)["SecretString"] == "one"
    sm.update_secret_version_stage(
        SecretId=unique,
        VersionStage="AWSCURRENT",
        RemoveFromVersionId=secret["VersionId"],
        MoveToVersionId=pending["VersionId"],
    )
    assert stages(sm, unique) == [["AWSPREVIOUS"], ["AWSCURRENT", "AWSPENDING", "PUT"]]
    sm.update_secret_version_stage(SecretId=unique, VersionStage="PUT", RemoveFromVersionId=pending["VersionId"])
    assert stages(sm, unique) == [["AWSPREVIOUS"], ["AWSCURRENT", "AWSPENDING"]]


def test_a_label_is_moved_knowingly(sm, secret, unique, error):
    other = sm.put_secret_value(SecretId=unique, SecretString="two", VersionStages=["x"])["VersionId"]
    code, message = error(
        sm.update_secret_version_stage, SecretId=unique, VersionStage="AWSCURRENT", MoveToVersionId=other
    )
    assert code == "InvalidParameterException"
    assert f"currently attached to version {secret['VersionId']}, so you must explicitly reference" in message
    request = {"SecretId": unique, "VersionStage": "AWSCURRENT", "RemoveFromVersionId": secret["VersionId"]}
    code, message = error(sm.update_secret_version_stage, **request)
    assert message.endswith("It can't be completely removed.")
    request |= {"MoveToVersionId": str(uuid.uuid4())}
    assert error(sm.update_secret_version_stage, **request)[1].startswith("Not a valid version: ")


def test_a_version_and_a_label_must_go_together(sm, secret, unique, error):
    second = sm.put_secret_value(SecretId=unique, SecretString="two")["VersionId"]
    found = sm.get_secret_value(SecretId=unique, VersionId=second, VersionStage="AWSCURRENT")
    assert found["SecretString"] == "two"
    assert error(sm.get_secret_value, SecretId=unique, VersionId=second, VersionStage="AWSPREVIOUS") == (
        "InvalidRequestException",
        "You provided a VersionStage that is not associated to the provided VersionId.",
    )
    unknown = str(uuid.uuid4())
    assert error(sm.get_secret_value, SecretId=unique, VersionId=unknown) == (
        "ResourceNotFoundException",
        f"Secrets Manager can't find the specified secret value for VersionId: {unknown}",
    )


def test_the_same_put_again_changes_nothing(sm, secret, unique, error):
    request = {"SecretId": unique, "SecretString": "two", "ClientRequestToken": str(uuid.uuid4())}
    for _ in range(2):
        assert sm.put_secret_value(**request)["VersionStages"] == ["AWSCURRENT"]
    assert stages(sm, unique) == [["AWSPREVIOUS"], ["AWSCURRENT"]]
    assert error(sm.put_secret_value, **{**request, "SecretString": "x"})[0] == "ResourceExistsException"


def test_a_value_is_needed(sm, secret, unique, error):
    assert error(sm.put_secret_value, SecretId=unique) == (
        "InvalidRequestException",
        "You must provide either SecretString or SecretBinary.",
    )


def test_an_update_without_a_value_makes_no_version(sm, secret, unique):
    answer = sm.update_secret(SecretId=unique, Description="new")
    assert "VersionId" not in answer
    assert sm.describe_secret(SecretId=unique)["Description"] == "new"
    assert stages(sm, unique) == [["AWSCURRENT"]]


def test_what_is_not_implemented_says_so(sm, secret, unique, error):
    message = "Penstock does not implement secretsmanager.ReplicateSecretToRegions."
    request = {"SecretId": unique, "AddReplicaRegions": [{"Region": "eu-west-1"}]}
    assert error(sm.replicate_secret_to_regions, **request)[1] == message
