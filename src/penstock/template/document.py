"""A template file: text to plain dicts, and back from a path inside to its line.

Rule: JSON and YAML give the same dicts; the short forms (!Ref, !GetAtt, !Sub ...) become their long ones. Lines are
looked up only when a message needs one, so that reading a large template stays cheap.
"""

import functools
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from penstock.base.errors import PenstockError

_MERGE = "tag:yaml.org,2002:merge"
_MAX_DEPTH = 200
_MAX_NODES = 1_000_000  # of the document, with all that its aliases stand for

TemplatePath = tuple[str | int, ...]


class TemplateError(PenstockError):
    """What CloudFormation would refuse: its message text, and the place inside the template where it is known."""

    def __init__(self, message: str, path: TemplatePath = ()) -> None:
        super().__init__(message)
        self.message = message
        self.path = path

    @property
    def logical_id(self) -> str | None:
        """The resource that the error is about."""
        return str(self.path[1]) if len(self.path) > 1 and self.path[0] == "Resources" else None


class MissingExport(TemplateError):
    """Nobody exports what is imported: it may be there the next time."""


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed template. `file` is None for one that came as text in a request."""

    data: dict[str, Any]
    text: str
    file: Path | None = None
    processed: bool = False  # `data` is more than the text says: local paths replaced, SAM transformed

    def line(self, path: TemplatePath) -> int | None:
        """The line (from 1) of the deepest part of `path` that the text has."""
        mark = node = _nodes(self.text)
        for step in path:
            child = _child(node, step)
            if child is None:
                break
            mark, node = child
        return mark.start_mark.line + 1 if mark is not None and mark.start_mark else None

    def where(self, path: TemplatePath) -> str:
        """`template.yaml:12 (Resources/Queue/Properties)`, as far as it is known."""
        line = self.line(path)
        place = f"{self.file or 'template'}{f':{line}' if line else ''}"
        return f"{place} ({'/'.join(map(str, path))})" if path else place

    def explain(self, error: TemplateError) -> PenstockError:
        """The error as a sentence that names the file, the line and the place inside."""
        return PenstockError(f"{self.where(error.path)}: {error.message}")


def read(file: Path) -> Document:
    """The template in `file`. PenstockError when it cannot be read or is no template."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise PenstockError(f"cannot read the template {file}: {error}") from error
    try:
        return Document(parse(text), text, file)
    except TemplateError as error:
        raise PenstockError(f"{file}: {error.message}") from error


def parse(text: str) -> dict[str, Any]:
    """A template from its text; TemplateError with CloudFormation's "Template format error" texts."""
    try:
        data = _parse_json(text) if text.lstrip().startswith("{") else _parse_yaml(text)
    except RecursionError:
        raise TemplateError("Template format error: nested too deeply.") from None
    if not isinstance(data, dict):
        raise TemplateError("Template format error: unsupported structure.")
    return data


def _parse_json(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        column = error.colno + (error.pos < len(text))  # CloudFormation has read what it stumbles over
        where = f"(line {error.lineno}, column {column})"
        raise TemplateError(f"Template format error: JSON not well-formed. {where}") from error


def _parse_yaml(text: str) -> Any:
    try:
        return load_yaml(text, _Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        problem = f": {error.problem}" if error.problem else ""
        raise TemplateError(f"Template format error: YAML not well-formed.{where}{problem}") from error
    except yaml.YAMLError as error:
        raise TemplateError(f"Template format error: YAML not well-formed. {error}") from error


def load_yaml(text: str | bytes, loader: type[yaml.CSafeLoader] = yaml.CSafeLoader) -> Any:
    """What `text` says. Raises YAMLError, also for what is nested so deeply that libyaml, which recurses in C, would
    end the process, and for aliases that stand for themselves or for more than anybody can walk through."""
    _check_size(yaml.parse(text, Loader=yaml.CSafeLoader))
    return yaml.load(text, Loader=loader)


def _check_size(events: Iterable[yaml.Event]) -> None:
    sizes, inside = [0], [""]  # nodes of each collection that is open, and its anchor
    known: dict[str, int] = {}
    for event in events:
        size = 1
        if isinstance(event, yaml.CollectionStartEvent):
            sizes.append(0)
            inside.append(event.anchor or "")
            size = 0
        elif isinstance(event, yaml.CollectionEndEvent):
            size += sizes.pop()
            known[inside.pop()] = size
        elif isinstance(event, yaml.AliasEvent):
            size = known.get(event.anchor or "", 1)
            if event.anchor in inside:
                raise yaml.YAMLError(f"the alias {event.anchor} stands for itself")
        sizes[-1] += size
        if len(sizes) > _MAX_DEPTH or sizes[-1] > _MAX_NODES:
            raise yaml.YAMLError("nested too deeply" if len(sizes) > _MAX_DEPTH else "aliases stand for too much")


class _Loader(yaml.CSafeLoader):
    """YAML as CloudFormation reads it: dates stay text, and every tag is a function."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }


def _short_form(loader: yaml.CSafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = _mapping(loader, node)
    if suffix in ("Ref", "Condition"):
        return {suffix: value}
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {f"Fn::{suffix}": value}


def _mapping(loader: yaml.CSafeLoader, node: yaml.MappingNode) -> dict[str, Any]:
    """Keys are text as they stand: `123456789012:` is an account, `Yes:` a name.

    A duplicate key is an error: keeping the last one would drop a resource without a word.
    """
    own = [key for key, _ in node.value if key.tag != _MERGE]
    loader.flatten_mapping(node)
    seen: set[str] = set()
    for key in own:
        if not isinstance(key, yaml.ScalarNode) or key.value in seen:
            problem = f"duplicate key {key.value!r}" if isinstance(key, yaml.ScalarNode) else "a key must be text"
            raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
        seen.add(key.value)
    return {key.value: loader.construct_object(value, deep=True) for key, value in node.value}


_Loader.add_multi_constructor("!", _short_form)
_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)


@functools.lru_cache(maxsize=4)
def _nodes(text: str) -> yaml.Node | None:
    try:
        return yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError:
        return None


def _child(node: yaml.Node | None, step: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    """(node that carries the line, value node) of one step."""
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == str(step)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None
