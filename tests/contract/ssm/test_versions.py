def test_history_shows_every_version(ssm, put, unique, error):
    for value in ("one", "two"):
        put(unique, value, Type="SecureString", Overwrite=True, Description=value)
    ssm.label_parameter_version(Name=unique, ParameterVersion=1, Labels=["x"])
    found = ssm.get_parameter_history(Name=unique, WithDecryption=True)["Parameters"]
    assert [(v["Version"], v["Value"], v["Description"], v["Labels"]) for v in found] == [
        (1, "one", "one", ["x"]),
        (2, "two", "two", []),
    ]
    page = ssm.get_parameter_history(Name=unique, MaxResults=1)
    rest = ssm.get_parameter_history(Name=unique, NextToken=page["NextToken"])["Parameters"]
    assert [v["Version"] for v in rest] == [2]
    assert rest[0]["Value"] != "two"
    assert error(ssm.get_parameter_history, Name=f"{unique}x")[0] == "ParameterNotFound"


def labels(ssm, name):
    return [version["Labels"] for version in ssm.get_parameter_history(Name=name)["Parameters"]]


def test_a_label_moves_from_version_to_version(ssm, put, unique):
    put(unique)
    put(unique, Overwrite=True)
    answer = ssm.label_parameter_version(Name=unique, ParameterVersion=1, Labels=["a", "b"])
    assert (answer["InvalidLabels"], answer["ParameterVersion"]) == ([], 1)
    assert ssm.label_parameter_version(Name=unique, Labels=["b"])["ParameterVersion"] == 2
    assert labels(ssm, unique) == [["a"], ["b"]]
    answer = ssm.unlabel_parameter_version(Name=unique, ParameterVersion=1, Labels=["a", "b"])
    assert (answer["RemovedLabels"], answer["InvalidLabels"]) == (["a"], ["b"])
    assert labels(ssm, unique) == [[], ["b"]]


def test_refuses_labels(ssm, put, unique, error):
    put(unique)
    answer = ssm.label_parameter_version(Name=unique, Labels=["aws1", "1a", "ok", "a/b", "ssm"])
    assert answer["InvalidLabels"] == ["aws1", "1a", "a/b", "ssm"]
    many = [f"l{number}" for number in range(10)]
    assert error(ssm.label_parameter_version, Name=unique, Labels=many)[0] == "ParameterVersionLabelLimitExceeded"
    assert error(ssm.label_parameter_version, Name=unique, ParameterVersion=4, Labels=["x"]) == (
        "ParameterVersionNotFound",
        f"Systems Manager could not find version 4 of {unique}. Verify the version and try again.",
    )
    assert error(ssm.label_parameter_version, Name="nothing", Labels=["x"]) == (
        "ParameterNotFound",
        "Parameter nothing not found.",
    )
