"""A time-stamping authority on this machine, by OpenSSL: what nobody here wrote, answering what we ask."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

_CONFIG = """[req]
distinguished_name=dn
x509_extensions=ext
prompt=no
[dn]
CN=Example time-stamping
[ext]
extendedKeyUsage={usage}
[t]
serial=serial
signer_cert=cert.pem
signer_key=key.pem
signer_digest={digest}
default_policy=1.2.3.4
digests=sha256
ess_cert_id_alg={name_by}
"""


@dataclass(frozen=True)
class Authority:
    folder: Path

    @property
    def certificate(self) -> str:
        return (self.folder / "cert.pem").read_text()

    def answer(self, query: bytes) -> bytes:
        (self.folder / "q").write_bytes(query)
        self._openssl("ts", "-reply", "-queryfile", "q", "-out", "r", "-config", "tsa.cnf", "-section", "t")
        return (self.folder / "r").read_bytes()

    def verifies(self, response: bytes, data: bytes) -> bool:
        """Whether OpenSSL itself takes this answer as a time-stamp of these bytes."""
        (self.folder / "r").write_bytes(response)
        (self.folder / "d").write_bytes(data)
        words = ("ts", "-verify", "-data", "d", "-in", "r", "-CAfile", "cert.pem")
        return subprocess.run(["openssl", *words], cwd=self.folder, capture_output=True, check=False).returncode == 0

    def _openssl(self, *words: str) -> None:
        subprocess.run(["openssl", *words], cwd=self.folder, capture_output=True, check=True)


def authority(
    folder: Path, *, key: tuple[str, ...] = ("rsa:2048",), digest: str = "sha256", name_by: str = "sha256",
    usage: str = "critical,timeStamping",
) -> Authority:  # fmt: skip
    """A new authority with a self-signed certificate; the test is skipped where there is no OpenSSL."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl command here")
    folder.mkdir()
    (folder / "tsa.cnf").write_text(_CONFIG.format(usage=usage, digest=digest, name_by=name_by))
    (folder / "serial").write_text("01\n")
    made = Authority(folder)
    made._openssl(
        "req",
        "-x509",
        "-newkey",
        *key,
        "-nodes",
        "-keyout",
        "key.pem",
        "-out",
        "cert.pem",
        "-days",
        "3650",
        "-config",
        "tsa.cnf",
    )
    return made
