"""Where passkeys belong, as far as this request goes; and whether somebody gave their password a short while ago."""

from __future__ import annotations

import ipaddress
import time
from urllib.parse import urlsplit

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from consilience.domains.keys.passkeys import Site

RECENT_MINUTES = 10
"""How long ago a password may have been given for a key to be bound to the account."""


def site_of(request: HttpRequest) -> Site | None:
    """The site of this page; None where a browser would make no passkey: no domain name, no encryption, another host.

    It is the host of CONSILIENCE_PUBLIC_URL. On one's own machine it is `localhost` with whatever port was asked for.
    """
    public = urlsplit(settings.PUBLIC_URL)
    ours, asked = public.hostname or "", urlsplit(f"//{request.get_host()}").hostname or ""
    if asked == "localhost" and _own_machine(ours):
        return Site("localhost", (f"{request.scheme}://{request.get_host()}",))
    if asked != ours or public.scheme != "https" or _is_address(ours):
        return None
    return Site(ours, (f"{public.scheme}://{public.netloc}",))


def local_address(request: HttpRequest) -> str:
    """The same page under the name `localhost`, where this is one's own machine by its number; "" otherwise."""
    at = urlsplit(f"//{request.get_host()}")
    if at.hostname == "localhost" or not _own_machine(at.hostname or "") or not _own_machine(_public_host()):
        return ""
    port = f":{at.port}" if at.port else ""
    return f"{request.scheme}://localhost{port}{request.path}"


def gave_password_recently(request: HttpRequest) -> bool:
    """Whether this session logged in, or was asked again, within the last ten minutes."""
    oldest = time.time() - RECENT_MINUTES * 60
    records = get_authentication_records(request, request.user)
    return any(one.get("method") == "password" and one.get("at", 0) >= oldest for one in records)


def ask_password(request: HttpRequest) -> HttpResponse:
    """To the page that asks for the password again, and back to this one."""
    return redirect(f"{reverse('account_reauthenticate')}?{urlencode({'next': request.path})}")


def _public_host() -> str:
    return urlsplit(settings.PUBLIC_URL).hostname or ""


def _own_machine(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
