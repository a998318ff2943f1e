"""What a translation has to say to whoever asked for it."""

from __future__ import annotations

from collections.abc import Iterator


class Notes:
    """Remarks with the path of the field that each is about, in order and without repetition."""

    def __init__(self) -> None:
        self._remarks: dict[str, None] = {}

    def add(self, path: str, why: str) -> None:
        self._remarks[f"{path}: {why}"] = None

    def __iter__(self) -> Iterator[str]:
        return iter(self._remarks)

    def __len__(self) -> int:
        return len(self._remarks)
