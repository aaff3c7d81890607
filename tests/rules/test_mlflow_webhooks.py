"""A webhook of MLflow's counts once, from whoever has the secret, and near the time that it names."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import threading
import time

import pytest

from consilience.adapters.mlflow.listening import PATH, Listener
from consilience.adapters.mlflow.plan import slug_of
from consilience.adapters.mlflow.webhooks import Deliveries, Event, Refused, checked, event

BODY = json.dumps(
    {"entity": "model_version_alias", "action": "created", "timestamp": "2026-01-01", "data": {"name": "m", "alias": "champion", "version": "2"}}
).encode()  # fmt: skip


def signed(body: bytes, at: float, secret: str = "s3cret", delivery: str = "d1") -> dict[str, str]:
    moment = str(int(at))
    mac = hmac.new(secret.encode(), f"{delivery}.{moment}.".encode() + body, hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(mac).decode()}"
    return {"x-mlflow-delivery-id": delivery, "x-mlflow-timestamp": moment, "x-mlflow-signature": signature}


def test_a_delivery_is_of_this_secret_these_bytes_and_this_time() -> None:
    assert checked(signed(BODY, 1000), BODY, secret="s3cret", now=1200) == "d1"
    assert event(BODY) == Event("model_version_alias", "created", "m", "champion")
    assert event(b'{"entity": "prompt", "action": "created", "data": {"name": "p"}}') is None
    for headers, body, now in [
        (signed(BODY, 1000), BODY + b" ", 1000),
        (signed(BODY, 1000, "other"), BODY, 1000),
        (signed(BODY, 1000), BODY, 1301),
        (signed(BODY, 1000), BODY, 699),
        ({**signed(BODY, 1000), "x-mlflow-delivery-id": "d2"}, BODY, 1000),
        ({**signed(BODY, 1000), "x-mlflow-timestamp": "1" * 5000}, BODY, 1000),
        ({}, BODY, 1000),
    ]:
        with pytest.raises(Refused):
            checked(headers, body, secret="s3cret", now=now)
    for body in (b"", b"[]", b'{"entity": "model_version"}', b"[" * 100_000):
        with pytest.raises(Refused):
            event(body)


def test_a_delivery_counts_once() -> None:
    taken = Deliveries()
    assert [taken.take("a"), taken.take("a"), taken.take("b")] == [True, False, True]


def test_the_listener_hands_on_what_is_signed_and_nothing_else() -> None:
    acted: list[Event] = []
    said: list[str] = []
    listener = Listener("127.0.0.1", 0, secret="s3cret", act=acted.append, say=said.append)
    worker = threading.Thread(target=listener.work)
    worker.start()
    try:

        def post(path: str, headers: dict[str, str], body: bytes = BODY) -> int:
            connection = http.client.HTTPConnection("127.0.0.1", listener.port, timeout=5)
            connection.request("POST", path, body, headers)
            return connection.getresponse().status

        good = signed(BODY, time.time())
        assert [post(PATH, good), post(PATH, good)] == [202, 202]
        assert post(PATH, signed(BODY, time.time(), "other", "d2")) == 401
        assert post("/elsewhere", good) == 404
        assert post(PATH, {**good, "Content-Length": "9999999"}) == 413
    finally:
        listener.close()
        worker.join(timeout=5)
    assert acted == [Event("model_version_alias", "created", "m", "champion")]
    assert len(said) == 1


@pytest.mark.parametrize(
    ("name", "slug"), [("Credit Risk", "credit-risk"), ("a/b__c", "a-b-c"), ("ÄÖ", ""), ("x" * 80, "x" * 63)]
)
def test_a_name_in_mlflow_becomes_a_name_in_addresses(name: str, slug: str) -> None:
    assert slug_of(name) == slug
