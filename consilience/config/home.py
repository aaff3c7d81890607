"""The workspace's folder: where its database, content, keys and checkpoint lie. Data never lies beside the code."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_data_path


@dataclass(frozen=True)
class Home:
    root: Path

    @property
    def database(self) -> Path:
        return self.root / "consilience.sqlite3"

    @property
    def content(self) -> Path:
        return self.root / "content"

    @property
    def log_key(self) -> Path:
        return self.root / "keys" / "log.ed25519.pem"

    @property
    def checkpoint(self) -> Path:
        return self.root / "checkpoint.txt"

    @property
    def secret_key_file(self) -> Path:
        return self.root / "keys" / "secret_key"

    def make(self) -> None:
        """The folders, closed to other accounts of the machine."""
        for folder in (self.root, self.content, self.log_key.parent):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def secret_key(self) -> str:
        """Django's secret, made once. Without a workspace (help texts, checks) a throw-away one."""
        try:
            return self.secret_key_file.read_text(encoding="ascii")
        except FileNotFoundError:
            if not self.secret_key_file.parent.is_dir():
                return secrets.token_urlsafe(50)
        made = secrets.token_urlsafe(50)
        try:
            handle = os.open(self.secret_key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return self.secret_key_file.read_text(encoding="ascii")
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(made)
        return made


def home() -> Home:
    """`CONSILIENCE_HOME`, else the platform's folder for user data."""
    named = os.environ.get("CONSILIENCE_HOME")
    return Home(Path(named).expanduser().resolve() if named else user_data_path("consilience"))
