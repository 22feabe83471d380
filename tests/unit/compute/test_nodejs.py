"""`nodejs*`: handlers as AWS's runtime interface client finds and calls them."""

import asyncio
import dataclasses
import json
import socket
from pathlib import Path
from typing import Any

import pytest

from penstock.compute.functions.nodejs import missing
from penstock.compute.functions.response_stream import ResponseStream

TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"


@pytest.fixture
def node(lab: Any) -> Any:
    """`node(source, **settings)`: a function whose `index.js` (or `file`) is that."""

    def make(source: str, file: str = "index.js", runtime: str = "nodejs20.x", **settings: Any) -> Any:
        (lab.directory / file).parent.mkdir(parents=True, exist_ok=True)
        (lab.directory / file).write_text(source)
        return lab.function(handler=settings.pop("handler", "index.handler"), runtime=runtime, timeout=10.0, **settings)

    return make


@pytest.fixture
def outcome(lab: Any, node: Any) -> Any:
    """What one invocation of a function of this source answers, parsed."""

    def call(source: str, event: Any = None, **settings: Any) -> Any:
        return json.loads(lab.once(node(source, **settings), event).payload)

    return call


# -- finding the handler -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "handler", "source"),
    [
        ("index.js", "index.handler", "exports.handler = async (event) => event"),
        ("dir/sub/file.js", "dir/sub/file.method", "exports.method = async (event) => event"),
        ("index.js", "index.nested.handler", "exports.nested = { handler: async (event) => event }"),
        ("index.cjs", "index.handler", "exports.handler = async (event) => event"),
        ("index.mjs", "index.handler", "export const handler = async (event) => event"),
        ("index.mjs", "index.handler", "const wait = await 1; export const handler = async (event) => event"),
    ],
)
def test_handlers_are_found(outcome: Any, file: str, handler: str, source: str) -> None:
    assert outcome(source, {"a": 1}, file=file, handler=handler) == {"a": 1}


def test_type_module_makes_js_an_es_module(lab: Any, outcome: Any) -> None:
    (lab.directory / "package.json").write_text('{"type": "module"}')
    assert outcome("export const handler = async (event) => event", 1) == 1


@pytest.mark.parametrize(
    ("source", "handler", "kind", "message"),
    [
        ("", "other.handler", "Runtime.ImportModuleError", "Error: Cannot find module 'other'"),
        ("require('nowhere')", "index.handler", "Runtime.ImportModuleError", "Error: Cannot find module 'nowhere'"),
        ("}", "index.handler", "Runtime.UserCodeSyntaxError", "SyntaxError: Unexpected token '}'"),
        ("", "index.handler", "Runtime.HandlerNotFound", "index.handler is undefined or not exported"),
        ("exports.handler = 1", "index.handler", "Runtime.HandlerNotFound", "index.handler is not a function"),
        ("", "index", "Runtime.MalformedHandlerName", "Bad handler"),
        ("", "../index.handler", "Runtime.MalformedHandlerName", "'../index.handler' is not a valid handler name."),
        ("throw new TypeError('at import')", "index.handler", "TypeError", "at import"),
    ],
)
def test_what_cannot_be_loaded(outcome: Any, source: str, handler: str, kind: str, message: str) -> None:
    document = outcome(source, handler=handler)
    assert document["errorType"] == kind
    assert document["errorMessage"].startswith(message)


def test_a_failed_import_is_in_the_log(lab: Any, outcome: Any) -> None:
    outcome("throw new Error('at import')")
    assert any(
        "\tERROR\tUncaught Exception \t{" in line and '"errorMessage":"at import"' in line for line in lab.messages
    )


def test_layers_are_found_by_require_and_import(lab: Any, outcome: Any, tmp_path: Any) -> None:
    module = tmp_path / "layer" / "nodejs" / "node_modules" / "shared"
    module.mkdir(parents=True)
    (module / "index.js").write_text("exports.name = 'layer'")
    layers = (tmp_path / "layer",)
    common = "const { name } = require('shared'); exports.handler = async () => name"
    assert outcome(common, layers=layers) == "layer"
    modern = "import { name } from 'shared'; export const handler = async () => name"
    assert outcome(modern, file="modern.mjs", handler="modern.handler", layers=layers) == "layer"


# -- calling it ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("exports.handler = async () => undefined", None),
        ("exports.handler = (event, context, callback) => callback(null, 1)", 1),
        ("exports.handler = (event, context, callback) => { setTimeout(() => callback(null, 2), 5) }", 2),
        ("exports.handler = (event, context) => context.succeed(3)", 3),
        ("exports.handler = (event, context) => context.done(null, 4)", 4),
        ("exports.handler = () => Promise.resolve(5)", 5),
        ("exports.handler = () => 6", None),
        ("exports.handler = async () => () => 7", None),
        ("exports.handler = () => { setTimeout(() => {}, 5) }", None),
    ],
)
def test_ways_to_answer(outcome: Any, source: str, expected: Any) -> None:
    assert outcome(source) == expected


def test_a_callback_waits_until_nothing_is_left_to_do(lab: Any, node: Any) -> None:
    waits = """exports.handler = (event, context, callback) => {
        context.callbackWaitsForEmptyEventLoop = event;
        callback(null, 'answered');
        setTimeout(() => console.log('left over'), 50);
    }"""
    assert json.loads(lab.once(node(waits), True).payload) == "answered"
    log = "\n".join(lab.messages)
    assert log.index("left over") < log.index("END RequestId")


def test_without_waiting_what_is_left_goes_on_in_the_next_invocation(lab: Any, node: Any) -> None:
    source = """exports.handler = (event, context, callback) => {
        context.callbackWaitsForEmptyEventLoop = false;
        if (event) { setInterval(() => {}, 1000); }
        callback(null, process.pid);
    }"""
    spec = node(source)

    async def two() -> list[Any]:
        return [json.loads((await lab.invoke(spec, event)).payload) for event in (True, False)]

    first, second = lab.run(two)
    assert first == second


@pytest.mark.parametrize(
    ("source", "kind", "message"),
    [
        ("exports.handler = async () => { throw new RangeError('no') }", "RangeError", "no"),
        ("exports.handler = (event, context, callback) => callback(new TypeError('no'))", "TypeError", "no"),
        ("exports.handler = (event, context, callback) => callback('text')", "string", "text"),
        ("exports.handler = (event, context) => context.fail()", "string", "handled"),
        ("exports.handler = () => { throw new Error('thrown') }", "Error", "thrown"),
        ("exports.handler = async () => { class Own extends Error { name = 'Own' }; throw new Own('x') }", "Own", "x"),
        ("exports.handler = async () => { const a = {}; a.a = a; return a }", "Error", "Unable to stringify"),
        (
            "exports.handler = async () => new Promise(() => {})",
            "Runtime.NodeJsExit",
            "The Lambda runtime client detected",
        ),
    ],
)
def test_failures(lab: Any, node: Any, source: str, kind: str, message: str) -> None:
    result = lab.once(node(source))
    document = json.loads(result.payload)
    assert (result.function_error, document["errorType"]) == ("Unhandled", kind)
    assert document["errorMessage"].startswith(message)
    assert isinstance(document["trace"], list)
    assert any("\tERROR\tInvoke Error \t{" in line for line in lab.messages)


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("Promise.reject(new Error('lost'))", "Runtime.UnhandledPromiseRejection"),
        ("setTimeout(() => { throw new Error('lost') })", "Error"),
    ],
)
def test_what_nobody_catches_ends_the_environment(lab: Any, node: Any, source: str, kind: str) -> None:
    spec = node(
        "exports.handler = async (event) => {"
        f"  if (event) {{ {source}; await new Promise((done) => setTimeout(done, 1000)) }} return process.pid }}"
    )

    async def three() -> list[Any]:
        return [json.loads((await lab.invoke(spec, event)).payload) for event in (False, True, False)]

    first, lost, third = lab.run(three)
    assert lost["errorType"] == kind
    assert lost["errorMessage"].endswith("lost")
    assert first != third


def test_exit_in_the_middle(outcome: Any) -> None:
    document = outcome("exports.handler = async () => process.exit(3)")
    assert document["errorType"] == "Runtime.ExitError"
    assert document["errorMessage"].endswith("Runtime exited with error: exit status 3")


def test_context(lab: Any, node: Any) -> None:
    source = """exports.handler = async (event, context) => ({
        ...context, left: context.getRemainingTimeInMillis(), trace: process.env._X_AMZN_TRACE_ID,
        runtime: process.env.AWS_EXECUTION_ENV })"""
    client = json.dumps({"custom": {"a": 1}})
    found = json.loads(lab.once(node(source), None, trace=TRACE, client_context=client).payload)
    assert (found["functionName"], found["functionVersion"], found["memoryLimitInMB"]) == ("f", "$LATEST", "128")
    assert found["invokedFunctionArn"].endswith(":function:f")
    assert (found["awsRequestId"], found["clientContext"]["custom"]) == ("request-1", {"a": 1})
    assert 5000 < found["left"] <= 10_000
    assert found["logGroupName"] == "/aws/lambda/f"
    assert (found["trace"], found["runtime"]) == (TRACE, "AWS_Lambda_nodejs20.x")


def test_node_24_takes_promises_only(outcome: Any) -> None:
    refused = outcome("exports.handler = (event, context, callback) => callback(null, 1)", runtime="nodejs24.x")
    assert refused["errorType"] == "Runtime.CallbackHandlerDeprecated"
    source = "exports.handler = (event, context) => [typeof context.done, event]"
    assert outcome(source, 1, runtime="nodejs24.x") == ["undefined", 1]


def test_environments_are_reused(lab: Any, node: Any) -> None:
    spec = node("let n = 0; exports.handler = async () => ++n")

    async def work() -> list[Any]:
        return [json.loads((await lab.invoke(spec)).payload) for _ in range(3)]

    assert lab.run(work) == [1, 2, 3]


def test_time_limit(lab: Any, node: Any) -> None:
    spec = dataclasses.replace(node("exports.handler = async () => { while (true); }"), timeout=0.3)
    document = json.loads(lab.once(spec).payload)
    assert document["errorType"] == "Sandbox.Timedout"


def test_memory_limit(outcome: Any) -> None:
    source = "exports.handler = async () => { const all = []; while (true) all.push(Buffer.alloc(1 << 20, 1)) }"
    assert outcome(source)["errorType"] == "Runtime.OutOfMemory"


# -- logs ----------------------------------------------------------------------------------------------


def test_text_log(lab: Any, node: Any) -> None:
    source = """exports.handler = async () => {
        console.log('one %d', 1, { a: 1 }); console.error('two\\nlines'); console.debug('three');
        process.stdout.write('raw\\n') }"""
    lab.once(node(source))
    own = [line.split("\t", 1)[1] for line in lab.messages if "Z\trequest-1\t" in line]
    assert own == ["request-1\tINFO\tone 1 { a: 1 }", "request-1\tERROR\ttwo\nlines", "request-1\tDEBUG\tthree"]
    assert "raw" in lab.messages


def test_what_is_written_keeps_its_order(lab: Any, node: Any) -> None:
    source = """exports.handler = async () => {
        process.stdout.write('a'.repeat(200000) + '\\n'); console.log('b'.repeat(200000)) }"""
    lab.once(node(source))
    long = [line for line in lab.messages if len(line) > 1000]
    assert [(line[-1], line.count(line[-1])) for line in long] == [("a", 200000), ("b", 200000)]


def test_json_log(lab: Any, node: Any) -> None:
    source = """exports.handler = async () => {
        console.debug('unheard'); console.log({ a: 1 }); console.warn('w', 1);
        console.error('failed', new TypeError('t')) }"""
    lab.once(node(source, json_logs=True, application_log_level="INFO"))
    own = [entry for entry in map(json.loads, lab.messages) if "level" in entry]
    assert [(entry["level"], entry["message"]) for entry in own[:2]] == [("INFO", {"a": 1}), ("WARN", "w 1")]
    assert (own[2]["errorType"], own[2]["errorMessage"], own[2]["requestId"]) == ("TypeError", "t", "request-1")
    assert len(own) == 3


# -- streams -------------------------------------------------------------------------------------------

STREAM = """exports.handler = awslambda.streamifyResponse(async (event, stream, context) => {
    if (event === 'http') stream = awslambda.HttpResponseStream.from(stream, { statusCode: 201 });
    stream.write('one ');
    if (event === 'fail') throw new TypeError('in the middle');
    await new Promise((done) => setTimeout(done, 20));
    stream.write(Buffer.from('two'));
    if (event !== 'open') stream.end();
    await new Promise((done) => setTimeout(done, 1));
})"""


def test_a_streamed_response_is_collected_for_who_wants_it_whole(lab: Any, node: Any) -> None:
    spec = node(STREAM)

    async def work() -> list[bytes]:
        return [(await lab.invoke(spec, event)).payload for event in (None, "http", "fail", None)]

    plain, http, failed, again = lab.run(work)
    assert (plain, again) == (b"one two", b"one two")
    assert http == b'{"statusCode":201}' + bytes(8) + b"one two"
    assert json.loads(failed)["errorType"] == "TypeError"


def test_a_streamed_response_comes_in_pieces(lab: Any, node: Any) -> None:
    spec = node(STREAM)

    async def work() -> tuple[str, list[bytes], Any]:
        stream = ResponseStream()
        running = asyncio.ensure_future(lab.invoke(spec, None, stream=stream))
        kind = await stream.begun
        chunks = [chunk async for chunk in stream.chunks()]
        return kind, chunks, await running

    kind, chunks, result = lab.run(work)
    assert (kind, chunks, result.payload) == ("application/octet-stream", [b"one ", b"two"], b"")


def test_a_stream_that_is_never_ended(outcome: Any) -> None:
    assert outcome(STREAM, "open")["errorMessage"] == "Response stream is not finished."


def test_a_stream_that_ends_before_its_handler_does(lab: Any, node: Any) -> None:
    spec = node(
        "exports.handler = awslambda.streamifyResponse(async (event, stream) => {"
        "  stream.end(String(process.pid)); await new Promise(() => {}) })"
    )

    async def two() -> list[bytes]:
        return [(await lab.invoke(spec)).payload for _ in range(2)]

    first, second = lab.run(two)
    assert first == second


# -- the SDK -------------------------------------------------------------------------------------------


def test_packages_of_the_sdk_that_code_takes_for_granted(tmp_path: Path) -> None:
    code, layer = tmp_path / "code", tmp_path / "layer"
    sources = {
        "index.js": "const { S3 } = require('@aws-sdk/client-s3'); require(\"@aws-sdk/lib-dynamodb\")",
        "lib/more.mjs": "import { A } from '@aws-sdk/client-sqs';import'@smithy/util-utf8';import(\"@aws-sdk/a.b\")",
        "node_modules/own/index.js": "require('@aws-sdk/client-sns')",
        "app.py": "from '@aws-sdk/client-ssm'",
    }
    for name, text in sources.items():
        (code / name).parent.mkdir(parents=True, exist_ok=True)
        (code / name).write_text(text)
    (code / "node_modules" / "@aws-sdk" / "client-s3").mkdir(parents=True)
    (layer / "nodejs" / "node_modules" / "@aws-sdk" / "lib-dynamodb").mkdir(parents=True)
    assert missing(code, (layer,)) == ["@aws-sdk/a.b", "@aws-sdk/client-sqs", "@smithy/util-utf8"]


def test_an_sdk_that_cannot_be_had_is_said_once(
    lab: Any, node: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a registry the function says itself what it lacks, and Penstock says why."""
    for name, value in {"registry": "http://127.0.0.1:1/", "fetch_retries": "0"}.items():
        monkeypatch.setenv(f"npm_config_{name}", value)
    monkeypatch.setenv("PENSTOCK_CACHE", str(tmp_path))
    spec = node("require('@aws-sdk/client-nothing-of-aws')")

    async def twice() -> list[Any]:
        return [json.loads((await lab.invoke(spec)).payload) for _ in range(2)]

    assert {document["errorType"] for document in lab.run(twice)} == {"Runtime.ImportModuleError"}
    (reason,) = [text for text in lab.said if not text.startswith("Installing")]
    assert reason.startswith("f imports @aws-sdk/client-nothing-of-aws, which Lambda's Node runtimes have")
    assert "npm" in reason


# -- custom resources ----------------------------------------------------------------------------------


COMMON = "const http = require('node:http'); exports.handler ="
MODULE = "import http from 'node:http'; import { request } from 'node:https'; export const handler ="
ANSWER = """ (event, _, done) => {
    const server = http.createServer((asked, answer) => answer.end(asked.url));
    const url = new URL(event.ResponseURL);
    const taken = (response) => response.on('data', (data) => { server.close(); done(null, String(data)); });
    server.listen(Number(url.port), '127.0.0.1', () => ASK.end());
};"""


@pytest.mark.parametrize(
    ("file", "begin", "ask"),
    [
        ("index.js", COMMON, "require('https').request({ hostname: url.hostname, path: url.pathname }, taken)"),
        ("index.js", COMMON, "require('https').request({ host: url.hostname, port: 443, path: url.pathname }, taken)"),
        ("index.js", COMMON, "require('https').request(event.ResponseURL, { method: 'PUT' }, taken)"),
        ("index.mjs", MODULE, "request(url, taken)"),
    ],
)
def test_answers_of_custom_resources_go_to_the_port_of_the_runtime(
    outcome: Any, file: str, begin: str, ask: str
) -> None:
    """They are made with `node:https`, as on AWS. Here the function itself is who is answered."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/token"
    assert outcome(begin + ANSWER.replace("ASK", ask), {"ResponseURL": url}, file=file) == "/token"
