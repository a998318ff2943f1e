"""What was installed: the core and the libraries under it, the vocabularies, the prices, the time zones."""

from __future__ import annotations

import ctypes
import hashlib
import platform
import re
import sys
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, date, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tokenfoundry import _core
from tokenfoundry.clock import Clock
from tokenfoundry.doctor.finding import Finding, failed, ok, warning
from tokenfoundry.errors import DataLoss
from tokenfoundry.pricing import prices
from tokenfoundry.tokens import table_of
from tokenfoundry.vocabularies import published

_OLD_PRICES_DAYS = 90
_REINSTALL = "install the package again: pip install --force-reinstall tokenfoundry"

# `hs_platform_info_t` and the flags of `cpu_features` (Hyperscan 5.4, src/hs_compile.h).
_HYPERSCAN_FEATURES = {4: "AVX2", 8: "AVX-512", 16: "AVX-512 VBMI"}

# The header of a vocabulary table (cpp/tokenfoundry/tokens/FORMAT.md).
_DIGEST, _SOURCE, _DIGESTED_FROM = slice(16, 48), slice(56, 88), 48


class _Platform(ctypes.Structure):
    _fields_ = (
        ("tune", ctypes.c_uint),
        ("cpu_features", ctypes.c_ulonglong),
        ("reserved1", ctypes.c_ulonglong),
        ("reserved2", ctypes.c_ulonglong),
    )


def installation(clock: Clock) -> Iterator[Finding]:
    """Findings that need no configuration."""
    yield _core_found()
    yield from (_vocabulary(name) for name in published.TABLES)
    yield from (_ranks(name) for name in published.RANKS)
    yield _prices(datetime.fromtimestamp(clock() / 1000, UTC).date())
    yield _time_zones()


def _core_found() -> Finding:
    libraries = _loaded()
    parts = [f"tokenfoundry {_core.__version__}", f"Python {platform.python_version()}"]
    said = []
    if path := libraries.get("libhs"):
        library = ctypes.CDLL(path)
        library.hs_version.restype = ctypes.c_char_p
        parts.append(f"Hyperscan {library.hs_version().decode('ascii', 'replace')}")
        found = _Platform()
        if library.hs_populate_platform(ctypes.byref(found)) == 0:
            features = [name for flag, name in _HYPERSCAN_FEATURES.items() if found.cpu_features & flag]
            said.append(f"scans on a processor with {', '.join(features) or 'SSE4.2'}")
    if path := libraries.get("librocksdb"):
        parts.append(f"RocksDB {_version_in(path)}")
    parts.append(f"{platform.machine()}, {' '.join(platform.libc_ver())}".strip(", "))
    text = ", ".join([*parts, *said])
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return warning("core", text, "only x86-64 Linux is tested")
    return ok("core", text)


def _loaded() -> dict[str, str]:
    """Where the libraries of this process were loaded from, by their first name; a wheel carries its own."""
    found: dict[str, str] = {}
    for line in Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace").splitlines():
        path = line.partition("/")[2]
        name = re.match(r"lib[a-z]+", path.rpartition("/")[2])
        if name and ".so" in path:
            found.setdefault(name[0], f"/{path}")
    return found


def _version_in(path: str) -> str:
    found = re.search(r"\.so\.([\d.]+)$", path)
    return found[1] if found else "of unknown version"


def _vocabulary(name: str) -> Finding:
    about, path = f"vocabulary {name}", table_of(name)
    try:
        table = path.read_bytes()
    except OSError as error:
        return failed(about, f"{path} cannot be read: {type(error).__name__}", _REINSTALL)
    if hashlib.sha256(table[_DIGESTED_FROM:]).digest() != table[_DIGEST]:
        return failed(about, f"{path} is damaged: its SHA-256 does not match", _REINSTALL)
    return ok(about, f"intact, of the rank file with SHA-256 {table[_SOURCE].hex()[:16]}...")


def _ranks(name: str) -> Finding:
    about = f"vocabulary {name}"
    try:
        published.ranks_of(name)
    except DataLoss as error:
        return failed(about, str(error), _REINSTALL)
    return ok(about, f"intact, ranks with SHA-256 {published.RANKS[name].sha256[:16]}...")


def _prices(today: date) -> Finding:
    try:
        catalogue = prices()
    except DataLoss as error:
        return failed("prices", str(error), _REINSTALL)
    models = sum(1 for _ in catalogue.models())
    said = f"{catalogue.source}, {models} models, made on {catalogue.built.isoformat()}"
    if (today - catalogue.built).days > _OLD_PRICES_DAYS:
        advice = "update the package, or state the `price` of the targets whose price has changed"
        return warning("prices", f"{said}, over {_OLD_PRICES_DAYS} days ago", advice)
    return ok("prices", said)


def _time_zones() -> Finding:
    try:
        said = f"tzdata {version('tzdata')}"
    except PackageNotFoundError:
        said = "the system's"
    try:
        zoneinfo.ZoneInfo("Europe/Rome")
    except (zoneinfo.ZoneInfoNotFoundError, OSError, ValueError) as error:
        advice = "pip install tzdata, or mend the directories of PYTHONTZPATH"
        return failed("time zones", f"Europe/Rome cannot be read: {type(error).__name__}", advice)
    system = [path for path in zoneinfo.TZPATH if Path(path).is_dir()]
    return ok("time zones", f"from {', then '.join([*system, said])}")
