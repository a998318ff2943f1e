"""The kept answers of one factory: who may have which, which are over, and what is counted of them.

The cache may be lost, so nothing that goes wrong with it ever fails a call: it is a miss, and a line in the log.
"""

from __future__ import annotations

import hashlib
import logging
from collections import Counter

import msgspec

from tokenfoundry.cache import Cache, Invalidation, Invalidations, Maker
from tokenfoundry.clock import Clock
from tokenfoundry.errors import InvalidInput, TokenFoundryError
from tokenfoundry.gateway.attempts.call import Call
from tokenfoundry.gateway.sharing.keepable import Reason
from tokenfoundry.routing.targets import Target

_log = logging.getLogger("tokenfoundry")

_FORMAT = 3
_MOST_PREFIXES = 4096  # Beginnings of keys that are remembered.


class KeptAnswersStats(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept, and what happened since this factory was opened.

    `entries` and `bytes` are records on disk, as `max_bytes` bounds them. `joined` calls shared the answer of one in
    progress; `partial` are batches of embeddings of which some were found; `stored` counts records, so each item of a
    batch. `rejected` counts the answers that were not kept, by reason. `works` is false while the disk refuses to be
    written. Counts are those of a gateway's work, not of money: two threads may lose one between them.
    """

    entries: int
    bytes: int
    hits: int
    partial: int
    misses: int
    joined: int
    stored: int
    rejected: dict[str, int]
    works: bool


class KeptAnswers:
    """What the recall of whole replies and that of single items share. Any thread."""

    def __init__(self, cache: Cache, invalidations: Invalidations, *, policy: str, clock: Clock) -> None:
        """`policy` identifies what all privacy policies have in common. Another policy, as another call of the same
        scope may have, makes other placeholders, so it never shares an entry.
        """
        self._cache = cache
        self._invalidations = invalidations
        self._policy = policy
        self._clock = clock
        self._prefixes: dict[tuple[object, ...], tuple[tuple[Target, ...], bytes]] = {}
        self._counts: Counter[str] = Counter()
        self._rejected: Counter[str] = Counter()
        self._writes = True  # The last record could be written: a full disk is told of once, not at each call.

    # -- what an administrator asks ------------------------------------------------------------------------------------

    def invalidate(self, *, all: bool = False, **match: str) -> Invalidation:
        """Ends the life of every answer whose maker has these values, of `workspace`, `project`, `key`, `intent`,
        `alias` and `target`; or, with `all`, of every answer.

        What is being made at this moment is given to who asked for it and not kept. Raises `InvalidInput` for an
        unknown name, and when nothing is named; `StoreError` when the books cannot be written: nothing has changed.
        """
        if all == bool(match):
            raise InvalidInput("say which: workspace, project, key, intent, alias or target, or all alone")
        made = self._invalidations.add(match)
        if all:
            try:
                self._cache.clear()
            except TokenFoundryError as error:
                # What is there is over all the same, and goes when its place is needed.
                _log.warning("the cache cannot be cleared: %s", type(error).__name__)
        return made

    def stats(self) -> KeptAnswersStats:
        """What is kept, and what happened."""
        kept, counts = self._cache.stats(), self._counts
        return KeptAnswersStats(
            entries=kept.entries,
            bytes=kept.bytes,
            hits=counts["hits"],
            partial=counts["partial"],
            misses=counts["misses"],
            joined=counts["joined"],
            stored=counts["stored"],
            rejected=dict(sorted(self._rejected.items())),
            works=not self._cache.failed,
        )

    # -- what the recalls ask ------------------------------------------------------------------------------------------

    @property
    def generation(self) -> int:
        """The present one; a question is of the generation in which it was asked."""
        return self._invalidations.generation

    def prefix(self, call: Call) -> bytes:
        """The beginning of the call's keys: a hash of all that decides who shares an answer but the question."""
        axes, scope = call.axes, call.cache_terms.scope
        owner = getattr(axes, scope)
        regions = call.key.regions
        place = (call.endpoint.name, scope, axes.workspace, owner, call.alias, regions, call.policy)
        known = self._prefixes.get(place)
        if known is not None and known[0] == call.reachable:
            return known[1]
        told = msgspec.json.encode(
            {
                "format": _FORMAT,
                "books": self._invalidations.id,
                "policy": [self._policy, call.policy],
                "endpoint": call.endpoint.name,
                "scope": [scope, axes.workspace, owner],
                "alias": call.alias,
                "targets": [[target.name, target.provider, target.model, target.region] for target in call.reachable],
                "regions": regions,
            }
        )
        made = hashlib.sha256(told).digest()
        if len(self._prefixes) >= _MOST_PREFIXES:
            self._prefixes = {}
        self._prefixes[place] = call.reachable, made
        return made

    def maker(self, call: Call, target: Target) -> Maker:
        """Whose answer it is that `target` gives to this call."""
        axes = call.axes
        return Maker(axes.workspace, axes.project, axes.key, axes.intent, call.alias, target.name)

    def age_ms(self, call: Call, *, at_ms: int, generation: int, maker: Maker) -> int | None:
        """How old an answer kept at `at_ms` is; None when this call is not to have it."""
        age_ms = max(0, self._clock() - at_ms)
        if age_ms >= call.cache_terms.ttl_ms or self._invalidations.is_over(maker, generation):
            return None
        most_ms = call.directives.max_age_ms
        return None if most_ms is not None and age_ms > most_ms else age_ms

    def get(self, key: bytes) -> bytes | None:
        """The record under this key; None when there is none that can be read."""
        try:
            return self._cache.get(key)
        except TokenFoundryError as error:
            _log.warning("the cache cannot be read: %s", type(error).__name__)
            return None

    def put(self, key: bytes, record: bytes, *, ttl_ms: int) -> None:
        """Keeps a record."""
        try:
            self._cache.put(key, record, ttl_ms=ttl_ms)
        except TokenFoundryError as error:
            self.reject("disk")
            if self._writes:
                _log.warning("the cache cannot be written: %s", type(error).__name__)
            self._writes = False
            return
        self._writes = True
        self._counts["stored"] += 1

    def now_ms(self) -> int:
        """By the clock that records are dated with."""
        return self._clock()

    def reject(self, reason: Reason) -> None:
        """An answer was not kept."""
        self._rejected[reason] += 1

    def count(self, what: str) -> None:
        """One more of `hits`, `partial`, `misses` or `joined`."""
        self._counts[what] += 1
