"""Reserved and provisioned concurrency, account settings."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import ClientError

# Busy until a file exists.
BUSY = """
import os, time
def handler(event, context):
    open(event["started"], "w").close()
    while not os.path.exists(event["until"]): time.sleep(0.001)
"""


def test_reserved_concurrency_throttles(functions: Any, lam: Any, tmp_path: Any) -> None:
    name = functions.named(BUSY, Timeout=30)
    lam.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    event = {"started": str(tmp_path / "started"), "until": str(tmp_path / "go")}
    throttled: list[Any] = []
    with ThreadPoolExecutor(2) as threads:
        running = [threads.submit(lam.invoke, FunctionName=name, Payload=json.dumps(event)) for _ in range(2)]
        while not any(future.done() for future in running):
            pass
        (tmp_path / "go").touch()
        for future in running:
            try:
                future.result()
            except ClientError as error:
                throttled.append(error.response)
    (answer,) = throttled
    assert (answer["Error"]["Code"], answer["Error"]["Message"]) == ("TooManyRequestsException", "Rate Exceeded.")
    assert answer["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 429


def test_zero_stops_a_function(functions: Any, lam: Any, refused: Any) -> None:
    name = functions.named()
    lam.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    assert refused(lam.invoke, FunctionName=name)[0] == "TooManyRequestsException"
    lam.delete_function_concurrency(FunctionName=name)
    assert functions.invoke(name, 1) == 1
    assert "ReservedConcurrentExecutions" not in lam.get_function_concurrency(FunctionName=name)


def test_a_hundred_stay_unreserved(functions: Any, lam: Any, refused: Any) -> None:
    found = refused(lam.put_function_concurrency, FunctionName=functions.named(), ReservedConcurrentExecutions=901)
    assert found == (
        "InvalidParameterValueException",
        "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below "
        "its minimum value of [100].",
    )


def test_provisioned(functions: Any, lam: Any, refused: Any) -> None:
    name = functions.named(Publish=True)
    key = {"FunctionName": name, "Qualifier": "1"}
    none = refused(lam.get_provisioned_concurrency_config, **key)
    assert none[0] == "ProvisionedConcurrencyConfigNotFoundException"
    assert lam.put_provisioned_concurrency_config(**key, ProvisionedConcurrentExecutions=2)["Status"] == "IN_PROGRESS"
    found = lam.get_provisioned_concurrency_config(**key)
    assert (found["Status"], found["AvailableProvisionedConcurrentExecutions"]) == ("READY", 2)
    (listed,) = lam.list_provisioned_concurrency_configs(FunctionName=name)["ProvisionedConcurrencyConfigs"]
    assert listed["FunctionArn"].endswith(":1")
    lam.delete_provisioned_concurrency_config(**key)
    assert refused(lam.get_provisioned_concurrency_config, **key)[0] == none[0]
    latest = {**key, "Qualifier": "$LATEST", "ProvisionedConcurrentExecutions": 1}
    assert refused(lam.put_provisioned_concurrency_config, **latest) == (
        "InvalidParameterValueException",
        "Provisioned Concurrency Configs cannot be applied to unpublished function versions.",
    )


def test_what_is_provisioned_is_not_there_for_other_versions(functions: Any, lam: Any, refused: Any) -> None:
    name = functions.named(Publish=True)
    lam.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
    assert functions.invoke(name, "before") == "before"
    lam.put_provisioned_concurrency_config(FunctionName=name, Qualifier="1", ProvisionedConcurrentExecutions=1)
    assert refused(lam.invoke, FunctionName=name) == ("TooManyRequestsException", "Rate Exceeded.")
    assert functions.invoke(name, "provisioned", Qualifier="1") == "provisioned"
    lam.delete_provisioned_concurrency_config(FunctionName=name, Qualifier="1")
    assert functions.invoke(name, "after") == "after"


def test_provisioned_for_what_does_not_exist(lam: Any, refused: Any, unique: str) -> None:
    arn = f"arn:aws:lambda:us-east-1:000000000000:function:{unique}"
    said = {
        qualifier: refused(lam.get_provisioned_concurrency_config, FunctionName=unique, Qualifier=qualifier)[1]
        for qualifier in ("live", "1")
    }
    assert said == {"live": f"Cannot find alias arn: {arn}:live", "1": f"Function not found: {arn}:1"}


def test_account_settings(functions: Any, lam: Any) -> None:
    before = lam.get_account_settings()
    functions.named()
    after = lam.get_account_settings()
    assert after["AccountUsage"]["FunctionCount"] == before["AccountUsage"]["FunctionCount"] + 1
    assert after["AccountLimit"]["ConcurrentExecutions"] == 1000


def test_recursion_config(functions: Any, lam: Any) -> None:
    name = functions.named()
    assert lam.get_function_recursion_config(FunctionName=name)["RecursiveLoop"] == "Terminate"
    lam.put_function_recursion_config(FunctionName=name, RecursiveLoop="Allow")
    assert lam.get_function_recursion_config(FunctionName=name)["RecursiveLoop"] == "Allow"
