"""The directory that holds all of one factory's data."""

from __future__ import annotations

from pathlib import Path

from tokenfoundry.errors import ConfigError


def made_data_dir(data_dir: str | Path) -> Path:
    """That directory, for its user alone where it was not there yet. Raises `ConfigError` when it cannot be."""
    path = Path(data_dir)
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{path} cannot be made a directory: {error.strerror}", path="data_dir") from None
    return path
