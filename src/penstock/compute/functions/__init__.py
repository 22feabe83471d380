"""Lambda's functions: environments and their pools, the Runtime API and the Extensions API, and how they are started.

An invocation goes into the `pool`, which finds or makes an `environment`, whose processes `preparation` and `launch`
start.
"""
