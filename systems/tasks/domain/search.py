"""Which words find a task: those of its name and its summary, whatever their case."""

import re

MAX_WORDS = 200
_WORD = re.compile(r"\w+")


def words(*texts: str) -> frozenset[str]:
    """At most MAX_WORDS of them, the first."""
    found = dict.fromkeys(word for text in texts for word in _WORD.findall(text.casefold()))
    return frozenset(list(found)[:MAX_WORDS])
