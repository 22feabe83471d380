"""The worker in Python: what runs in a function's environment, forked from the warm parent or as a program of its own.

It stands alone, and is written for the Python of any image: nothing in here imports more of Penstock than this folder.
"""
