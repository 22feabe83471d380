"""The event pattern language of EventBridge rules, Lambda event source mappings and Pipes.

`compile` makes a `Pattern` of one rule's text; `Index` holds many and finds all that match an event.
Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

from penstock.delivery.patterns.index import Index
from penstock.delivery.patterns.match import Pattern
from penstock.delivery.patterns.operators import PatternError
from penstock.delivery.patterns.parse import compile

__all__ = ["Index", "Pattern", "PatternError", "compile"]
