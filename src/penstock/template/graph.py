"""Which resource needs which: the order in which they are made.

Rule: pure. A dependency is a Ref, Fn::GetAtt, a variable in Fn::Sub, or DependsOn; of an Fn::If only the branch that is
taken counts. Among independent resources the template's own order stands.
"""

import heapq
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from penstock.template.document import TemplateError, TemplatePath
from penstock.template.functions import function_name, get_att_parts, substitutions
from penstock.template.model import Declaration
from penstock.template.scope import PSEUDO_PARAMETERS

Taken = Callable[[str], bool]  # condition name -> does it hold


@dataclass(frozen=True, slots=True)
class Reference:
    """A name that a node refers to, with the attribute where it is a Fn::GetAtt."""

    name: str
    attribute: str | None
    path: TemplatePath


def references(node: Any, path: TemplatePath = (), taken: Taken | None = None) -> Iterator[Reference]:
    """Everything that the node refers to, pseudo parameters left out. Without `taken` both branches of Fn::If count."""
    if isinstance(node, list):
        for index, child in enumerate(node):
            yield from references(child, (*path, index), taken)
        return
    if not isinstance(node, dict):
        return
    name = function_name(node)
    if name is not None and name in _REFERRING:
        yield from _REFERRING[name](node[name], (*path, name), taken)
        return
    for key, child in node.items():
        yield from references(child, (*path, key), taken)


def _ref(argument: Any, path: TemplatePath, taken: Taken | None) -> Iterator[Reference]:
    if isinstance(argument, str) and argument not in PSEUDO_PARAMETERS:
        yield Reference(argument, None, path)
    elif not isinstance(argument, str):
        yield from references(argument, path, taken)


def _get_att(argument: Any, path: TemplatePath, taken: Taken | None) -> Iterator[Reference]:
    name, attribute = get_att_parts(argument)
    if isinstance(name, str):
        yield Reference(name, attribute if isinstance(attribute, str) else None, path)
    yield from references([name, attribute], path, taken)


def _sub(argument: Any, path: TemplatePath, taken: Taken | None) -> Iterator[Reference]:
    text, context = (argument, {}) if isinstance(argument, str) else (*argument, {}, {})[:2]
    for variable in substitutions(text) if isinstance(text, str) else ():
        name, dot, attribute = variable.partition(".")
        if variable not in context and name not in PSEUDO_PARAMETERS:
            yield Reference(name, attribute if dot else None, path)
    yield from references(context, (*path, 1), taken)


def _if(argument: Any, path: TemplatePath, taken: Taken | None) -> Iterator[Reference]:
    if taken is None or not isinstance(argument, list) or len(argument) != 3 or not isinstance(argument[0], str):
        yield from references(argument[1:] if isinstance(argument, list) else argument, path, taken)
        return
    branch = 1 if taken(argument[0]) else 2
    yield from references(argument[branch], (*path, branch), taken)


_REFERRING: dict[str, Callable[[Any, TemplatePath, Taken | None], Iterator[Reference]]] = {
    "Ref": _ref,
    "Fn::GetAtt": _get_att,
    "Fn::Sub": _sub,
    "Fn::If": _if,
}


def dependencies(
    resources: Mapping[str, Declaration], parameters: Collection[str], left_out: Collection[str], taken: Taken
) -> dict[str, frozenset[str]]:
    """Logical id -> the resources it needs. TemplateError for a name that is nowhere.

    `left_out` are the resources whose condition does not hold: DependsOn may name them, a Ref may not.
    """

    def needs(body: Declaration) -> Iterator[str]:
        for name in body.depends_on:
            if name in resources:
                yield name
            elif name not in left_out:
                raise _unresolved(Reference(name, None, ("Resources", body.logical_id, "DependsOn")))
        for reference in references(body.properties, body.path, taken):
            if reference.name == body.logical_id:
                raise TemplateError(f"Circular dependency between resources: [{body.logical_id}]", reference.path)
            if reference.name in resources:
                yield reference.name
            elif reference.attribute is not None or reference.name not in parameters:
                raise _unresolved(reference)

    return {name: frozenset(needs(body)) for name, body in resources.items()}


def check_outputs(outputs: Mapping[str, Any], known: Collection[str], taken: Taken) -> None:
    """TemplateError for an output that will be there and refers to a resource that will not."""
    for name, body in outputs.items():
        if "Condition" not in body or taken(body["Condition"]):
            for reference in references(dict(body), ("Outputs", name), taken):
                if reference.name not in known:
                    raise _unresolved(reference)


def _unresolved(reference: Reference) -> TemplateError:
    name, path = reference.name, reference.path
    if path[-1] == "Fn::GetAtt":
        message = f"Template error: instance of Fn::GetAtt references undefined resource {name}"
    elif path[-1] == "Fn::Sub" and reference.attribute is not None:
        message = (
            f"Template error: instance of Fn::Sub references invalid resource attribute {name}.{reference.attribute}"
        )
    else:
        message = (
            f"Template format error: Unresolved resource dependencies [{name}] in the {path[0]} block of the template"
        )
    return TemplateError(message, path)


def order(needs: Mapping[str, Collection[str]]) -> list[str]:
    """Every name after those it needs. TemplateError for a circle."""
    place = {name: index for index, name in enumerate(needs)}
    waiting = {name: len(set(needed)) for name, needed in needs.items()}
    dependents: dict[str, list[str]] = {name: [] for name in needs}
    for name, needed in needs.items():
        for other in set(needed):
            dependents[other].append(name)
    ready = [(place[name], name) for name, count in waiting.items() if not count]
    heapq.heapify(ready)
    result = []
    while ready:
        _, name = heapq.heappop(ready)
        result.append(name)
        for dependent in dependents[name]:
            waiting[dependent] -= 1
            if not waiting[dependent]:
                heapq.heappush(ready, (place[dependent], dependent))
    if len(result) < len(needs):
        circle = _circle({name: set(needs[name]) - set(result) for name in needs if name not in set(result)})
        raise TemplateError(f"Circular dependency between resources: [{', '.join(circle)}]", ("Resources", circle[0]))
    return result


def _circle(needs: dict[str, set[str]]) -> list[str]:
    """Those of the unordered names that are needed by another one: the rest only hang on a circle."""
    while True:
        needed = set().union(*needs.values())
        rest = {name: others for name, others in needs.items() if name in needed}
        if len(rest) == len(needs):
            return list(rest)
        needs = rest
