"""The command line: arguments and printing only. What it does, a runtime does; it talks to it over the control API."""
