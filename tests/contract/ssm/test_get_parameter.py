import pytest


def test_shows_a_parameter(ssm, put, penstock, unique):
    put(f"/{unique}/a", "x,y", Type="StringList")
    found = ssm.get_parameter(Name=f"/{unique}/a")["Parameter"]
    assert found.pop("LastModifiedDate").timestamp() == pytest.approx(penstock.now(), abs=30)
    assert found == {
        "Name": f"/{unique}/a",
        "Type": "StringList",
        "Value": "x,y",
        "Version": 1,
        "ARN": f"arn:aws:ssm:us-east-1:000000000000:parameter/{unique}/a",
        "DataType": "text",
    }


@pytest.mark.parametrize("name", ["{}", "/{}", "/{}/deep/er"])
def test_an_arn_names_a_parameter(ssm, put, unique, name):
    name = name.format(unique)
    put(name)
    arn = ssm.get_parameter(Name=name)["Parameter"]["ARN"]
    assert ssm.get_parameter(Name=arn)["Parameter"]["Name"] == name
    assert ssm.get_parameter(Name=f"{arn}:1")["Parameter"]["Selector"] == ":1"
    ssm.delete_parameter(Name=name)


def test_a_selector_names_a_version(ssm, put, unique, error):
    put(unique, "one")
    put(unique, "two", Overwrite=True)
    ssm.label_parameter_version(Name=unique, ParameterVersion=1, Labels=["first"])
    for selector in ("1", "first"):
        found = ssm.get_parameter(Name=f"{unique}:{selector}")["Parameter"]
        assert (found["Name"], found["Value"], found["Selector"]) == (unique, "one", f":{selector}")
    assert error(ssm.get_parameter, Name=f"{unique}:3") == (
        "ParameterVersionNotFound",
        f"Systems Manager could not find version 3 of {unique}. Verify the version and try again.",
    )
    assert error(ssm.get_parameter, Name=f"{unique}:nothing")[0] == "ParameterNotFound"


def test_a_secure_string_is_read_with_decryption(ssm, put, unique):
    put(unique, "hunter2", Type="SecureString")
    veiled = ssm.get_parameter(Name=unique)["Parameter"]["Value"]
    assert "hunter2" not in veiled
    assert ssm.get_parameter(Name=unique, WithDecryption=True)["Parameter"]["Value"] == "hunter2"
    [found] = ssm.describe_parameters(ParameterFilters=[{"Key": "Name", "Values": [unique]}])["Parameters"]
    assert found["KeyId"] == "alias/aws/ssm"


def test_unknown_names(ssm, error, unique):
    assert error(ssm.get_parameter, Name=unique) == ("ParameterNotFound", f"Parameter {unique} not found.")
    assert error(ssm.get_parameter, Name="/aws/service/none")[0] == "ParameterNotFound"


def test_several_are_read_at_once(ssm, put, unique, error):
    put(f"{unique}-a", "1")
    put(f"{unique}-b", "2")
    names = [f"{unique}-b", f"{unique}-x", f"{unique}-a:1", f"{unique}-a:9"]
    answer = ssm.get_parameters(Names=names)
    assert [found["Value"] for found in answer["Parameters"]] == ["2", "1"]
    assert answer["InvalidParameters"] == [f"{unique}-x", f"{unique}-a:9"]
    assert error(ssm.get_parameters, Names=["n"] * 11)[0] == "ValidationException"


def test_the_cdk_finds_itself_bootstrapped(ssm):
    found = ssm.get_parameter(Name="/cdk-bootstrap/hnb659fds/version")["Parameter"]
    assert (found["Type"], int(found["Value"]) >= 6) == ("String", True)


def test_secrets_are_read_through_parameter_store(client, ssm, unique, error):
    client("secretsmanager").create_secret(Name=unique, SecretString="s3cret")
    name = f"/aws/reference/secretsmanager/{unique}"
    found = ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]
    assert (found["Name"], found["Type"], found["Value"]) == (name, "SecureString", "s3cret")
    assert error(ssm.get_parameter, Name=name) == (
        "ValidationException",
        "WithDecryption flag must be True for retrieving a Secret Manager secret.",
    )
    assert error(ssm.get_parameter, Name=f"{name}x", WithDecryption=True)[0] == "ParameterNotFound"


def test_deleted_parameters_are_gone(ssm, put, unique, error):
    put(unique)
    put(f"{unique}-2")
    ssm.delete_parameter(Name=unique)
    assert error(ssm.delete_parameter, Name=unique)[0] == "ParameterNotFound"
    answer = ssm.delete_parameters(Names=[unique, f"{unique}-2"])
    assert (answer["DeletedParameters"], answer["InvalidParameters"]) == ([f"{unique}-2"], [unique])
    assert put(unique)["Version"] == 1


@pytest.mark.parametrize(("made", "asked"), [("/{}", "{}"), ("{}", "/{}")])
def test_a_slash_before_a_name_makes_no_difference(ssm, put, unique, made, asked):
    made, asked = made.format(unique), asked.format(unique)
    put(made)
    assert ssm.get_parameter(Name=asked)["Parameter"]["Name"] == made
    tagged = {"ResourceType": "Parameter", "ResourceId": asked}
    ssm.add_tags_to_resource(**tagged, Tags=[{"Key": "k", "Value": "v"}])
    assert ssm.list_tags_for_resource(**tagged | {"ResourceId": made})["TagList"] == [{"Key": "k", "Value": "v"}]
    assert len(ssm.get_parameter_history(Name=asked)["Parameters"]) == 1
    assert ssm.delete_parameters(Names=[asked])["DeletedParameters"] == [asked]
    assert ssm.get_parameters(Names=[made])["InvalidParameters"] == [made]


def test_versions_of_secrets_are_read_through_parameter_store(client, ssm, unique):
    secrets, name = client("secretsmanager"), f"/aws/reference/secretsmanager/{unique}"
    first = secrets.create_secret(Name=unique, SecretString="one")["VersionId"]
    secrets.put_secret_value(SecretId=unique, SecretString="two")
    for selector, value in ((first, "one"), ("AWSPREVIOUS", "one"), ("AWSCURRENT", "two")):
        found = ssm.get_parameter(Name=f"{name}:{selector}", WithDecryption=True)["Parameter"]
        assert (found["Name"], found["Selector"], found["Value"]) == (name, f":{selector}", value)
