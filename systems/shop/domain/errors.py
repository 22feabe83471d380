"""What can go wrong in the shop's own terms. The edge decides which HTTP status each one becomes."""


class ShopError(Exception):
    """The message is written for the client: it never quotes a request."""


class NotFound(ShopError):
    """No product, basket or order has this id."""


class AlreadyExists(ShopError):
    """A product with this id is already there."""


class EmptyBasket(ShopError):
    """There is nothing in the basket to order."""


class KeyReused(ShopError):
    """An Idempotency-Key was sent again with a different request."""


class Busy(ShopError):
    """Others kept changing the same basket, or the bus did not take the event. Trying again is safe."""
