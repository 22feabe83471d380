"""PublishVersion, ListVersionsByFunction."""

from typing import Any

from .conftest import zipped


def test_versions_keep_code_and_configuration(functions: Any, lam: Any) -> None:
    name = functions.named("def handler(event, context): return [1, context.function_version]")
    first = lam.publish_version(FunctionName=name, Description="one")
    lam.update_function_code(
        FunctionName=name, ZipFile=zipped("def handler(event, context): return [2, context.function_version]")
    )
    second = lam.publish_version(FunctionName=name)
    assert [first["Version"], first["Description"], second["Version"]] == ["1", "one", "2"]
    assert functions.invoke(name, Qualifier="1") == [1, "1"]
    assert functions.invoke(f"{name}:2") == [2, "2"]
    assert functions.invoke(name) == [2, "$LATEST"]
    assert lam.invoke(FunctionName=name, Qualifier="1")["ExecutedVersion"] == "1"


def test_nothing_changed_publishes_nothing(functions: Any, lam: Any) -> None:
    name = functions.named()
    first = lam.publish_version(FunctionName=name)
    again = lam.publish_version(FunctionName=name, Description="another")
    assert (first["Version"], again["Version"]) == ("1", "1")


def test_a_version_is_ready_as_soon_as_it_is_published_unless_its_code_came_with_it(functions: Any, lam: Any) -> None:
    name = functions.named()
    published = lam.publish_version(FunctionName=name)
    assert (published["State"], published["LastUpdateStatus"]) == ("Active", "Successful")
    assert "StateReason" not in published
    with_code = lam.update_function_code(FunctionName=name, ZipFile=zipped("def handler(*_): pass"), Publish=True)
    assert (with_code["Version"], with_code["State"], with_code["StateReasonCode"]) == ("2", "Pending", "Creating")
    assert "LastUpdateStatus" not in with_code
    shown = lam.get_function(FunctionName=name, Qualifier="2")["Configuration"]
    assert (shown["State"], shown["LastUpdateStatus"]) == ("Active", "Successful")


def test_numbers_are_not_used_again(functions: Any, lam: Any) -> None:
    name = functions.named(Publish=True)
    lam.delete_function(FunctionName=name, Qualifier="1")
    lam.update_function_configuration(FunctionName=name, Timeout=9)
    assert lam.publish_version(FunctionName=name)["Version"] == "2"


def test_code_sha_and_revision_are_checked(functions: Any, lam: Any, refused: Any) -> None:
    made = functions.create()
    name = made["FunctionName"]
    found = refused(lam.publish_version, FunctionName=name, CodeSha256="other")
    assert found == (
        "InvalidParameterValueException",
        f"CodeSHA256 (other) is different from current CodeSHA256 in $LATEST ({made['CodeSha256']}). "
        "Please try again with the CodeSHA256 in $LATEST.",
    )
    assert refused(lam.publish_version, FunctionName=name, RevisionId="x")[0] == "PreconditionFailedException"
    revision = lam.get_function_configuration(FunctionName=name)["RevisionId"]
    kept = lam.publish_version(FunctionName=name, CodeSha256=made["CodeSha256"], RevisionId=revision)
    assert kept["Version"] == "1"


def test_list(functions: Any, lam: Any) -> None:
    name = functions.named(Publish=True)
    found = lam.list_versions_by_function(FunctionName=name)["Versions"]
    assert [v["FunctionArn"].rpartition(":")[2] for v in found] == ["$LATEST", "1"]
