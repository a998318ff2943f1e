"""Findings that overlap, made into ones that an operator can be applied to, as Presidio's anonymizer does."""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable
from enum import Enum

from tokenfoundry.compat.presidio.results import RecognizerResult

_SPACES = re.compile(r" +\n?")


class ConflictResolutionStrategy(Enum):
    """What is done with findings of different entities that overlap, beyond dropping those inside another.

    `MERGE_SIMILAR_OR_CONTAINED` leaves them; `REMOVE_INTERSECTIONS` gives what they share to the surer one.
    """

    MERGE_SIMILAR_OR_CONTAINED = "merge_similar_or_contained"
    REMOVE_INTERSECTIONS = "remove_intersections"


def resolved(results: Iterable[RecognizerResult], strategy: ConflictResolutionStrategy) -> list[RecognizerResult]:
    """The findings to act on, changed in place: overlapping ones of one entity made one, contained ones dropped."""
    kept = _without_contained(_merged(sorted(results, key=lambda result: (result.start, result.end))))
    return _trimmed(kept) if strategy is ConflictResolutionStrategy.REMOVE_INTERSECTIONS else kept


def joined_over_spaces(text: str, results: list[RecognizerResult]) -> list[RecognizerResult]:
    """Neighbours of one entity with nothing but spaces between them made one."""
    joined: list[RecognizerResult] = []
    for result in results:
        follows = joined and joined[-1].entity_type == result.entity_type
        if follows and _SPACES.fullmatch(text, joined[-1].end, result.start):
            result.start = joined.pop().start
        joined.append(result)
    return joined


def _merged(results: list[RecognizerResult]) -> list[RecognizerResult]:
    """Each stands where the last of those it is made of stood."""
    latest: dict[str, int] = {}  # Entity to the place of its open result.
    placed: list[RecognizerResult | None] = []
    for result in results:
        before = latest.get(result.entity_type)
        open_result = placed[before] if before is not None else None
        if before is not None and open_result is not None and open_result.intersects(result):
            result.start = open_result.start
            result.end = max(open_result.end, result.end)
            result.score = max(open_result.score, result.score)
            placed[before] = None
        latest[result.entity_type] = len(placed)
        placed.append(result)
    return [result for result in placed if result is not None]


def _without_contained(results: list[RecognizerResult]) -> list[RecognizerResult]:
    """Of several at one place the surest stays, the last of equals."""
    best: dict[tuple[int, int], int] = {}
    for index, result in enumerate(results):
        place = result.start, -result.end
        if place not in best or result.score >= results[best[place]].score:
            best[place] = index
    kept = set()
    reach = -1
    for place in sorted(best):
        if -place[1] > reach:
            kept.add(best[place])
            reach = -place[1]
    return [result for index, result in enumerate(results) if index in kept]


def _trimmed(results: list[RecognizerResult]) -> list[RecognizerResult]:
    """Sorted, and disjoint: what two share goes to the surer, of equals to the one further left."""
    waiting = [(result.start, result.end, index, result) for index, result in enumerate(results)]
    heapq.heapify(waiting)
    done: list[RecognizerResult] = []
    while waiting:
        result = heapq.heappop(waiting)[3]
        while waiting and result.end > waiting[0][0]:
            _, _, index, following = waiting[0]
            if result.score >= following.score:
                following.start = result.end
                heapq.heapreplace(waiting, (following.start, following.end, index, following))
            else:
                result.end = following.start
        done.append(result)
    return [result for result in done if result.start < result.end]
