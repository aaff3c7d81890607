"""The SDK: what a data scientist or a pipeline imports. It speaks to the API over HTTP and to nothing else.

    from consilience import Client
    client = Client()                       # CONSILIENCE_URL and CONSILIENCE_TOKEN, or what `consilience login` kept
    answer = client.gate("credit-risk@3", to="operation", system="lending")
    if not answer.allowed: ...

Every method returns what the API says, as plain dictionaries, and raises the errors of `consilience.kit.errors`.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote, urlsplit

from consilience.kit import answers, digests
from consilience.kit.errors import BadInput, ExitCode, Unreachable, WrongUse

if TYPE_CHECKING:
    import httpx

Json = dict[str, Any]
DEFAULT_URL = "http://127.0.0.1:8600"
MAX_PAGE = 200
DECLARED = "urn:consilience:artefact:logistic:1"
MAX_DECLARED_BYTES = 4 << 20


@dataclass(frozen=True)
class GateAnswer:
    """What the gate said. `exit_code` is what a pipeline should exit with; only 0 means "allowed"."""

    verdict: str
    allowed: bool
    exit_code: ExitCode
    sentence: str
    decision: str | None
    what_if: bool
    said: Json = field(repr=False)
    """The whole answer, with every requirement and who can act next."""

    @classmethod
    def read(cls, said: Any) -> GateAnswer:
        """The answer in this JSON; Unreachable when it is none, since a half-read answer must never be a yes."""
        try:
            code = ExitCode(said["exit_code"])
            if (code is ExitCode.YES) != (said["allowed"] is True):
                raise ValueError("allowed and exit code contradict each other")
            return cls(
                verdict=str(said["verdict"]), allowed=said["allowed"] is True, exit_code=code,
                sentence=str(said["sentence"]), decision=said["decision"], what_if=bool(said["what_if"]), said=said,
            )  # fmt: skip
        except (KeyError, TypeError, ValueError) as error:
            raise Unreachable(f"the server's answer is no answer of a gate ({error})") from error


class Transport:
    """One connection to a server, and its answers as values or errors."""

    def __init__(
        self, url: str | None, token: str | None, timeout: float, transport: httpx.BaseTransport | None
    ) -> None:
        import httpx  # 0.3 s: only whoever talks to a server pays for it

        self.url = server_address(url)
        secret = token or os.environ.get("CONSILIENCE_TOKEN") or _kept_token(self.url)
        if not secret:
            raise WrongUse(
                f"no token for {self.url}: run `consilience login`, or set CONSILIENCE_URL and CONSILIENCE_TOKEN"
            )
        if not secret.isascii() or not secret.isprintable() or " " in secret:
            raise WrongUse("the token holds characters that no token has")
        headers = {"Authorization": f"Bearer {secret}", "Accept": "application/json"}
        self._timeout = timeout
        self._http = httpx.Client(
            base_url=f"{self.url}/api/v1", headers=headers, timeout=timeout, follow_redirects=False, transport=transport
        )

    def call(
        self, method: str, path: str, *, body: Any = None, params: Mapping[str, Any] | None = None, files: Any = None
    ) -> Any:
        """The JSON of a good answer; see `answers.read` for all others. No answer takes longer than the time-out."""
        import httpx

        said = {name: value for name, value in (params or {}).items() if value is not None}
        until = time.monotonic() + self._timeout
        try:
            with self._http.stream(method, path, json=body, params=said, files=files) as response:
                received = bytearray()
                for chunk in response.iter_bytes():
                    received += chunk
                    if files is None and time.monotonic() > until:
                        raise Unreachable(f"{self.url} did not finish its answer within {self._timeout:g} s")
            return answers.read(response.status_code, response.headers, bytes(received), url=self.url)
        except httpx.TimeoutException as error:
            raise Unreachable(f"{self.url} did not answer within {self._timeout:g} s") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unreachable(f"{self.url} cannot be reached ({str(error) or type(error).__name__})") from error

    def download(self, path: str, target: Path) -> Path:
        """The bytes of a file of evidence, written to a new file."""
        import httpx

        try:
            with self._http.stream("GET", path) as response:
                if response.status_code != 200 or answers.OURS not in response.headers:
                    answers.read(response.status_code, response.headers, response.read(), url=self.url)
                with target.open("xb") as stream:
                    for chunk in response.iter_bytes():
                        stream.write(chunk)
            return target
        except FileExistsError as error:
            raise BadInput(str(target), "is there already") from error
        except httpx.HTTPError as error:
            target.unlink(missing_ok=True)
            raise Unreachable(f"{self.url} cannot be reached ({str(error) or type(error).__name__})") from error

    def close(self) -> None:
        self._http.close()


class Client:
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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()

    @property
    def url(self) -> str:
        return self._server.url

    def get(self, path: str, **params: Any) -> Any:
        """Anything that the API can show, by its address under /api/v1."""
        return self._server.call("GET", path, params=params)

    def post(self, path: str, body: Any = None, *, method: str = "POST") -> Any:
        """Anything that the API can do, by its address under /api/v1."""
        return self._server.call(method, path, body={} if body is None else body)

    def listed(self, path: str, **params: Any) -> Iterator[Json]:
        """Every item of a list, page after page."""
        offset = 0
        while True:
            page = self.get(path, **params, limit=MAX_PAGE, offset=offset)
            yield from page["items"]
            offset += len(page["items"])
            if offset >= page["count"] or not page["items"]:
                return

    def me(self) -> Json:
        return self._json(self.get("/me"))

    # Registering

    def register_system(self, **facts: Any) -> Json:
        """`slug name purpose description jurisdictions audience affected_groups owner squad sponsor tier`"""
        return self._json(self.post("/systems", facts))

    def register_model(self, slug: str, *, name: str, systems: Sequence[str], description: str = "") -> Json:
        body = {"slug": slug, "name": name, "description": description, "systems": list(systems)}
        return self._json(self.post("/models", body))

    def register_dataset(self, slug: str, *, name: str, systems: Sequence[str], description: str = "") -> Json:
        body = {"slug": slug, "name": name, "description": description, "systems": list(systems)}
        return self._json(self.post("/datasets", body))

    def register_version(
        self, model: str, *, artefact: str | os.PathLike[str] | None = None, digest: str | None = None,
        upload: bool = False, **said: Any,
    ) -> Json:  # fmt: skip
        """The next version of a model; the artefact's digest is computed here, its bytes are sent only with `upload`.

        `said`: code_revision, parameters, training, authors, committers, triggered_by, protected_attributes.
        """
        if (artefact is None) == (digest is None):
            raise WrongUse("name the artefact's path, or its digest")
        what = {"digest": digest} if artefact is None else self._artefact(Path(artefact), upload=upload)
        return self._json(self.post(f"/models/{part(model)}/versions", {"artefact": what, **_given(said)}))

    def register_dataset_version(
        self, dataset: str, path: str | os.PathLike[str], *, upload: bool = False, reference: str = "", **terms: Any
    ) -> Json:
        """The next version of a dataset: measured here, or uploaded and measured by the server.

        `terms`: provenance, lawful_basis, consent, jurisdictions, purposes, agreement, agreement_until, retained_until,
        consent_reference, personal_data.
        """
        file = Path(path)
        said: Json = {"name": file.name, "reference": reference}
        if upload:
            said["upload"] = self.upload([file])[0]["upload"]
        else:
            from consilience.kit.tables import shape_of

            shape = shape_of(file, name=file.name)
            said |= {
                "digest": digests.of_file(file),
                "rows": shape.rows,
                "columns": [list(one) for one in shape.columns],
            }
        return self._json(self.post(f"/datasets/{part(dataset)}/versions", {"file": said, **_given(terms)}))

    def upload(self, paths: Iterable[Path]) -> list[Json]:
        """Send files to the server; each answer's `upload` is the ticket that a registration names."""
        found: list[Json] = []
        for path in paths:
            with ExitStack() as opened:
                try:
                    stream = opened.enter_context(path.open("rb"))
                except OSError as error:
                    raise BadInput(str(path), f"cannot be read ({error.strerror})") from error
                sent = self._server.call("POST", "/content/files", files=[("files", (path.name, stream))])
            found += sent["files"]
        return found

    def _artefact(self, path: Path, *, upload: bool) -> Json:
        kind = "folder" if path.is_dir() else "declared" if _is_declared(path) else "file"
        digest = digests.of_path(path)
        if not upload:
            return {"digest": digest, "kind": kind}
        if kind != "folder":
            return {"upload": self.upload([path])[0]["upload"], "kind": kind}
        files = [item for item in sorted(path.rglob("*")) if item.is_file()]
        tickets = [one["upload"] for one in self.upload(files)]
        named = [item.relative_to(path).as_posix() for item in files]
        return {"files": [{"path": name, "upload": ticket} for name, ticket in zip(named, tickets, strict=True)]}

    # Evidence

    def attach_evidence(
        self, kind: str, *, method: str, about: str, fields: Mapping[str, Any] | None = None,
        files: Iterable[Path] = (), dataset: str | None = None, expires_at: str | None = None,
    ) -> Json:  # fmt: skip
        """Attach what you state. `about` is a version (credit-risk@3), `data:panel@1`, or a system (lending)."""
        paths = [Path(one) for one in files]
        sent = [
            {"name": path.name, "upload": one["upload"]} for path, one in zip(paths, self.upload(paths), strict=True)
        ]
        body = {
            "kind": kind, "method": method, "subject": subject(about), "fields": dict(fields or {}),
            "files": sent, "dataset": dataset, "expires_at": expires_at,
        }  # fmt: skip
        return self._json(self.post("/evidence", body))

    def evidence(self, about: str, *, kind: str | None = None) -> list[Json]:
        """What counts now about a version, a dataset version or a system."""
        said = subject(about)
        names = {"model-version": "version", "dataset-version": "dataset_version", "system": "system"}
        return list(self.listed("/evidence", **{names[said["noun"]]: said["reference"]}, kind=kind))

    def download_file(self, evidence: str, digest: str, target: Path) -> Path:
        """A file of evidence, into a new file; its digest is checked."""
        path = self._server.download(f"/evidence/{part(evidence)}/files/{part(digest)}", target)
        if digests.of_file(path) != digest:
            path.unlink()
            raise Unreachable(f"{self.url} sent other bytes than {digest[:12]}…")
        return path

    def compute_evaluation(self, version: str, *, source: str, dataset: str, method: str, **said: Any) -> list[Json]:
        """Have the server compute the figures: `source` artefact (it scores) or data (scores stand in columns).

        `said`: label, protected, score, prediction, threshold, positive.
        """
        body = {"from": source, "dataset": dataset, "method": method, **_given(said)}
        return list(self.post(f"/versions/{part(version)}/evaluations", body)["evidence"])

    def evaluate_and_attach(
        self, source: str | os.PathLike[str], *, version: str, dataset: str, method: str, **said: Any
    ) -> list[Json]:
        """Count the rows of a file here, and have the server compute the figures from the counts. No row is sent.

        `said`: label, score, prediction, protected, threshold, positive, where (see `consilience.evaluate`).
        """
        from consilience.measure.evaluate import measure_states
        from consilience.measure.states import wire

        digest = digests.of_file(Path(source))
        states = wire.to_json(measure_states(source, **said))
        body = {"dataset": dataset, "data_digest": digest, "states": states, "method": method}
        return list(self.post(f"/versions/{part(version)}/evaluations/states", body)["evidence"])

    # Releases and reviews

    def propose_release(self, system: str, version: str, stage: str, *, note: str = "") -> Json:
        return self._json(self.post("/releases", {"system": system, "version": version, "stage": stage, "note": note}))

    def release(self, system: str, version: str, stage: str) -> Json:
        """The dossier, each facet with the digest to sign, and what everybody has said."""
        return self._json(self.get(_release(system, version, stage)))

    def sign_off(
        self, system: str, version: str, stage: str, *, function: str, verdict: str, reason: str, seen: str,
        conditions: Iterable[Mapping[str, str]] = (), expires_at: str | None = None,
    ) -> Json:  # fmt: skip
        """Give a function's verdict on the facet whose digest (`seen`) you looked at."""
        body = {
            "function": function, "verdict": verdict, "reason": reason, "seen": seen,
            "conditions": [dict(one) for one in conditions], "expires_at": expires_at,
        }  # fmt: skip
        return self._json(self.post(f"{_release(system, version, stage)}/sign-offs", body))

    def prove_condition(self, condition: str, proof: str) -> Json:
        """Say how a condition (its id, `urn:…#0`) was met."""
        return self._json(self.post(f"{_condition(condition)}/proof", {"proof": proof}))

    def accept_condition(self, condition: str) -> Json:
        return self._json(self.post(f"{_condition(condition)}/accept"))

    def answer_objection(self, objection: str, text: str) -> Json:
        return self._json(self.post(f"/objections/{part(objection)}/answers", {"text": text}))

    def end_block(self, block: str, reason: str) -> Json:
        return self._json(self.post(f"/blocks/{part(block)}/end", {"reason": reason}))

    # Policies and the gate

    def propose_policy(self, text: str) -> Json:
        return self._json(self.post("/policies/proposals", {"text": text}))

    def publish_policy(self, proposal: str, *, in_force_from: str | None = None) -> Json:
        return self._json(self.post(f"/policies/proposals/{part(proposal)}/publish", {"in_force_from": in_force_from}))

    def gate(
        self, version: str, *, to: str, system: str | None = None, as_of: str | None = None,
        known_at: int | None = None, policies: Sequence[str] | None = None, preview: bool = False,
    ) -> GateAnswer:  # fmt: skip
        """Have the gate decide. With `as_of`, `known_at`, `policies` (texts) or `preview` it is a what-if, never recorded."""
        body = {"system": system, "version": version, "to": to}
        if as_of is None and known_at is None and policies is None and not preview:
            return GateAnswer.read(self.post("/gate", body))
        moment = {"as_of": as_of, "known_at": known_at}
        if policies is None:
            return GateAnswer.read(self.get("/gate", **body, **moment, preview=True))
        return GateAnswer.read(self.post("/gate/what-if", {**body, **moment, "policies": list(policies)}))

    def replay(self, decision: str) -> Json:
        """Whether a decision's stored facts and policies still give what was decided."""
        return self._json(self.post(f"/decisions/{part(decision)}/replay"))

    @staticmethod
    def _json(said: Any) -> Json:
        if not isinstance(said, dict):
            raise Unreachable("the server answered with something else than was asked")
        return said


def subject(about: str) -> dict[str, str]:
    """What evidence is about, as the API names it, from `credit-risk@3`, `data:panel@1` or `lending`."""
    if about.startswith("data:"):
        return {"noun": "dataset-version", "reference": about.removeprefix("data:")}
    return {"noun": "model-version" if "@" in about else "system", "reference": about}


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


def _kept_token(url: str) -> str | None:
    """A kept token goes only to the server that it was kept for."""
    kept = kept_login()
    return kept.get("token") if kept.get("url") == url else None


def _given(said: Mapping[str, Any]) -> Json:
    return {
        name: list(value) if isinstance(value, tuple) else value for name, value in said.items() if value is not None
    }


def part(text: str) -> str:
    """A name as one part of an address, which it cannot leave."""
    if text in ("", ".", ".."):
        raise BadInput("name", f"{text!r} names nothing")
    return quote(text, safe="@:")


def _release(system: str, version: str, stage: str) -> str:
    return f"/releases/{part(system)}/{part(version)}/{part(stage)}"


def _condition(condition: str) -> str:
    urn, sign, index = condition.rpartition("#")
    if not sign or not index.isdigit():
        raise BadInput("condition", f"{condition!r} is no id of a condition; expected urn:…#0")
    return f"/sign-offs/{part(urn)}/conditions/{index}"


def _is_declared(path: Path) -> bool:
    """Whether this file is a model written down as data, which the server can score by itself."""
    if path.suffix != ".json" or not path.is_file() or path.stat().st_size > MAX_DECLARED_BYTES:
        return False
    try:
        said = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return False
    return isinstance(said, dict) and said.get("schema") == DECLARED
