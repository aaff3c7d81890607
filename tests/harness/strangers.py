"""Servers that are not ours, and ours on a bad day: what stands between a pipeline and the gate in the field."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from consilience.kit.errors import BadInput, CannotTell, ConsilienceError, NotEntitled, NotFound, Refused, Unreachable

Handler = Callable[[BaseHTTPRequestHandler], None]
OURS = {"X-Consilience": "1", "Content-Type": "application/json"}
YES = {
    "verdict": "allowed", "allowed": True, "exit_code": 0, "sentence": "Yes.", "decision": None, "what_if": True,
}  # fmt: skip


@contextmanager
def fake(answer: Handler) -> Iterator[str]:
    """A server that answers everything in its own way; gives its address."""

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer(self)

        do_POST = do_GET  # noqa: N815 (the name that http.server calls)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def saying(status: int, body: Any, headers: dict[str, str] | None = None, *, cut: int = 0) -> Handler:
    """An answer; `cut` bytes of it are announced and never sent."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in (OURS if headers is None else headers).items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        with suppress(BrokenPipeError):  # who asked has given up
            handler.wfile.write(data[: len(data) - cut])

    return answer


def slow(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(3)
    saying(200, YES)(handler)


def dripping(handler: BaseHTTPRequestHandler) -> None:
    """Bytes come often enough for every single wait, and the answer never ends."""
    handler.send_response(200)
    for name, value in OURS.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    for _ in range(100):
        time.sleep(0.1)
        try:
            handler.wfile.write(b" ")
        except OSError:
            return


def error(code: str, **params: Any) -> dict[str, Any]:
    return {"error": {"code": code, "sentence": f"That is {code}.", "params": params}}


PAGE = {"Content-Type": "text/html"}
NOT_OURS = {"Content-Type": "application/json"}
WRONG: list[tuple[str, Handler, type[ConsilienceError]]] = [
    ("401 of ours", saying(401, error("not_authenticated")), NotEntitled),
    ("401 of a proxy", saying(401, b"<h1>Log in</h1>", PAGE), NotEntitled),
    ("403 of ours", saying(403, error("not_entitled", action="gate.decide")), NotEntitled),
    ("403 of a proxy", saying(403, b"<h1>No</h1>", PAGE), NotEntitled),
    ("404 of ours", saying(404, error("not_found", what="version", name="x@1")), NotFound),
    ("404 of an address", saying(404, error("not_found", what="address", name="/x")), Unreachable),
    ("404 of a proxy", saying(404, b"<h1>Not found</h1>", PAGE), Unreachable),
    ("404 of another API", saying(404, {"detail": "Not Found"}, NOT_OURS), Unreachable),
    ("404 of ours in another form", saying(404, {"detail": "Not Found"}), Unreachable),
    ("409", saying(409, error("own_work")), Refused),
    ("409 of another API", saying(409, {"detail": "conflict"}, NOT_OURS), Unreachable),
    ("422", saying(422, error("bad_input", where="to", problem="is unknown")), BadInput),
    ("422 of another API", saying(422, {"detail": []}, NOT_OURS), Unreachable),
    ("cannot tell", saying(422, error("cannot_tell")), CannotTell),
    ("500", saying(500, error("bug")), Unreachable),
    ("500 of a proxy", saying(500, b"", {}), Unreachable),
    ("502", saying(502, b"<h1>Bad gateway</h1>", PAGE), Unreachable),
    ("503", saying(503, error("ledger_unavailable")), Unreachable),
    ("429", saying(429, b"slow down", {"Content-Type": "text/plain"}), Unreachable),
    ("a page that says yes", saying(200, b"<h1>Welcome</h1>", PAGE), Unreachable),
    ("another API that says yes", saying(200, YES, NOT_OURS), Unreachable),
    ("an empty answer", saying(200, b""), Unreachable),
    ("204", saying(204, b""), Unreachable),
    ("truncated JSON", saying(200, json.dumps(YES).encode()[:-5]), Unreachable),
    ("a cut-off answer", saying(200, YES, cut=5), Unreachable),
    ("no answer of a gate", saying(200, {"ok": True}), Unreachable),
    ("a list", saying(200, [YES]), Unreachable),
    ("a yes that contradicts itself", saying(200, {**YES, "allowed": False}), Unreachable),
    ("a yes of another type", saying(200, {**YES, "allowed": "yes"}), Unreachable),
    ("a code that is none", saying(200, {**YES, "exit_code": 42}), Unreachable),
    ("301", saying(301, b"", {**OURS, "Location": "/api/v1/gate"}), Unreachable),
    ("302 to a log-in page", saying(302, b"", {"Location": "/login"}), Unreachable),
    ("307 with our mark", saying(307, YES, {**OURS, "Location": "http://127.0.0.1:9/"}), Unreachable),
    ("time-out", slow, Unreachable),
    ("dripping", dripping, Unreachable),
]  # fmt: skip
