"""Code signing configurations: records, which functions may have."""

from collections.abc import Callable
from typing import Any

import pytest

ABSENT = "arn:aws:lambda:us-east-1:000000000000:code-signing-config:csc-0d4518bd353a0a7c6"
PROFILE = "arn:aws:signer:us-east-1:000000000000:/signing-profiles/test/abcdefghij"
Refused = Callable[..., tuple[str, str]]


@pytest.fixture
def config(lam: Any) -> Any:
    publishers = {"SigningProfileVersionArns": [PROFILE]}
    return lam.create_code_signing_config(AllowedPublishers=publishers, Description="d", Tags={"a": "1"})[
        "CodeSigningConfig"
    ]


def test_a_configuration_is_made_changed_listed_and_deleted(lam: Any, config: Any, refused: Refused) -> None:
    arn = config["CodeSigningConfigArn"]
    assert arn.endswith(f":code-signing-config:{config['CodeSigningConfigId']}")
    assert config["CodeSigningPolicies"] == {"UntrustedArtifactOnDeployment": "Warn"}
    assert lam.get_code_signing_config(CodeSigningConfigArn=arn)["CodeSigningConfig"] == config
    changed = lam.update_code_signing_config(CodeSigningConfigArn=arn, Description="new")["CodeSigningConfig"]
    assert (changed["Description"], changed["AllowedPublishers"]) == ("new", config["AllowedPublishers"])
    pages = lam.get_paginator("list_code_signing_configs").paginate()
    assert changed in [found for page in pages for found in page["CodeSigningConfigs"]]
    lam.tag_resource(Resource=arn, Tags={"b": "2"})
    assert lam.list_tags(Resource=arn)["Tags"] == {"a": "1", "b": "2"}
    lam.delete_code_signing_config(CodeSigningConfigArn=arn)
    gone = ("ResourceNotFoundException", f"The Lambda code signing configuration {arn} can not be found.")
    assert refused(lam.get_code_signing_config, CodeSigningConfigArn=arn) == gone
    assert refused(lam.delete_code_signing_config, CodeSigningConfigArn=arn) == gone
    assert refused(lam.list_functions_by_code_signing_config, CodeSigningConfigArn=arn) == gone


def test_functions_have_one(lam: Any, functions: Any, config: Any, refused: Refused) -> None:
    arn = config["CodeSigningConfigArn"]
    made, plain = functions.create(CodeSigningConfigArn=arn), functions.create()
    said = {"CodeSigningConfigArn": arn, "FunctionName": plain["FunctionName"]}
    assert lam.get_function_code_signing_config(FunctionName=plain["FunctionName"]).keys() == {"ResponseMetadata"}
    assert lam.put_function_code_signing_config(**said).items() >= said.items()
    assert lam.get_function_code_signing_config(FunctionName=plain["FunctionName"]).items() >= said.items()
    found = lam.list_functions_by_code_signing_config(CodeSigningConfigArn=arn)["FunctionArns"]
    assert found == sorted([made["FunctionArn"], plain["FunctionArn"]])
    assert refused(lam.delete_code_signing_config, CodeSigningConfigArn=arn)[0] == "ResourceConflictException"
    lam.delete_function_code_signing_config(FunctionName=plain["FunctionName"])
    lam.delete_function(FunctionName=made["FunctionName"])
    lam.delete_code_signing_config(CodeSigningConfigArn=arn)


def test_one_that_is_not_there_is_not_given_to_a_function(lam: Any, functions: Any, refused: Refused) -> None:
    absent = (
        "CodeSigningConfigNotFoundException",
        "The code signing configuration cannot be found. Check that the provided configuration is not deleted: "
        f"{ABSENT}.",
    )
    assert refused(functions.create, CodeSigningConfigArn=ABSENT) == absent
    said = {"FunctionName": functions.named(), "CodeSigningConfigArn": ABSENT}
    assert refused(lam.put_function_code_signing_config, **said) == absent
