"""The SDK: what a data scientist or a pipeline imports. It speaks to the API over HTTP and to nothing else.

    from consilience import Client
    client = Client()                       # CONSILIENCE_URL and CONSILIENCE_TOKEN, or what `consilience login` kept
    answer = client.gate("credit-risk@3", to="operation", system="lending")
    if not answer.allowed: ...

Every method returns what the API says, as plain dictionaries, and raises the errors of `consilience.kit.errors`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from consilience.client.attaching import Attaching
from consilience.client.effects import Effects
from consilience.client.evidence import Evidence
from consilience.client.gate import Gate, GateAnswer
from consilience.client.importing import Importing
from consilience.client.inventory import Inventory
from consilience.client.library import Library
from consilience.client.login import kept_login, login_file, server_address
from consilience.client.obligations import Obligations
from consilience.client.places import part, subject
from consilience.client.predictions import Predictions
from consilience.client.profiles import Profiles
from consilience.client.review import Review
from consilience.client.starter_sets import StarterSets
from consilience.client.templates import Templates
from consilience.client.transport import Transport

if TYPE_CHECKING:
    import httpx

__all__ = ["Client", "GateAnswer", "kept_login", "login_file", "part", "server_address", "subject"]


class Client(
    Inventory,
    Importing,
    Evidence,
    Profiles,
    Attaching,
    Review,
    Templates,
    StarterSets,
    Gate,
    Library,
    Obligations,
    Effects,
    Predictions,
):
    """What one may do with a token. Close it, or use it as a context manager."""

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        timeout: float = 30,
        *,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._server = Transport(url, token, timeout, transport)
