"""The syntax of the wildcard operator, and AWS's limit on how hard it may be to match."""

from collections.abc import Iterator

Places = frozenset[int]
Steps = list[str | None]  # the pattern's characters; None is the wildcard

COMPLEXITY_LIMIT = 10


class WildcardError(ValueError):
    pass


def literals(text: str) -> list[str]:
    """The strings between the wildcards. Positions in errors count bytes from the opening quote."""
    parts, at = [""], 0
    while at < len(text):
        char, following = text[at], text[at + 1 : at + 2]
        if char == "*" and following == "*":
            raise WildcardError(f"Consecutive wildcard characters at pos {len(text[:at].encode()) + 1}")
        if char == "\\" and following not in ("*", "\\"):
            raise WildcardError(f"Invalid escape character at pos {len(text[:at].encode()) + 1}")
        if char == "*":
            parts.append("")
        else:
            parts[-1] += following if char == "\\" else char
        at += 2 if char == "\\" else 1
    return parts


def complexity(parts: list[str]) -> int:
    """At how many places behind its first wildcard a reader of some worst text can be at once.

    Raises WildcardError above the limit. AWS does not publish its own; this one lies between the patterns that it is
    known to take (`/Users/*/dir/dir/dir/dir/dir/doc.txt`) and to refuse (`*:*:*:*:*:event-bus/*`).
    """
    steps = _steps(parts)
    start = _with_empty_wildcards(frozenset({0}), steps)
    seen, queue, worst = {start}, [start], 0
    while queue:
        places = queue.pop()
        worst = max(worst, sum(place > len(parts[0]) for place in places))
        if worst > COMPLEXITY_LIMIT:
            raise WildcardError(
                "Rule is too complex - try using fewer wildcard characters or fewer repeating character sequences "
                "after a wildcard character"
            )
        for char in {steps[place] for place in places if place < len(steps)} - {None}:
            following = _with_empty_wildcards(frozenset(_advance(places, char, steps)), steps)
            if following not in seen:
                seen.add(following)
                queue.append(following)
    return worst


def _steps(parts: list[str]) -> Steps:
    steps: Steps = list(parts[0])
    for part in parts[1:]:
        steps += [None, *part]
    return steps


def _advance(places: Places, char: str | None, steps: Steps) -> Iterator[int]:
    for place in places:
        if place < len(steps) and steps[place] is None:
            yield place
        elif place < len(steps) and steps[place] == char:
            yield place + 1


def _with_empty_wildcards(places: Places, steps: Steps) -> Places:
    return places | {place + 1 for place in places if place < len(steps) and steps[place] is None}
