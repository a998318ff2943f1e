"""Text in which nobody's data is to be found: source code. Logs are made in `logs.py`.

The code is what the machine has; comments of it do name people, so that no detector of names reports none.
"""

from __future__ import annotations

import random
import sysconfig
from pathlib import Path

MEGABYTE = 1_000_000


def python_sources(limit_bytes: int) -> list[str]:
    """Modules of the running interpreter's standard library, spread over all of it."""
    root = Path(sysconfig.get_paths()["stdlib"])
    return _spread([path for path in root.rglob("*.py") if "site-packages" not in path.parts], limit_bytes)


def c_headers(limit_bytes: int) -> list[str]:
    """Headers of the machine's libraries; none where there are none."""
    return _spread(list(Path("/usr/include").rglob("*.h")), limit_bytes)


def _spread(paths: list[Path], limit_bytes: int) -> list[str]:
    paths.sort()
    random.Random(len(paths)).shuffle(paths)
    texts: list[str] = []
    size = 0
    for path in paths:
        if size >= limit_bytes:
            break
        try:
            text = path.read_bytes()[: limit_bytes - size].decode(errors="strict")
        except (OSError, UnicodeDecodeError):  # A broken link, or a test's file in another encoding.
            continue
        texts.append(text)
        size += len(text.encode())
    return texts


def pieces(texts: list[str], piece_bytes: int) -> list[str]:
    """The texts cut at line ends into pieces of about `piece_bytes`."""
    cut: list[str] = []
    for text in texts:
        lines: list[str] = []
        size = 0
        for line in text.splitlines(keepends=True):
            lines.append(line)
            size += len(line)
            if size >= piece_bytes:
                cut.append("".join(lines))
                lines, size = [], 0
        if lines:
            cut.append("".join(lines))
    return cut
