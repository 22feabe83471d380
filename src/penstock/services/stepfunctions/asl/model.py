"""States, frozen: what the interpreter needs of a definition, with every field compiled for its query language."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from penstock.services.stepfunctions.asl.scope import UNSET, Expression, Scope

# (scope, the state's own input, what it made) -> the state's output
Finish = Callable[[Scope, Any, Any], Any]


class Retrier(NamedTuple):
    errors: frozenset[str]
    interval: float
    attempts: int
    rate: float
    longest: float | None
    jitter: bool


class Catcher(NamedTuple):
    errors: frozenset[str]
    next: str
    finish: Finish
    assign: Expression | None


class Rule(NamedTuple):
    """A choice: `test` of a scope, the next state, and what is assigned and put out when it matches."""

    test: Callable[[Scope], bool]
    next: str
    output: Expression | None
    assign: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """`prepare` makes what the state works on (and, for JSONPath, sets the scope's input to the effective one);
    `next` is empty at the end of a branch.
    """

    name: str
    type: str
    jsonata: bool
    next: str = ""
    prepare: Expression
    finish: Finish
    assign: Expression | None = None
    retry: tuple[Retrier, ...] = ()
    catch: tuple[Catcher, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass(State):
    result: Any = UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class Task(State):
    resource: str
    timeout: Expression | None = None
    heartbeat: Expression | None = None
    role: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait(State):
    seconds: Expression | None = None
    timestamp: Expression | None = None
    said: str = ""  # how the definition calls the field, for errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(State):
    rules: tuple[Rule, ...]
    default: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fail(State):
    error: Expression
    cause: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Parallel(State):
    branches: "tuple[Machine, ...]"


class Reader(NamedTuple):
    """Where a distributed map's items come from."""

    resource: str
    config: Mapping[str, Any]
    arguments: Expression
    most: Expression | None


class Writer(NamedTuple):
    resource: str
    config: Mapping[str, Any]
    arguments: Expression


class Batcher(NamedTuple):
    items: Expression | None
    size: Expression | None
    input: Expression | None


class Tolerance(NamedTuple):
    most: Expression | None
    percentage: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Map(State):
    items: Expression
    selector: Expression | None
    processor: "Machine"
    concurrency: Expression | None
    distributed: bool = False
    express: bool = False
    label: str = ""
    reader: Reader | None = None
    writer: Writer | None = None
    batcher: Batcher | None = None
    tolerance: Tolerance


@dataclass(frozen=True, slots=True)
class Machine:
    """A state machine, or a branch or processor inside one."""

    start: str
    states: Mapping[str, State]
    timeout: float | None = None
    definition: Mapping[str, Any] | None = None
