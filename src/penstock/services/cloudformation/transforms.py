"""Carries a template's transforms out: AWS's own ones, and macros, which are Lambda functions.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-macros-overview.html
"""

import asyncio
from dataclasses import replace
from typing import Any

import orjson

from penstock.base import ids
from penstock.base.errors import AwsError, PenstockError
from penstock.call import Context
from penstock.services.cloudformation import requests, store
from penstock.template import foreach, macros, sam
from penstock.template.document import Document, TemplateError, parse
from penstock.template.intrinsics import Evaluator
from penstock.template.macros import Transform
from penstock.template.model import LANGUAGE_EXTENSIONS, SERVERLESS
from penstock.template.scope import Scope
from penstock.wire.model import Json


async def process(ctx: Context, document: Document, scope: Scope) -> Document:
    """The document as CloudFormation goes on with it. TemplateError in the words that the stack's events have."""
    run = _Run(ctx, document, replace(scope, mappings=document.data.get("Mappings", {})))
    return replace(document, data=await macros.expand(document.data, run), processed=True)


class _Run:
    """The transforms of one template; their parameters may refer to the template's."""

    def __init__(self, ctx: Context, document: Document, scope: Scope) -> None:
        self._ctx = ctx
        self._document = document
        self._scope = scope
        self._evaluator = Evaluator(scope)
        self._own = {"AWS::Include": self._include, LANGUAGE_EXTENSIONS: self._loops, SERVERLESS: self._serverless}

    async def __call__(self, transform: Transform, fragment: Json) -> Any:
        parameters: Json = self._evaluator.value(dict(transform.parameters), ("Transform",))
        own = self._own.get(transform.name)
        if own is None:
            return await self._macro(transform, parameters, fragment)
        try:
            return await own(parameters, fragment)
        except (AwsError, PenstockError) as error:
            text = error.message if isinstance(error, (AwsError, TemplateError)) else str(error)
            raise TemplateError(f"Transform {transform.name} failed with: {text}") from error

    async def _include(self, parameters: Json, fragment: Json) -> Json:
        """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-include.html"""
        location = parameters.get("Location")
        if not isinstance(location, str):
            raise PenstockError("Transforms parameter Location is required.")
        return {**fragment, **parse(await requests.from_s3(self._ctx, location, "Location"))}

    async def _loops(self, parameters: Json, fragment: Json) -> Json:
        expanded: Json = foreach.expand(fragment, self._evaluator)
        return expanded

    async def _serverless(self, parameters: Json, fragment: Json) -> Json:
        given = replace(self._document, data={**fragment, "Transform": SERVERLESS})
        config = self._ctx.config
        cache = (config.data or config.scratch) / "cache"
        return (await asyncio.to_thread(sam.transform, given, cache, self._ctx.region, _quietly)).data

    async def _macro(self, transform: Transform, parameters: Json, fragment: Json) -> Any:
        ctx = self._ctx
        name = f"{ctx.account}::{transform.name}"
        function = store.macro(ctx.store, ctx.account, ctx.region, transform.name)
        if function is None:
            raise TemplateError(f"No transform named {name} found.")
        event = {
            "accountId": ctx.account,
            "fragment": fragment,
            "transformId": name,
            "requestId": ids.uuid(),
            "region": ctx.region,
            "params": parameters,
            "templateParameterValues": dict(self._scope.parameters),
        }
        return _fragment(name, await self._invoked(function, event))

    async def _invoked(self, function: str, event: Json) -> Any:
        """What the function returns; None where it failed."""
        request = {"FunctionName": function, "Payload": orjson.dumps(event)}
        response = await self._ctx.call("lambda", "Invoke", request)
        return None if response.get("FunctionError") else orjson.loads(response.get("Payload") or b"null")


def _quietly(text: str) -> None:
    """Nobody watches a transform."""


def _fragment(name: str, answer: Any) -> Any:
    if not isinstance(answer, dict) or "status" not in answer:
        raise TemplateError(f"Received malformed response from transform {name}")
    if str(answer["status"]).lower() != "success":
        message = answer.get("errorMessage")
        text = f"with: {message}" if message else "without an error message."
        raise TemplateError(f"Transform {name} failed {text}")
    if "fragment" not in answer:
        raise TemplateError(f"Received malformed response from transform {name}")
    return answer["fragment"]
