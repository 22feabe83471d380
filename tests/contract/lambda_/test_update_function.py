"""UpdateFunctionCode and UpdateFunctionConfiguration."""

from typing import Any

from .conftest import zipped


def test_new_code_runs_on_the_next_invocation(functions: Any, lam: Any) -> None:
    name = functions.named("def handler(event, context): return 'old'")
    assert functions.invoke(name) == "old"
    updated = lam.update_function_code(FunctionName=name, ZipFile=zipped("def handler(event, context): return 'new'"))
    assert updated["LastUpdateStatus"] == "InProgress"
    assert lam.get_function_configuration(FunctionName=name)["LastUpdateStatus"] == "Successful"
    assert functions.invoke(name) == "new"


def test_live_source_needs_no_update(functions: Any, tmp_path: Any) -> None:
    source = tmp_path / "app.py"
    source.write_text("def handler(event, context): return 'old'")
    name = functions.named(Code={"S3Bucket": "penstock.source", "S3Key": str(tmp_path)})
    assert functions.invoke(name) == "old"
    source.write_text("def handler(event, context): return 'edited'")
    assert functions.invoke(name) == "edited"


def test_configuration_takes_effect(functions: Any, lam: Any) -> None:
    name = functions.named("import os\ndef handler(event, context): return os.environ.get('KEY')")
    assert functions.invoke(name) is None
    lam.update_function_configuration(FunctionName=name, Environment={"Variables": {"KEY": "1"}}, Timeout=9)
    assert functions.invoke(name) == "1"
    found = lam.get_function_configuration(FunctionName=name)
    assert (found["Timeout"], found["MemorySize"]) == (9, 128)


def test_revisions(functions: Any, lam: Any, refused: Any) -> None:
    name = functions.named()
    revision = lam.get_function_configuration(FunctionName=name)["RevisionId"]
    lam.update_function_configuration(FunctionName=name, Description="x", RevisionId=revision)
    expected = (
        "PreconditionFailedException",
        "The Revision Id provided does not match the latest Revision Id. "
        "Call the GetFunction/GetAlias API to retrieve the latest Revision Id",
    )
    assert refused(lam.update_function_configuration, FunctionName=name, RevisionId=revision) == expected
    assert refused(lam.update_function_code, FunctionName=name, RevisionId=revision, ZipFile=zipped("")) == expected


def test_dry_run_changes_nothing(functions: Any, lam: Any) -> None:
    made = functions.create()
    dry = lam.update_function_code(FunctionName=made["FunctionName"], ZipFile=zipped("x = 1"), DryRun=True)
    assert dry["CodeSha256"] != made["CodeSha256"]
    found = lam.get_function_configuration(FunctionName=made["FunctionName"])
    assert found["CodeSha256"] == made["CodeSha256"]


def test_log_levels_belong_to_json(functions: Any, lam: Any, refused: Any) -> None:
    name = functions.named()
    group = {"LogGroup": f"/aws/lambda/{name}"}
    as_json = lam.update_function_configuration(FunctionName=name, LoggingConfig={"LogFormat": "JSON"})
    assert as_json["LoggingConfig"] == {
        "LogFormat": "JSON",
        "ApplicationLogLevel": "INFO",
        "SystemLogLevel": "INFO",
        **group,
    }
    as_text = lam.update_function_configuration(FunctionName=name, LoggingConfig={"LogFormat": "Text"})
    assert as_text["LoggingConfig"] == {"LogFormat": "Text", **group}
    level = {"LogFormat": "Text", "ApplicationLogLevel": "INFO"}
    found = refused(lam.update_function_configuration, FunctionName=name, LoggingConfig=level)
    assert found[0] == "InvalidParameterValueException"


def test_another_log_group(functions: Any, lam: Any, penstock: Any, unique: str) -> None:
    name = functions.named("print('hello')\ndef handler(event, context): pass")
    lam.update_function_configuration(FunctionName=name, LoggingConfig={"LogGroup": f"/own/{unique}"})
    functions.invoke(name)
    penstock.settle()
    events = penstock.client("logs").filter_log_events(logGroupName=f"/own/{unique}", filterPattern="hello")["events"]
    assert [event["message"] for event in events] == ["hello"]


def test_delete(functions: Any, lam: Any, refused: Any) -> None:
    name = functions.named(Publish=True)
    latest = refused(lam.delete_function, FunctionName=name, Qualifier="$LATEST")
    message = "$LATEST version cannot be deleted without deleting the function."
    assert latest == ("InvalidParameterValueException", message)
    lam.delete_function(FunctionName=name, Qualifier="1")
    assert [v["Version"] for v in lam.list_versions_by_function(FunctionName=name)["Versions"]] == ["$LATEST"]
    lam.delete_function(FunctionName=name)
    arn = f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
    assert refused(lam.delete_function, FunctionName=name) == (
        "ResourceNotFoundException",
        f"Function not found: {arn}",
    )


def test_dead_letters_end_with_an_empty_arn(functions: Any, lam: Any) -> None:
    config = {"TargetArn": "arn:aws:sqs:us-east-1:000000000000:letters"}
    name = functions.named(DeadLetterConfig=config)
    change = lam.update_function_configuration
    assert change(FunctionName=name, DeadLetterConfig={})["DeadLetterConfig"] == config
    assert "DeadLetterConfig" not in change(FunctionName=name, DeadLetterConfig={"TargetArn": ""})
