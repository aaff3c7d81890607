from __future__ import annotations

from typing import NoReturn

from allauth.account import views as account
from django.http import Http404, HttpRequest
from django.urls import URLPattern, URLResolver, include, path, re_path

from consilience.surfaces.api.root import api


def _closed(_request: HttpRequest) -> NoReturn:
    """Nobody signs up by themselves, and addresses are changed by whoever looks after people."""
    raise Http404


# Of allauth only what people here need. It reverses the names of the closed ones while it draws its pages.
accounts: list[URLPattern | URLResolver] = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]{1,20})-(?P<key>[^/]{1,200})/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("password/reset/key/done/", account.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    path("signup/", _closed, name="account_signup"),
    path("email/", _closed, name="account_email"),
    path("password/set/", _closed, name="account_set_password"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", api.urls),
    path("log/", include("consilience.surfaces.api.log")),
    path("accounts/", include(accounts)),
    path("", include("consilience.surfaces.web.urls")),
]

handler400 = "consilience.surfaces.web.errors.not_understood"
handler403 = "consilience.surfaces.web.errors.not_allowed"
handler404 = "consilience.surfaces.web.errors.not_found"
handler500 = "consilience.surfaces.web.errors.our_mistake"
