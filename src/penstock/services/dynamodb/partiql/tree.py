"""What a statement says, before it is known which table it is about and what its parameters are.

Literals and parameters stand in the trees of `expressions` as placeholders `:0`, `:1` and so on; `Values` says what
they stand for.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from penstock.base.errors import AwsError
from penstock.services.dynamodb.errors import INVALID, in_older_words, invalid
from penstock.services.dynamodb.expressions.tree import Action, Condition, Elements, Placeholder
from penstock.services.dynamodb.values import Value, check_value, type_of

MISMATCH = "Number of parameters in request and statement don't match."
BAD_BAG = "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags"


class Parameter(NamedTuple):
    """A `?`, counted from 0."""

    number: int


class Bag(NamedTuple):
    """A set, whose type follows from its members; those are literals or parameters."""

    members: tuple["Template", ...]


# A value in which parameters are still to be put: `{"M": {"a": Parameter(0)}}`.
Template = Parameter | Bag | Value


@dataclass(slots=True)
class Values:
    """`templates` by placeholder; `parameters` is how many a request has to bring."""

    templates: dict[str, Template] = field(default_factory=dict)
    parameters: int = 0

    def add(self, template: Template) -> Placeholder:
        name = f":{len(self.templates)}"
        self.templates[name] = template
        return Placeholder(name)

    @in_older_words
    def bind(self, parameters: Sequence[Value]) -> dict[str, Value]:
        """The value of each placeholder. Raises ValidationException."""
        if len(parameters) != self.parameters:
            raise invalid(MISMATCH)
        return {name: _checked(bind(template, parameters)) for name, template in self.templates.items()}


def _checked(value: Value) -> Value:
    check_value(value)
    return value


def bind(template: Template, parameters: Sequence[Value]) -> Value:
    if isinstance(template, Parameter):
        return parameters[template.number]
    if isinstance(template, Bag):
        return _bag([bind(member, parameters) for member in template.members])
    [(kind, content)] = template.items()
    if kind == "L":
        return {"L": [bind(member, parameters) for member in content]}
    if kind == "M":
        return {"M": {name: bind(member, parameters) for name, member in content.items()}}
    return dict(template)


def _bag(members: list[Value]) -> Value:
    kinds = {type_of(member) for member in members}
    if len(kinds) != 1 or not kinds <= {"S", "N", "B"}:
        raise invalid(BAD_BAG)
    [kind] = kinds
    contents: list[Any] = [member[kind] for member in members]
    if kind != "B" and len(set(contents)) < len(contents):
        raise invalid(f"{INVALID}Input collection [{', '.join(contents)}] contains duplicates.")
    bag = {f"{kind}S": contents}
    check_value(bag)
    return bag


class Order(NamedTuple):
    name: str
    forward: bool


class Column(NamedTuple):
    """What is selected, and the name under which it comes back."""

    name: str
    path: Elements


@dataclass(frozen=True, slots=True)
class Select:
    """`columns` is None for `*`."""

    table: str
    index: str | None
    columns: tuple[Column, ...] | None
    where: Condition | None
    order: tuple[Order, ...]
    values: Values


@dataclass(frozen=True, slots=True)
class Insert:
    table: str
    item: Placeholder
    values: Values


@dataclass(frozen=True, slots=True)
class Update:
    """`returning` is a ReturnValues such as `ALL_OLD` or `UPDATED_NEW`, or empty. `bags` have to be sets."""

    table: str
    actions: tuple[Action, ...]
    where: Condition | None
    returning: str
    values: Values
    bags: tuple[tuple[Placeholder, AwsError], ...]


@dataclass(frozen=True, slots=True)
class Delete:
    table: str
    where: Condition | None
    returning: str
    values: Values


@dataclass(frozen=True, slots=True)
class Exists:
    """`EXISTS(SELECT ...)`: a condition check of a transaction."""

    select: Select

    @property
    def table(self) -> str:
        return self.select.table

    @property
    def values(self) -> Values:
        return self.select.values


Write = Insert | Update | Delete
Statement = Select | Write | Exists
