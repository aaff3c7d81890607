"""The page that checks an archive in the browser, as it lies in `verifier/verify.html`: nothing of it is asked of the server.

It is open to everybody and tells nothing of the workspace. Whoever doubts this server takes the file from elsewhere.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; worker-src blob:; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""As the page says itself. Its own script stands in it; it can load nothing and send nothing."""


@require_safe
def check(_request: HttpRequest) -> HttpResponse:
    response = HttpResponse(_page())
    response["Content-Security-Policy"] = POLICY
    return response


@cache
def _page() -> bytes:
    """The page, from the installed package or from the checkout."""
    packed = files("consilience.surfaces.web") / "verify.html"
    return packed.read_bytes() if packed.is_file() else (_CHECKOUT / "verifier" / "verify.html").read_bytes()


_CHECKOUT = Path(__file__).resolve().parents[3]
