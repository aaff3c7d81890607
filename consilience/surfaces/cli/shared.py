"""What every command uses: the client, printing, reading options."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from consilience.kit.errors import BadInput, WrongUse

if TYPE_CHECKING:
    from consilience.client import Client

AsJson = Annotated[bool, typer.Option("--json", help="Print the API's JSON.")]
Systems = Annotated[list[str], typer.Option("--system", help="A system (repeat, or separate by commas).")]
_TARGET = re.compile(r"(?:([a-z0-9-]{1,63})/)?([a-z0-9-]{1,63}@[1-9][0-9]{0,8})")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
WIDEST, NARROWEST = 100, 60


def group(help_text: str) -> typer.Typer:
    """A group of commands. Without rich help: it costs a tenth of a second before anything is said."""
    return typer.Typer(
        help=help_text,
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=False,
    )


def connect() -> Client:
    """The client for the server that the environment or `consilience login` names."""
    from consilience.client import Client

    timeout = os.environ.get("CONSILIENCE_TIMEOUT", "30")
    try:
        seconds = float(timeout)
        if not 0 < seconds < 86400:
            raise ValueError
    except ValueError as error:
        raise WrongUse(f"CONSILIENCE_TIMEOUT: {timeout!r} is no number of seconds") from error
    return Client(timeout=seconds)


def target(text: str) -> tuple[str | None, str]:
    """System and version from `lending/credit-risk@3`, or None and the version from `credit-risk@3`."""
    found = _TARGET.fullmatch(text)
    if found is None:
        raise WrongUse(f"{text!r} is not SYSTEM/MODEL@NUMBER, such as lending/credit-risk@3")
    return found.group(1), found.group(2)


def release_of(client: Client, text: str, stage: str) -> tuple[str, str, str]:
    """System, version and stage; the system is asked of the server where the short form leaves it out."""
    system, version = target(text)
    if system is None:
        found = [one["system"] for one in client.listed("/releases", version=version, stage=stage)]
        if len(found) != 1:
            named = f"in {len(found)} systems: {', '.join(found)}" if found else "in no system that you may know of"
            raise WrongUse(f"{version} is proposed to {stage} {named}; write SYSTEM/{version}")
        system = found[0]
    return str(system), version, stage


def listed(values: Iterable[str]) -> list[str]:
    """Values of an option that may be repeated or separated by commas."""
    return [part.strip() for value in values for part in value.split(",") if part.strip()]


def pairs(values: Iterable[str], option: str) -> dict[str, str]:
    """`name=value` options as a dictionary."""
    found: dict[str, str] = {}
    for value in values:
        name, sign, said = value.partition("=")
        if not sign or not name:
            raise WrongUse(f"{option}: {value!r} is not NAME=VALUE")
        if name.strip() in found:
            raise WrongUse(f"{option}: {name.strip()!r} is given twice")
        found[name.strip()] = said
    return found


def read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise BadInput(str(path), f"cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise BadInput(str(path), "is not text in UTF-8") from error


def read_json(path: Path) -> Any:
    try:
        return json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise BadInput(str(path), f"is not JSON ({error})") from error


def public_key(said: str) -> str:
    """A log's public key (`name+id+base64`), or the one in the file of this name."""
    return said if said.count("+") >= 2 else read_text(Path(said)).strip()


def plain(text: str) -> str:
    """Text without control characters: what others wrote must not steer this terminal."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def say(text: str = "", *, tone: str = "") -> None:
    """Print a line. A closed pipe is no error: whoever closed it has seen enough, and the answer stays the same."""
    shown = plain(text)
    if tone and sys.stdout.isatty() and "NO_COLOR" not in os.environ:
        shown = typer.style(shown, fg=tone, bold=True)
    _write(shown + "\n")


def say_json(value: Any) -> None:
    _write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def done(value: dict[str, Any], as_json: bool, sentence: str) -> None:
    """What a command that changed something prints: the API's JSON, or one sentence."""
    if as_json:
        say_json(value)
    else:
        say(sentence)


def width() -> int:
    return max(NARROWEST, min(WIDEST, shutil.get_terminal_size((80, 24)).columns))


def paragraph(text: str, *, indent: str = "", first: str | None = None) -> str:
    """Text wrapped to the terminal; `first` begins the first line, `indent` every other."""
    lines = textwrap.wrap(
        " ".join(text.split()), width(), initial_indent=indent if first is None else first, subsequent_indent=indent,
        break_on_hyphens=False,
    )  # fmt: skip
    return "\n".join(lines) or (first or "")


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: str) -> None:
    """Rows under headings; `empty` says how the first one gets there."""
    shown = [["" if cell is None else plain(str(cell)) for cell in row] for row in rows]
    if not shown:
        say(empty)
        return
    widths = [max(len(heading), *(len(row[at]) for row in shown)) for at, heading in enumerate(columns)]
    for row in [list(columns), *shown]:
        say("  ".join(cell.ljust(size) for cell, size in zip(row, widths, strict=True)).rstrip())


def confirm(question: str, *, yes: bool) -> None:
    """Go on after --yes or a yes at the prompt; WrongUse where nobody can be asked."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise WrongUse("nobody can be asked here: look at what is shown, then repeat with --yes")
    if not typer.confirm(question):
        raise typer.Abort


def show(value: Any, as_json: bool, shown: Callable[[Any], None]) -> None:
    if as_json:
        say_json(value)
    else:
        shown(value)


def _write(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 (it stays open until the end)


def address(*parts: str) -> str:
    """An address under /api/v1 whose parts cannot leave their place: `address("versions", "credit-risk@3")`."""
    from consilience.client import part

    return "".join(f"/{part(one)}" for one in parts)
