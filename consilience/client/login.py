"""Which server, and which token: what was said, the environment, or what `consilience login` kept."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from consilience.client.signers import RobotKey
from consilience.kit.errors import BadInput, WrongUse

DEFAULT_URL = "http://127.0.0.1:8600"


def login_file() -> Path:
    """Where `consilience login` keeps address and token, readable by its owner alone."""
    from platformdirs import user_config_path

    return user_config_path("consilience") / "login.json"


def kept_login() -> dict[str, str]:
    """Address and token as kept by `consilience login`; empty when there are none."""
    try:
        said = json.loads(login_file().read_text(encoding="utf-8"))
    except OSError:
        return {}
    except ValueError as error:
        raise BadInput(str(login_file()), "cannot be read; run `consilience login` again") from error
    return {name: value for name, value in said.items() if isinstance(value, str)} if isinstance(said, dict) else {}


def server_address(named: str | None = None) -> str:
    """The server's address, from what was said, the environment, or what `consilience login` kept."""
    url = (named or os.environ.get("CONSILIENCE_URL") or kept_login().get("url") or DEFAULT_URL).rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise WrongUse(f"{url!r} is no address of a server; expected such as https://consilience.example.org")
    return url


def kept_token(url: str) -> str | None:
    """A kept token goes only to the server that it was kept for."""
    kept = kept_login()
    return kept.get("token") if kept.get("url") == url else None


@dataclass(frozen=True)
class Robot:
    """A robot's key at hand, and the URN of the record that binds it."""

    held: RobotKey
    urn: str


def robot_at_hand() -> Robot | None:
    """The robot's key that the environment names: the key's file and its URN."""
    file, urn = os.environ.get("CONSILIENCE_ROBOT_KEY_FILE"), os.environ.get("CONSILIENCE_ROBOT_KEY")
    if file is None and urn is None:
        return None
    if not file or not urn or urn.count(":") != 4:
        raise WrongUse("CONSILIENCE_ROBOT_KEY_FILE and CONSILIENCE_ROBOT_KEY go together: the key's file, and its URN")
    return Robot(RobotKey(Path(file)), urn)
