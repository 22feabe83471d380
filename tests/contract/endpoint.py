"""An HTTP endpoint as a target: it keeps what it was asked and answers as it was told."""

import http.server
import json
import threading
from typing import Any, NamedTuple

Answer = tuple[int, dict[str, str], Any]  # status, headers, document


class Asked(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]  # by lower-case name
    body: str

    @property
    def document(self) -> Any:
        return json.loads(self.body)


class Endpoint(http.server.ThreadingHTTPServer):
    """`answers` are given in turn, then 200 with `{}`; `/token` gives tokens `t1`, `t2`, ... for `lifetime` seconds."""

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.answers: list[Answer] = []
        self.asked: list[Asked] = []
        self.tokens: list[Asked] = []
        self.lifetime = 3600
        self.heard = threading.Event()  # whether it was ever asked
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def answer(self, asked: Asked) -> Answer:
        if asked.path.partition("?")[0] == "/token":
            self.tokens.append(asked)
            token = {"access_token": f"t{len(self.tokens)}", "token_type": "bearer", "expires_in": self.lifetime}
            return 200, {}, token
        self.asked.append(asked)
        self.heard.set()
        return self.answers.pop(0) if self.answers else (200, {}, {})

    def kill(self) -> None:
        self.shutdown()
        self.server_close()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Endpoint

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        headers = {name.lower(): self.headers[name] for name in self.headers}
        status, own, document = self.server.answer(Asked(self.command, self.path, headers, body))
        content = json.dumps(document).encode()
        self.send_response(status)
        for name, value in {**own, "Content-Length": str(len(content)), "Connection": "close"}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
        self.close_connection = True

    do_GET = do_PUT = do_DELETE = do_PATCH = do_POST

    def log_message(self, *args: Any) -> None:
        pass
