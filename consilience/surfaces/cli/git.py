"""Who made a version, as git tells it: the commit, and the committers since the version before."""

from __future__ import annotations

import subprocess
from pathlib import Path

from consilience.kit.errors import BadInput

WITHOUT = "or say --no-git with --author and --code-revision"


def revision(repository: Path, named: str | None) -> str:
    """The full hash of the named revision, or of HEAD."""
    found = _git(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{named or 'HEAD'}^{{commit}}")
    if found is None:
        raise BadInput(
            "git", f"{named or 'HEAD'} is no commit in {repository.resolve()}; name it with --code-revision, {WITHOUT}"
        )
    return found.strip()


def committers(repository: Path, before: str | None, until: str) -> list[str]:
    """Author addresses of the commits after `before` up to `until`; of the whole history where nothing was before."""
    span = until
    if before is not None:
        known = _git(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{before}^{{commit}}")
        if known is None:
            raise BadInput(
                "git",
                f"the previous version was built from {before}, which is not in {repository.resolve()} (a shallow clone?): "
                f"fetch its history, so that everybody who changed the code is known, {WITHOUT}",
            )
        span = f"{known.strip()}..{until}"
    listed = _git(repository, "log", "--format=%ae", "--end-of-options", span)
    if listed is None:
        raise BadInput("git", f"cannot list the commits of {span} in {repository.resolve()}, {WITHOUT}")
    return sorted({line.strip() for line in listed.splitlines() if line.strip()})


def _git(repository: Path, *arguments: str) -> str | None:
    """What git prints; None when it says no."""
    try:
        ran = subprocess.run(  # noqa: S603 (git itself, with arguments that are no options)
            ["git", "-C", str(repository), *arguments],  # noqa: S607 (whichever git the user has)
            capture_output=True, text=True, errors="replace", check=False, timeout=120, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise BadInput("git", f"is not installed, or {repository} is no folder: install it, {WITHOUT}") from error
    except subprocess.TimeoutExpired as error:
        raise BadInput("git", f"did not answer within 120 s in {repository.resolve()}") from error
    return ran.stdout if ran.returncode == 0 else None
