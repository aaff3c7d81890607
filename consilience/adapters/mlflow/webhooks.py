"""What MLflow sends when something changes: checked, and read. Pure.

The signature is the one of MLflow 3's webhooks (after Standard Webhooks): `X-MLflow-Signature: v1,` and the base64 of
HMAC-SHA256 over `delivery id . timestamp . body` under the shared secret.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

SIGNATURE, TIMESTAMP, DELIVERY = "x-mlflow-signature", "x-mlflow-timestamp", "x-mlflow-delivery-id"
TOLERANCE = 300
"""Seconds by which the sender's clock may differ from ours."""
REMEMBERED = 10_000
ALIAS = "model_version_alias"
MODELS = frozenset({"registered_model", "model_version", "model_version_tag", ALIAS})


class Refused(Exception):
    """The request is not MLflow's, or not a new one; the text says why."""


@dataclass(frozen=True)
class Event:
    """What changed: the model by its name in MLflow, and the alias where one was moved."""

    entity: str
    action: str
    model: str
    alias: str | None


class Deliveries:
    """The deliveries that were taken, so that none counts twice."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, None] = OrderedDict()

    def take(self, delivery: str) -> bool:
        """Whether this one is new; it is remembered."""
        if delivery in self._seen:
            return False
        self._seen[delivery] = None
        while len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return True


def checked(headers: Mapping[str, str], body: bytes, *, secret: str, now: float) -> str:
    """The delivery's id. `headers` have lower-case names. Raises Refused for another signature or another time."""
    delivery, timestamp, signature = (headers.get(name, "") for name in (DELIVERY, TIMESTAMP, SIGNATURE))
    if not (delivery and timestamp.isascii() and timestamp.isdecimal() and signature):
        raise Refused("the delivery, its time or its signature is missing")
    if len(timestamp) > 12 or abs(now - int(timestamp)) > TOLERANCE:
        raise Refused("it was sent at another time than now")
    mac = hmac.new(secret.encode(), f"{delivery}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    wanted = "v1," + base64.b64encode(mac).decode()
    if not hmac.compare_digest(wanted.encode(), signature.encode("utf-8", "replace")):
        raise Refused("the signature is not one of this secret")
    return delivery


def event(body: bytes) -> Event | None:
    """What a delivery tells, None for what is about no model. Raises Refused for what is no event."""
    try:
        said = json.loads(body)
        entity, action, data = said["entity"], said["action"], said["data"]
        if entity not in MODELS:
            return None
        return Event(str(entity), str(action), str(data["name"]), str(data["alias"]) if entity == ALIAS else None)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Refused("the body is no event of MLflow") from error
