"""The log of a function environment, line by line."""

import json
import re
from typing import Any

SOURCE = """
import logging, subprocess, sys
logger = logging.getLogger()
logger.setLevel("INFO")
print("init")
def handler(event, context):
    print("printed")
    print("on stderr", file=sys.stderr)
    logger.info("two\\nlines")
    subprocess.run(["echo", "from a child"])
    sys.stdout.write("unfinished")
"""


def test_text_format(lab: Any) -> None:
    lab.once(lab.function(SOURCE))
    init_start, *rest = lab.messages
    assert init_start.startswith("INIT_START Runtime Version: python:3.11")
    assert rest[:2] == ["init", "START RequestId: request-1 Version: $LATEST"]
    assert rest[2:4] == ["printed", "on stderr"]
    assert re.fullmatch(r"\[INFO\]\t\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\trequest-1\ttwo\nlines", rest[4])
    assert rest[5:8] == ["from a child", "unfinished", "END RequestId: request-1"]
    assert re.fullmatch(
        r"REPORT RequestId: request-1\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\t"
        r"Max Memory Used: \d+ MB\tInit Duration: [\d.]+ ms\t",
        rest[8],
    )


def test_one_stream_for_one_environment_and_init_duration_once(lab: Any) -> None:
    spec = lab.function("def handler(event, context): pass")

    async def twice() -> None:
        await lab.invoke(spec)
        await lab.invoke(spec)

    lab.run(twice)
    reports = [message for message in lab.messages if message.startswith("REPORT")]
    assert len({stream for stream, _ in lab.logged}) == 1
    assert ["Init Duration" in report for report in reports] == [True, False]


def test_json_format(lab: Any) -> None:
    source = """
    import logging
    def handler(event, context):
        logging.getLogger("shop").warning("low", extra={"stock": 3})
        logging.info("not shown")
        raise ValueError("no")
    """
    lab.once(lab.function(source, json_logs=True, application_log_level="WARN"))
    events = [json.loads(message) for message in lab.messages]
    assert [event.get("type", event.get("level")) for event in events] == [
        "platform.initStart", "platform.start", "WARNING", "ERROR", "platform.report",
    ]  # fmt: skip
    warning, error, report = events[2:]
    assert (warning["message"], warning["logger"], warning["stock"], warning["requestId"]) == (
        "low", "shop", 3, "request-1",
    )  # fmt: skip
    assert (error["errorType"], error["errorMessage"]) == ("ValueError", "no")
    assert report["record"]["metrics"]["memorySizeMB"] == 128


def test_unhandled_error_is_one_event(lab: Any) -> None:
    lab.once(lab.function("def handler(event, context):\n    raise ValueError('no')"))
    (error,) = [message for message in lab.messages if message.startswith("[ERROR]")]
    head, traceback, frame, line = error.split("\n")
    assert (head, traceback) == ("[ERROR] ValueError: no", "Traceback (most recent call last):")
    assert frame.startswith("\u00a0\u00a0File ")
    assert line == "\u00a0\u00a0\u00a0\u00a0raise ValueError('no')"


def test_log_tail_is_the_last_4_kb(lab: Any) -> None:
    result = lab.once(lab.function("def handler(event, context):\n  for i in range(1000): print('line', i)"))
    tail = result.log_tail()
    assert len(tail) == 4096
    assert b"line 999\nEND RequestId: request-1\nREPORT" in tail
