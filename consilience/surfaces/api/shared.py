"""What every file of the API uses: declaring an operation with its action, types of parameters, pages, names of people."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from typing import Annotated, Any, Generic, TypeVar, get_args, get_origin, get_type_hints

from django.http import HttpRequest, HttpResponseBase
from ninja.constants import NOT_SET
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from consilience.domains.access.rules import EVERY_ACTION
from consilience.domains.ledger import queries as ledger
from consilience.domains.ledger.rules import Actor
from consilience.domains.people import queries as people
from consilience.kit.clock import Instant, now, read_instant
from consilience.kit.errors import BadInput
from consilience.kit.records.models import AsOf
from consilience.surfaces.api import signing

OURS = "X-Consilience"
"""The header by which a client tells our answers from a proxy's."""
OWN = "own"
"""The action of operations that show somebody only what is their own; whoever is active may."""
MAX_INT = 2**31 - 1
"""SQLite and PostgreSQL refuse larger ones with an error of their own, which would be a 500."""

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")
R = TypeVar("R")

Text = Annotated[str, StringConstraints(max_length=10_000)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,63}$")]
KindName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,63}$")]
Reference = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,63}@[1-9][0-9]{0,8}$")]
UrnText = Annotated[
    str, StringConstraints(pattern=r"^urn:consilience:[0-9a-f-]{36}:[a-z][a-z0-9-]{0,31}:[0-9a-f-]{36}$")
]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
PATTERNS: Mapping[str, str] = {
    r"^[a-z0-9-]{1,63}$": "1 to 63 small letters, digits and hyphens, such as credit-risk",
    r"^[a-z0-9_]{1,63}$": "1 to 63 small letters, digits and _, such as load_test",
    r"^[a-z0-9-]{1,63}@[1-9][0-9]{0,8}$": "NAME@NUMBER, such as credit-risk@3",
    r"^urn:consilience:[0-9a-f-]{36}:[a-z][a-z0-9-]{0,31}:[0-9a-f-]{36}$": "a URN, urn:consilience:…",
    r"^[0-9a-f]{64}$": "a SHA-256 digest, 64 hexadecimal digits",
}
"""What to say was expected where a text does not fit a pattern."""
Moment = Annotated[str, StringConstraints(min_length=4, max_length=40)]


class Request(HttpRequest):
    """A request whose actor is known."""

    auth: Actor


class In(BaseModel):
    """What a client sends: fields that nobody knows are refused."""

    model_config = ConfigDict(extra="forbid", str_max_length=1_000_000)


class Out(BaseModel):
    """What a client gets."""


class Error(Out):
    code: str
    """Never changes its meaning."""
    sentence: str
    params: dict[str, Any]


class Failed(Out):
    """What every error looks like."""

    error: Error


FAILURES = {
    401: "Nobody who is known here",
    403: "Not entitled",
    404: "Not there, or not to be known of",
    409: "Refused by a rule",
    422: "Cannot be used",
    503: "The ledger cannot be reached",
}
_RESPONSES = {
    status: {"description": said, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Failed"}}}}
    for status, said in FAILURES.items()
}


class Page(In):
    limit: int = Field(50, ge=1, le=200)
    offset: int = Field(0, ge=0, le=MAX_INT)


class Paged(Out, Generic[T]):
    """One page of what the actor may know of. `count` counts only that, too."""

    items: list[T]
    count: int
    limit: int
    offset: int


class By(Out):
    """Who did something."""

    urn: str
    name: str | None


def operation(
    register: Callable[..., Any], path: str, *, action: str, signable: bool = False, **options: Any
) -> Callable[[F], F]:
    """Declare an operation and the action that it takes: `@operation(router.get, "/systems", action="inventory.read")`.

    The action is what documentation and tests enumerate; the check itself is `can`, asked by the domain of the object.
    Parameters of the query that no field of the view's `Query[...]` names are refused, since a misspelt `as_of` would
    otherwise answer another question. What is `signable` records exactly one act, which its actor may sign with a key.
    """
    if action != OWN and action not in EVERY_ACTION:
        raise ValueError(f"{path}: {action!r} is no action")

    def declare(view: F) -> F:
        hints = get_type_hints(view, include_extras=True)
        signature = inspect.signature(view)
        known = _query_names(hints)

        @wraps(view)
        def checked(request: Request, *args: Any, **kwargs: Any) -> Any:
            unknown = sorted(set(request.GET) - known)
            if unknown:
                raise BadInput(
                    unknown[0][:100], f"is no parameter here; known are: {', '.join(sorted(known)) or 'none'}"
                )
            if not signable:
                signing.refuse(request)
                return view(request, *args, **kwargs)
            return signing.through(request, lambda: view(request, *args, **kwargs))

        resolved = [one.replace(annotation=hints[one.name]) for one in signature.parameters.values()]
        checked.__signature__ = signature.replace(parameters=resolved)  # type: ignore[attr-defined]
        returns = hints["return"]
        bytes_only = inspect.isclass(returns) and issubclass(returns, HttpResponseBase)
        response = NOT_SET if bytes_only else returns
        extra = {"x-action": action, "responses": _RESPONSES, **options.pop("openapi_extra", {})}
        if signable:
            extra |= {"parameters": signing.PARAMETERS, "responses": {202: signing.PREPARED, **_RESPONSES}}
        register(path, response=response, openapi_extra=extra, **options)(checked)
        return view

    return declare


def present() -> AsOf:
    """This moment, and everything recorded so far."""
    return ledger.present(now())


def read_time(text: str | None, *, end: bool = False) -> Instant | None:
    """A moment as a client wrote it; a bare date is read in the workspace's zone."""
    return None if text is None else read_instant(text, zone=ledger.zone(), end=end)


def paged(items: Sequence[R], page: Page, show: Callable[[Sequence[R]], list[T]]) -> Paged[T]:
    """The page of a list that was filtered already; only its items are shown, together, so that names are read once."""
    chosen = items[page.offset : page.offset + page.limit]
    return Paged(items=show(chosen), count=len(items), limit=page.limit, offset=page.offset)


class Names:
    """Names of principals, read once for everything on a page."""

    def __init__(self, urns: Iterable[str | None]) -> None:
        self._names: Mapping[str, str] = people.names(urn for urn in urns if urn)

    def by(self, urn: str) -> By:
        return By(urn=urn, name=self._names.get(urn))

    def maybe(self, urn: str | None) -> By | None:
        return self.by(urn) if urn else None


def _query_names(hints: Mapping[str, Any]) -> frozenset[str]:
    """Names that the view's query parameters have: the fields of every model annotated as Query[...]."""
    from_query: set[str] = set()
    for name, hint in hints.items():
        if get_origin(hint) is Annotated and any(type(extra).__name__ == "Query" for extra in get_args(hint)[1:]):
            model = get_args(hint)[0]
            from_query |= set(model.model_fields) if inspect.isclass(model) and issubclass(model, BaseModel) else {name}
    return frozenset(from_query)
