"""Container images as supervised processes: a Dockerfile is read, built into a directory, and run without Docker."""
