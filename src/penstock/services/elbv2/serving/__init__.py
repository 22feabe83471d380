"""Load balancers at work: rules, choices and health (pure), and what accepts, passes on and probes."""
