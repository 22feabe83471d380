"""Serving a stage: a deployment compiled once, then one exchange at a time through it."""
