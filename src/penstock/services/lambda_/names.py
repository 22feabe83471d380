"""The ways in which a function, a version of it or a layer can be named, and the ARNs that they stand for.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html (FunctionName, Qualifier)
"""

import re
from typing import NamedTuple

from penstock.base.arn import arn
from penstock.base.errors import AwsError
from penstock.call import Context

LATEST = "$LATEST"

# name | account:function:name | arn:aws:lambda:region:account:function:name, each with :qualifier
_NAME = re.compile(
    r"(?:arn:aws[a-zA-Z-]*:lambda:)?(?:(?P<region>[a-z]{2}(?:-[a-z]+)+-\d):)?(?:(?P<account>\d{12}):)?"
    r"(?:function:)?(?P<name>[a-zA-Z0-9_.-]+)(?::(?P<qualifier>\$LATEST(?:\.PUBLISHED)?|[a-zA-Z0-9_-]+))?"
)
_LAYER = re.compile(
    r"arn:aws[a-zA-Z-]*:lambda:(?P<region>[^:]+):(?P<account>\d{12}):layer:(?P<name>[a-zA-Z0-9_-]+)(?::(?P<version>\d+))?"
)


class FunctionRef(NamedTuple):
    """A function and, where one was given, the version or alias that is meant."""

    account: str
    region: str
    name: str
    qualifier: str | None

    @property
    def arn(self) -> str:
        """Unqualified."""
        return arn("lambda", self.region, self.account, f"function:{self.name}")

    @property
    def qualified_arn(self) -> str:
        """With the qualifier, where there is one."""
        return f"{self.arn}:{self.qualifier}" if self.qualifier else self.arn


def function_ref(ctx: Context, name: str, qualifier: str | None = None) -> FunctionRef:
    """Reads a FunctionName and a Qualifier. Raises for another region and for two different qualifiers."""
    match = _NAME.fullmatch(name)
    if match is None:
        raise not_found(arn("lambda", ctx.region, ctx.account, f"function:{name}"))
    region = match["region"] or ctx.region
    if region != ctx.region:
        message = f"Functions from '{region}' are not reachable in this region ('{ctx.region}')"
        raise AwsError("ResourceNotFoundException", message, Type="User")
    named = match["qualifier"]
    if qualifier and named and qualifier != named:
        raise invalid("The derived qualifier from the function name does not match the specified qualifier.")
    return FunctionRef(match["account"] or ctx.account, region, match["name"], qualifier or named)


class LayerRef(NamedTuple):
    account: str
    region: str
    name: str
    version: int | None

    @property
    def arn(self) -> str:
        return arn("lambda", self.region, self.account, f"layer:{self.name}")

    @property
    def version_arn(self) -> str:
        return f"{self.arn}:{self.version}"


def layer_ref(ctx: Context, name: str, version: int | None = None) -> LayerRef:
    """Reads a LayerName: a name or an ARN, with or without a version."""
    match = _LAYER.fullmatch(name)
    if match is None:
        return LayerRef(ctx.account, ctx.region, name, version)
    number = int(match["version"]) if match["version"] else version
    return LayerRef(match["account"], match["region"], match["name"], number)


def is_version(qualifier: str) -> bool:
    return qualifier == LATEST or qualifier.isdigit()


# -- errors ------------------------------------------------------------------------------------------


def not_found(function_arn: str) -> AwsError:
    return missing(f"Function not found: {function_arn}")


def missing(message: str = "The resource you requested does not exist.") -> AwsError:
    return AwsError("ResourceNotFoundException", message, Type="User")


def invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValueException", message, Type="User")


def conflict(message: str) -> AwsError:
    return AwsError("ResourceConflictException", message, Type="User")


def stale(kind: str = "GetFunction/GetAlias") -> AwsError:
    message = (
        "The Revision Id provided does not match the latest Revision Id. "
        f"Call the {kind} API to retrieve the latest Revision Id"
    )
    return AwsError("PreconditionFailedException", message, Type="User")
