"""Answers every path with itself and the variables that it was given."""

import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        given = {name: value for name, value in os.environ.items() if name.startswith("GIVEN_")}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"path": self.path, **given}).encode())


ThreadingHTTPServer(("0.0.0.0", 8000), Handler).serve_forever()
