"""`consilience doctor`: whether the workspace on this machine can do its work, and what to do where it cannot."""

from __future__ import annotations

import os

from consilience.kit.errors import ExitCode
from consilience.surfaces.cli.home import Where, open_workspace
from consilience.surfaces.cli.shared import AsJson, say, say_json


def doctor(folder: Where = None, as_json: AsJson = False) -> int:
    """Check database, tables, keys, files, disk, worker and settings. Exits with 1 where something needed fails."""
    open_workspace(folder)
    from consilience.surfaces.health import Check, checks

    found = [*checks(), *(Check(name, good, about, needed=False) for name, good, about in _settings())]
    if as_json:
        say_json([{"check": one.name, "good": one.good, "needed": one.needed, "about": one.about} for one in found])
    else:
        for one in found:
            mark = "good" if one.good else "BAD " if one.needed else "warn"
            say(f"{mark}  {one.name}: {one.about}")
    return ExitCode.YES if all(one.good for one in found if one.needed) else ExitCode.NO


def _settings() -> list[tuple[str, bool, str]]:
    """What the environment of this command says; the server's own may differ."""
    url = os.environ.get("CONSILIENCE_PUBLIC_URL", "")
    secure = url.startswith("https://")
    told = (
        url
        if secure
        else f"{url or 'CONSILIENCE_PUBLIC_URL is not set'}: people elsewhere need https (docs/manual/operate.md)"
    )
    json = os.environ.get("CONSILIENCE_LOG_FORMAT", "plain") == "json"
    open_ = [name for name in ("CONSILIENCE_METRICS_TOKEN", "CONSILIENCE_METRICS_LOCAL") if os.environ.get(name)]
    return [
        ("public address", secure, told),
        ("log", True, "JSON, one object a line" if json else "plain text; CONSILIENCE_LOG_FORMAT=json for machines"),
        ("metrics", True, f"open by {' and '.join(open_)}" if open_ else "closed"),
    ]
