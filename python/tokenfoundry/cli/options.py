"""Options that several commands share, and the settings they lead to."""

from __future__ import annotations

import getpass
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from tokenfoundry.errors import ConfigError, InvalidInput
from tokenfoundry.settings import Settings

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config", "-c", envvar="TOKENFOUNDRY_CONFIG", help="The YAML file; ./tokenfoundry.yaml when there is one."
    ),
]
ConfigFileOption = Annotated[
    Path | None, typer.Option("--config", "-c", help="A YAML file whose section `privacy` says what is done with what.")
]
DataDirOption = Annotated[
    Path | None, typer.Option("--data-dir", help="The data directory, instead of the configured one.")
]
ExportsOption = Annotated[
    Path | None, typer.Option("--exports", help="A folder of exported rows, instead of the data directory's own.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
ActorOption = Annotated[
    str | None,
    typer.Option("--actor", help="Who does this, for the books; else the user who runs the command."),
]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why, for the books.")]
ForOption = Annotated[
    list[str] | None,
    typer.Option("--for", help="One account, axis=value, e.g. key=Ab12Cd34; repeat for more axes."),
]
IdOption = Annotated[
    str | None, typer.Option("--id", help="A name of your choice: done once, however often it is repeated.")
]

DEFAULT_FILE = Path("tokenfoundry.yaml")


def load_settings(config: Path | None, data_dir: Path | None = None) -> Settings:
    """The settings of these options. Without any file the defaults hold, which is enough for every command but
    `serve`.
    """
    overrides: dict[str, Any] = {} if data_dir is None else {"data_dir": str(data_dir)}
    if config is None and not DEFAULT_FILE.exists():
        return Settings.from_dict(overrides)
    if config is not None and not config.exists():
        raise ConfigError(f"there is no file {config}")
    return Settings.load(config or DEFAULT_FILE, **overrides)


def os_user() -> str:
    """The user who runs the command, as the system calls them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # A container may run as a number that has no name.
        return f"uid {os.getuid()}"


def pairs(texts: list[str] | None, option: str) -> dict[str, list[str]]:
    """`axis=value` texts by axis. Raises `InvalidInput` naming the option.

    >>> pairs(["project=claims", "project=motor"], "--match")
    {'project': ['claims', 'motor']}
    """
    values: dict[str, list[str]] = {}
    for text in texts or []:
        axis, separator, value = text.partition("=")
        if not separator or not axis or not value:
            raise InvalidInput(f"{option} {text}: needs axis=value, e.g. project=claims")
        values.setdefault(axis, []).append(value)
    return values


def names(texts: list[str] | None) -> list[str]:
    """What an option lists, with commas, or repeated, or both.

    >>> names(["note,comment", "title"])
    ['note', 'comment', 'title']
    """
    return [name.strip() for text in texts or [] for name in text.split(",") if name.strip()]


def account(texts: list[str] | None) -> dict[str, str]:
    """`axis=value` texts that name one account. Raises `InvalidInput`."""
    values = pairs(texts, "--for")
    for axis, stated in values.items():
        if len(stated) > 1:
            raise InvalidInput(f"--for {axis}={stated[1]}: the account has one {axis}")
    return {axis: stated[0] for axis, stated in values.items()}


def stated(**fields: Any) -> dict[str, Any]:
    """The fields that have something in them; the others are left to their defaults."""
    return {name: value for name, value in fields.items() if value not in (None, "", [], {})}
