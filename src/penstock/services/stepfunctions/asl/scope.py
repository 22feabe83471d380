"""What an expression of a state can see."""

from collections.abc import Callable, Mapping
from typing import Any

Json = dict[str, Any]
UNSET: Any = object()


class Scope:
    """`input` is what `$` (JSONPath) or `$states.input` (JSONata) means; `variables` are those of the state and of
    the states around it. The context object is only made for those who read it. `now` is in epoch seconds.
    """

    __slots__ = ("_context", "error", "input", "make_context", "now", "result", "variables")

    def __init__(
        self, input: Any, variables: Mapping[str, Any], make_context: Callable[[], Json], now: float = 0.0
    ) -> None:
        self.input = input
        self.variables = variables
        self.make_context = make_context
        self.now = now
        self.result: Any = UNSET
        self.error: Any = UNSET
        self._context: Json | None = None

    @property
    def context(self) -> Json:
        """The context object, `$$` or `$states.context`."""
        if self._context is None:
            self._context = self.make_context()
        return self._context

    def forget_context(self) -> None:
        """What it says has changed."""
        self._context = None


Expression = Callable[[Scope], Any]
