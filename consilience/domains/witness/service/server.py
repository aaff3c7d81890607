"""`POST /add-checkpoint` over HTTP, on the standard library's server: a witness needs no workspace and no framework."""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

from consilience.domains.witness.service import requests
from consilience.domains.witness.service.requests import Answer
from consilience.domains.witness.service.store import Store
from consilience.kit.errors import BadInput, ConsilienceError

ADDRESS = "/add-checkpoint"
TIMEOUT_S = 10
"""How long a connection may be silent."""
MOST_AT_ONCE = 64
log = logging.getLogger("consilience.witness")


class Server(ThreadingHTTPServer):
    """Answers for one witness. Connections beyond MOST_AT_ONCE wait."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, store: Store, host: str, port: int) -> None:
        super().__init__((host, port), _Handler)
        self.store = store
        self.places = threading.BoundedSemaphore(MOST_AT_ONCE)

    @property
    def url(self) -> str:
        return f"http://{self.server_address[0]!s}:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "consilience-witness"
    sys_version = ""
    timeout: ClassVar[float] = TIMEOUT_S

    def handle(self) -> None:
        with self.server.places:
            super().handle()

    def do_POST(self) -> None:
        if self.path != ADDRESS:
            self._say(Answer(404, "there is only POST /add-checkpoint\n"), close=True)
            return
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdecimal() or int(length[:12]) > requests.MAX_BODY:
            self._say(Answer(400, f"the body's length is not said, or is over {requests.MAX_BODY} bytes\n"), close=True)
            return
        self._say(self._answer(self.rfile.read(int(length))))

    def do_GET(self) -> None:
        self._say(Answer(405, "there is only POST /add-checkpoint\n"), close=True)

    def _answer(self, body: bytes) -> Answer:
        try:
            return self.server.store.cosign(requests.read(body), at_s=int(time.time()))
        except BadInput as error:
            return Answer(400, f"{error}\n")
        except (sqlite3.Error, ConsilienceError) as error:
            log.exception("this witness cannot answer")
            return Answer(503, f"this witness cannot answer just now ({type(error).__name__})\n")

    def _say(self, answer: Answer, *, close: bool = False) -> None:
        data = answer.body.encode("utf-8", "replace")
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(data)))
        if close:  # the body was not read
            self.send_header("Connection", "close")
        if answer.status == 405:
            self.send_header("Allow", "POST")
        self.end_headers()
        self.wfile.write(data)
        log.info("%s %s %s", self.client_address[0], answer.status, answer.content_type)

    def log_message(self, *_: object) -> None:
        """Nothing: `_say` logs the answer, and what was asked may hold anything."""
