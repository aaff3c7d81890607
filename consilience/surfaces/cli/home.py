"""Which workspace a local command means: the option that names its folder, and opening that."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from consilience.kit.errors import CannotTell

if TYPE_CHECKING:
    from consilience.config.home import Home

Where = Annotated[Path | None, typer.Option("--home", help="The workspace's folder (else CONSILIENCE_HOME).")]


def open_home(folder: Path | None) -> Home:
    """The workspace's folder, from the option or the environment; processes that we start see the same one."""
    from consilience.config.home import home

    if folder is not None:
        os.environ["CONSILIENCE_HOME"] = str(folder)
    return home()


def open_workspace(folder: Path | None) -> Home:
    """Point Django at the workspace on this machine; CannotTell where there is none."""
    from consilience.config.workspace import set_up_django

    home = open_home(folder)
    if not os.environ.get("CONSILIENCE_DATABASE") and not home.database.is_file():
        raise CannotTell(f"there is no workspace in {home.root}")
    set_up_django()
    return home
