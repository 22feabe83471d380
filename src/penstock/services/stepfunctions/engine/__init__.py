"""The interpreter: executions are trees of threads, which advance in turns and are stored where they stand.

A turn is synchronous: it moves threads on until each of them waits, then writes what happened. A task whose operation
answers at once is made inside the turn, so that its effect and the transition are one transaction; any other call
begins once the turn is durable. What was stored is enough to go on after the process was killed.
"""
