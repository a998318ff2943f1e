"""Text files as commands read them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tokenfoundry.errors import InvalidInput


@contextmanager
def reading(file: Path) -> Iterator[IO[str]]:
    """The file, or standard input for `-`, as UTF-8 text, line ends untouched.

    Raises `InvalidInput` when it is not there or not UTF-8.
    """
    try:
        if str(file) == "-":
            sys.stdin.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]
            yield sys.stdin
        else:
            with file.open(encoding="utf-8", newline="") as source:
                yield source
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{file} is not UTF-8 text: byte {error.start} of a block: {error.reason}") from None
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise InvalidInput(f"cannot use {error.filename}: {error.strerror}") from None
