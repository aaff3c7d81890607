from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from consilience.surfaces.api.root import api

urlpatterns: list[URLPattern | URLResolver] = [path("api/v1/", api.urls)]
