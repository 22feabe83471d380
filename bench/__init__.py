"""Benchmarks: scenarios run side by side with peers on one machine. `make bench` runs them; see run.py."""
