"""Runtimes beside Python's: Node, bootstraps, and those that do not run here."""

import io
import json
import stat
import zipfile
from typing import Any

import pytest

from penstock.compute.functions.bootstrap import ARCHITECTURE
from penstock.services.lambda_.resource_function import TYPE

from .conftest import zipped

NODE = """
exports.handler = async (event, context) => {
    console.log('said', event.n);
    return { n: event.n + 1, id: context.awsRequestId, trace: process.env._X_AMZN_TRACE_ID };
};
"""
BOOTSTRAP = """#!/bin/sh
# The Runtime API needs no more than a socket; here bash has one.
exec bash -c '
while true; do
  exec 3<>"/dev/tcp/${AWS_LAMBDA_RUNTIME_API%:*}/${AWS_LAMBDA_RUNTIME_API#*:}"
  printf "GET /2018-06-01/runtime/invocation/next HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n" >&3
  while IFS= read -r line <&3; line="${line%$(printf "\\r")}"; [ -n "$line" ]; do
    case "$line" in
      Lambda-Runtime-Aws-Request-Id:*) id="${line#*: }" ;;
      Content-Length:*) length="${line#*: }" ;;
    esac
  done
  IFS= read -r -N "$length" event <&3
  answer="{\\"event\\":$event}"
  printf "POST /2018-06-01/runtime/invocation/%s/response HTTP/1.1\\r\\nHost: localhost\\r\\n" "$id" >&3
  printf "Connection: close\\r\\nContent-Length: %s\\r\\n\\r\\n%s" "${#answer}" "$answer" >&3
  cat <&3 >/dev/null
  exec 3>&-
done'
"""


def archive(name: str, text: str, mode: int) -> bytes:
    """A zip file whose entry has a mode, as a tool of Unix makes it; 0 as one of Windows does."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = (stat.S_IFREG | mode) << 16 if mode else 0
        made.writestr(entry, text)
    return buffer.getvalue()


def test_node(functions: Any, lam: Any) -> None:
    name = functions.named(Runtime="nodejs20.x", Handler="index.handler", Code={"ZipFile": zipped(NODE, "index.js")})
    answer = lam.invoke(FunctionName=name, Payload=b'{"n": 1}')
    document = json.loads(answer["Payload"].read())
    assert (document["n"], document["id"]) == (2, answer["ResponseMetadata"]["RequestId"])
    assert document["trace"].startswith("Root=1-")
    (line,) = [line for line in functions.log(name) if "said" in line]
    assert line.endswith(f"\t{document['id']}\tINFO\tsaid 1")


def test_bootstrap(functions: Any) -> None:
    code = {"ZipFile": archive("bootstrap", BOOTSTRAP, 0o755)}
    name = functions.named(Runtime="provided.al2023", Handler="any", Code=code, Timeout=20)
    assert [functions.invoke(name, n) for n in (1, 2)] == [{"event": 1}, {"event": 2}]


def test_bootstrap_whose_mode_was_lost(functions: Any) -> None:
    code = {"ZipFile": archive("bootstrap", BOOTSTRAP, 0)}
    document = functions.invoke(functions.named(Runtime="provided.al2", Handler="any", Code=code))
    assert document["errorType"] == "Runtime.InvalidEntrypoint"
    assert "fork/exec /var/task/bootstrap: permission denied" in document["errorMessage"]


@pytest.mark.parametrize("runtime", ["java21", "dotnet8", "ruby3.3"])
def test_functions_whose_runtime_is_not_here_are_refused_when_invoked(
    functions: Any, lam: Any, refused: Any, runtime: str
) -> None:
    snap_start = {"ApplyOn": "None" if runtime == "ruby3.3" else "PublishedVersions"}
    made = functions.create(Runtime=runtime, Handler="Any::handler", SnapStart=snap_start)
    assert (made["Runtime"], made["State"]) == (runtime, "Pending")
    shown = lam.get_function_configuration(FunctionName=made["FunctionName"])
    assert (shown["Runtime"], shown["State"], shown["LastUpdateStatus"]) == (runtime, "Active", "Successful")
    lam.update_function_configuration(FunctionName=made["FunctionName"], Runtime=runtime, MemorySize=512)
    code, message = refused(lam.invoke, FunctionName=made["FunctionName"])
    assert code == "InvalidRuntimeException"
    assert message.startswith(f"Penstock runs python3.x, nodejs and provided.* functions, not {runtime}: ")


def test_runtimes_that_were_given_up_are_refused(functions: Any, lam: Any, refused: Any) -> None:
    found = refused(functions.create, Runtime="go1.x")
    assert found == (
        "InvalidParameterValueException",
        "The runtime parameter of go1.x is no longer supported for creating or updating AWS Lambda functions. We "
        "recommend you use the new runtime (provided.al2023) while creating or updating functions.",
    )
    assert refused(lam.update_function_configuration, FunctionName=functions.named(), Runtime="go1.x") == found


def test_image_functions_need_an_image_of_the_app(functions: Any, refused: Any) -> None:
    image: dict[str, Any] = {"PackageType": "Image", "Runtime": None, "Handler": None}
    without = refused(functions.create, **image)
    assert without[1] == "Please provide ImageUri when creating a function with packageType Image."
    uri = "000000000000.dkr.ecr.us-east-1.amazonaws.com/a:b"
    code, message = refused(functions.create, **image, Code={"ImageUri": uri})
    assert code == "InvalidParameterValueException"
    assert message.startswith(f"Source image {uri} does not exist. Provide a valid source image.")
    zip_with_image = refused(functions.create, Code={"ImageUri": uri})
    assert zip_with_image[1] == "Please don't provide ImageUri when creating a function with packageType Zip."


@pytest.mark.parametrize(
    ("properties", "path", "reason"),
    [
        ({"Runtime": "java21"}, "Runtime", "build a native image (GraalVM) as the bootstrap of provided.al2023"),
        ({"Runtime": "dotnet8"}, "Runtime", "publish it with Native AOT"),
        ({"Runtime": "nodejs14.x"}, "Runtime", "We recommend you use the new runtime (nodejs20.x)"),
        ({"Runtime": "provided.al2023", "Architectures": ["riscv"]}, "Architectures", "a bootstrap built for riscv"),
    ],
)
def test_check_says_what_will_not_run(properties: dict[str, Any], path: str, reason: str) -> None:
    assert TYPE.problems is not None
    ((found, why),) = TYPE.problems(properties)
    assert (found, reason in why) == (path, True)


@pytest.mark.parametrize("runtime", ["python3.13", "nodejs22.x", "provided.al2023"])
def test_check_has_nothing_to_say_of_what_runs(runtime: str) -> None:
    assert TYPE.problems is not None
    assert list(TYPE.problems({"Runtime": runtime, "Architectures": [ARCHITECTURE]})) == []
