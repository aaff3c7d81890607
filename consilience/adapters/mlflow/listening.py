"""A small server that takes MLflow's webhooks and hands the events on, one at a time, to whoever acts on them.

It keeps nothing: an import is the same whenever it runs, so what was missed while nobody listened is found at the next start.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from consilience.adapters.mlflow.webhooks import Deliveries, Event, Refused, checked, event

PATH = "/mlflow"
MOST_BYTES = 1 << 20
WAITING = 1000
"""Events that may wait; MLflow sends again what was answered with 503."""
SECONDS = 10


class Listener:
    """`act` is called for each event in the thread that runs `work`. Close it when done."""

    def __init__(
        self, host: str, port: int, *, secret: str, act: Callable[[Event], None], say: Callable[[str], None]
    ) -> None:
        self._events: queue.Queue[Event | None] = queue.Queue(WAITING)
        self._act, self._say = act, say
        self._server = ThreadingHTTPServer((host, port), _handler(secret, Deliveries(), self._events, say))
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def work(self) -> None:
        """Act on events until `close`."""
        while True:
            one = self._events.get()
            if one is None:
                return
            self._act(one)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._events.put(None)


def _handler(
    secret: str, deliveries: Deliveries, events: queue.Queue[Event | None], say: Callable[[str], None]
) -> type[BaseHTTPRequestHandler]:
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        timeout = SECONDS

        def do_POST(self) -> None:
            self.send_response(self._status())
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """What matters is said by `say`."""

        def _status(self) -> int:
            length = self.headers.get("Content-Length", "")
            if self.path != PATH:
                return 404
            if not length.isdecimal() or int(length) > MOST_BYTES:
                return 413
            body = self.rfile.read(int(length))
            try:
                headers = {name.lower(): value for name, value in self.headers.items()}
                delivery = checked(headers, body, secret=secret, now=time.time())
                found = event(body)
            except Refused as error:
                say(f"refused a request from {self.client_address[0]}: {error}")
                return 401
            with lock:
                if found is None:
                    return 204
                if events.full():
                    return 503
                if deliveries.take(delivery):
                    events.put(found)
            return 202

    return Handler
