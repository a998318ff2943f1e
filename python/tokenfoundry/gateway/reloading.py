"""What a reload may not change: what was settled when the data directory was opened, or the socket bound."""

from __future__ import annotations

from typing import Any, Final

from tokenfoundry.errors import Conflict
from tokenfoundry.settings import Settings

_FIXED: Final = {
    "currency": "every entry of the books is in it",
    "data_dir": "the books are open in it",
    "durability": "the books were opened with it",
    "limits.session_idle_ms": "the books were opened with it",
    "cache.max_bytes": "the cache was opened with it",
    "batches.key": "the files that are kept are sealed with it",
    "server.host": "the server listens on it",
    "server.port": "the server listens on it",
}


def refuse_fixed(before: Settings, after: Settings) -> None:
    """Raises `Conflict` naming every field that differs and needs a restart."""
    changed = [(path, why) for path, why in _FIXED.items() if _at(before, path) != _at(after, path)]
    if after.cache.in_use and not before.cache.in_use:
        changed.append(("cache.enabled", "no cache was opened"))
    if changed:
        said = "; ".join(f"{path.removesuffix('_ms')}: {why}" for path, why in changed)
        raise Conflict(f"nothing was changed, as these need a restart: {said}")


def _at(settings: Settings, path: str) -> Any:
    value: Any = settings
    for name in path.split("."):
        value = getattr(value, name)
    return value
