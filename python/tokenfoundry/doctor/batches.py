"""Files and batches: the key that seals them, and whether what is known of them opens with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from tokenfoundry.batches.records import Batch, File
from tokenfoundry.batches.store import FILE_PREFIX
from tokenfoundry.doctor.finding import Finding, failed, ok, skipped
from tokenfoundry.errors import ConfigError, DataLoss
from tokenfoundry.privacy.sealed import Sealer, key_in_file, key_of_text
from tokenfoundry.settings import Settings

_ABOUT = "batches"
_NAMED = 10


def sealing_key(settings: Settings) -> bytes | None:
    """The key of files and batches; None while there is none, as it is made when it is needed. Raises `ConfigError`,
    with its path, for one that is stated and not there, or that others may read.
    """
    stated, path = settings.batches.key, Path(settings.data_dir) / "sealing.key"
    if stated is not None:
        try:
            return key_of_text(stated.read().reveal())
        except ConfigError as error:
            raise ConfigError(str(error), path="batches.key") from None
    try:
        return key_in_file(path) if path.exists() else None
    except (OSError, DataLoss) as error:
        said = str(error) if isinstance(error, DataLoss) else f"{path} cannot be read: {type(error).__name__}"
        raise ConfigError(said) from None


def batches(settings: Settings) -> Iterator[Finding]:
    """Findings about them. Reads alone."""
    if not settings.batches.enabled:
        yield skipped(_ABOUT, "not served (`batches.enabled`)")
        return
    try:
        key = sealing_key(settings)
    except ConfigError as error:
        yield failed(_ABOUT, str(error), "mend it: what is sealed does not open without its key")
        return
    try:
        records = sorted((Path(settings.data_dir) / "batches").glob("*.record"))
        yield _records(records, key)
    except OSError as error:
        yield failed(_ABOUT, f"cannot be read: {type(error).__name__}", "see that this user may read every file in it")


def _records(records: list[Path], key: bytes | None) -> Finding:
    if not records:
        return skipped(_ABOUT, "there are none yet")
    if key is None:
        return failed(_ABOUT, f"sealing.key is gone, and {len(records)} records need it", "restore it from a copy")
    sealer = Sealer(key)
    damaged = [path.name for path in records if not _opens(path, sealer)]
    if not damaged:
        return ok(_ABOUT, f"{len(records)} records open with their key")
    if len(damaged) == len(records) > 1:
        return failed(_ABOUT, f"none of {len(records)} records opens", "state the key that they were sealed with")
    more = f" and {len(damaged) - _NAMED} more" if len(damaged) > _NAMED else ""
    said = f"{len(damaged)} of {len(records)} records do not open: {', '.join(damaged[:_NAMED])}{more}"
    return failed(_ABOUT, said, "restore them from a copy, or move them away: what they stand for is lost then")


def _opens(path: Path, sealer: Sealer) -> bool:
    try:
        plain = sealer.derived(path.name).open(path.read_bytes())
        msgspec.json.decode(plain, type=File if path.stem.startswith(FILE_PREFIX) else Batch)
    except FileNotFoundError:
        return True  # Erased by a server in the meantime.
    except (DataLoss, msgspec.DecodeError):
        return False
    return True
