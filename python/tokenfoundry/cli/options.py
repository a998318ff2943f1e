"""Options that several commands share, and the settings they lead to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from tokenfoundry.errors import ConfigError
from tokenfoundry.settings import Settings

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config", "-c", envvar="TOKENFOUNDRY_CONFIG", help="The YAML file; ./tokenfoundry.yaml when there is one."
    ),
]
DataDirOption = Annotated[
    Path | None, typer.Option("--data-dir", help="The data directory, instead of the configured one.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]

_DEFAULT_FILE = Path("tokenfoundry.yaml")


def load_settings(config: Path | None, data_dir: Path | None = None) -> Settings:
    """The settings of these options. Without any file the defaults hold, which is enough for every command but
    `serve`.
    """
    overrides: dict[str, Any] = {} if data_dir is None else {"data_dir": str(data_dir)}
    if config is None and not _DEFAULT_FILE.exists():
        return Settings.from_dict(overrides)
    if config is not None and not config.exists():
        raise ConfigError(f"there is no file {config}")
    return Settings.load(config or _DEFAULT_FILE, **overrides)
