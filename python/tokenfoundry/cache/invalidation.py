"""Which kept answers are no longer given, without a look at any of them.

Time is counted in *generations*. An answer carries the generation in which its question was asked; an invalidation ends
the generation and says which makers' answers of it and all before are over. So an answer that was under way while its
kind was invalidated is over too, and giving an answer costs a few look-ups in memory. What is over stays on disk until
its place is needed.

The invalidations outlive the cache: they are kept in the books, or an answer could come back after a crash. There are
at most a thousand; when there are more, the older half becomes one that ends everything up to its newest: too much is
forgotten then, never too little.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterable

import msgspec

from tokenfoundry.clock import Clock
from tokenfoundry.errors import InvalidInput

_MOST = 1000


class Maker(msgspec.Struct, frozen=True, array_like=True):
    """Whose call an answer was made for, and by what."""

    workspace: str
    project: str
    key: str
    intent: str
    alias: str
    target: str


FIELDS: tuple[str, ...] = Maker.__struct_fields__


class Invalidation(msgspec.Struct, frozen=True, kw_only=True):
    """What is over: the answers of every generation up to `generation` whose maker has these values.

    `match` names fields of `Maker`; empty, it is every answer. `at_ms`: when it was asked for.
    """

    match: dict[str, str]
    generation: int
    at_ms: int


class _Written(msgspec.Struct):
    """As in the books. `id` is in every key, so that the answers of other books are never found."""

    id: str
    generation: int = 0
    invalidations: list[Invalidation] = []


# For the fields that some invalidations name: the generation that ended last, by their values.
_Shape = tuple[tuple[str, ...], dict[tuple[str, ...], int]]


class Invalidations:
    """All that is over. Reads take no lock and touch no disk; any thread."""

    def __init__(self, read: Callable[[], bytes | None], write: Callable[[bytes], None], *, clock: Clock) -> None:
        """`read` and `write` keep the record in the books."""
        self._write = write
        self._clock = clock
        self._changing = threading.Lock()
        stored = read()
        if stored is None:
            self._written = _Written(id=secrets.token_hex(8))
            write(msgspec.json.encode(self._written))
        else:
            self._written = msgspec.json.decode(stored, type=_Written)
        self._shapes = _shapes_of(self._written.invalidations)

    @property
    def id(self) -> str:
        """Of these books."""
        return self._written.id

    @property
    def generation(self) -> int:
        """The present one."""
        return self._written.generation

    @property
    def all(self) -> tuple[Invalidation, ...]:
        """In their order."""
        return tuple(self._written.invalidations)

    def add(self, match: dict[str, str]) -> Invalidation:
        """Ends the present generation for the answers whose maker has these values. Raises `InvalidInput`."""
        for name, value in match.items():
            if name not in FIELDS:
                raise InvalidInput(f"{name}: there is only {', '.join(FIELDS)}")
            if not isinstance(value, str):
                raise InvalidInput(f"{name}: {value!r} is not text")
        with self._changing:
            before = self._written
            made = Invalidation(match=dict(sorted(match.items())), generation=before.generation, at_ms=self._clock())
            kept = [known for known in before.invalidations if match and known.match != made.match]
            after = _Written(before.id, before.generation + 1, _bounded([*kept, made]))
            # First the books: a promise that is not written is none.
            self._write(msgspec.json.encode(after))
            self._written, self._shapes = after, _shapes_of(after.invalidations)
        return made

    def is_over(self, maker: Maker, generation: int) -> bool:
        """Whether an answer made for `maker`, to a question asked in `generation`, is no longer given."""
        if generation >= self._written.generation:
            return False
        for fields, ended in self._shapes:
            if generation <= ended.get(tuple(getattr(maker, name) for name in fields), -1):
                return True
        return False


def _bounded(invalidations: list[Invalidation]) -> list[Invalidation]:
    if len(invalidations) <= _MOST:
        return invalidations
    older, newer = invalidations[: _MOST // 2], invalidations[_MOST // 2 :]
    return [Invalidation(match={}, generation=older[-1].generation, at_ms=older[-1].at_ms), *newer]


def _shapes_of(invalidations: Iterable[Invalidation]) -> tuple[_Shape, ...]:
    shapes: dict[tuple[str, ...], dict[tuple[str, ...], int]] = {}
    for each in invalidations:
        shapes.setdefault(tuple(each.match), {})[tuple(each.match.values())] = each.generation
    return tuple(shapes.items())
