"""The container's health check, as a program: exits with 0 if the service beside it answers. Imports little."""

import urllib.request

PORT = 8080
HEALTH = "/health"

if __name__ == "__main__":
    with urllib.request.urlopen(f"http://localhost:{PORT}{HEALTH}", timeout=3):
        pass
