"""Penstock runs event-driven AWS architectures on one machine, from the template that deploys them."""

__version__ = "0.1.0"
