"""HTTP APIs: a stage compiled once, then one exchange at a time through its routes, authorizers and integrations."""
