"""Variables of `environmentFiles`: objects of S3 that are read with the task's execution role when it starts.

A line is VARIABLE=VALUE, quotation marks and spaces included; one that begins with # is a comment. Of a variable that
is there twice the first value counts, and `environment` takes precedence over all files.
Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/use-environment-file.html
"""

from collections.abc import Iterable

from penstock.base.errors import AwsError
from penstock.call import Context
from penstock.services.ecs.running.secrets import Unavailable
from penstock.wire.model import Json

ARN = "arn:aws:s3:::"


async def read(ctx: Context, files: Iterable[Json]) -> dict[str, str]:
    """`ctx` is of the execution role. Raises Unavailable."""
    variables: dict[str, str] = {}
    for file in files:
        variables = parse(await _text(ctx, file["value"])) | variables
    return variables


def parse(text: str) -> dict[str, str]:
    variables: dict[str, str] = {}
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals and name and not name.startswith("#"):
            variables.setdefault(name, value)
    return variables


async def _text(ctx: Context, arn: str) -> str:
    bucket, _, key = arn.removeprefix(ARN).partition("/")
    try:
        body = (await ctx.call("s3", "GetObject", {"Bucket": bucket, "Key": key}))["Body"]
        return (body if isinstance(body, bytes) else b"".join([chunk async for chunk in body])).decode()
    except (AwsError, UnicodeDecodeError) as error:
        why = f"{error.code}: {error.message}" if isinstance(error, AwsError) else str(error)
        raise Unavailable(
            "ResourceInitializationError: failed to download env files: file download command: non empty error stream: "
            f"service call has been retried 1 time(s): {why} ({arn})"
        ) from error
