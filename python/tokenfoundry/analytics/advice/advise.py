"""Asks every advisor, and says what is worth saying: at least a share of what was spent, the most money first."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tokenfoundry.analytics.advice.embeddings import batch_embeddings, cache_embeddings
from tokenfoundry.analytics.advice.finding import Finding
from tokenfoundry.analytics.advice.labels import Labels
from tokenfoundry.analytics.advice.loops import loops
from tokenfoundry.analytics.advice.models import smaller_models
from tokenfoundry.analytics.advice.outputs import cap_max_tokens
from tokenfoundry.analytics.advice.prompts import repeated_prompts
from tokenfoundry.analytics.advice.rows import Rows, open_rows
from tokenfoundry.analytics.advice.timing import off_peak
from tokenfoundry.analytics.rows import ExportDirectory
from tokenfoundry.settings import Settings

_LEAST_PARTS = 20_000  # Of what was spent, a finding has at least one part at stake.
_ADVISORS: tuple[Callable[[Rows], Iterator[Finding]], ...] = (
    smaller_models,
    cap_max_tokens,
    batch_embeddings,
    cache_embeddings,
    repeated_prompts,
    off_peak,
    loops,
)


def advise(
    directory: ExportDirectory,
    settings: Settings,
    *,
    start: int | None = None,
    until: int | None = None,
    labels: Labels | None = None,
) -> list[Finding]:
    """What to change about the calls that began in `[start, until)`, under `settings`, the most money first.

    `labels` say which models do for an intent; without them a smaller one is proposed by the shape of the calls alone.
    Raises `NotFound` where nothing was exported.
    """
    with open_rows(directory, settings, start=start, until=until, labels=labels or {}) as rows:
        if rows is None:
            return []
        found = [finding for advisor in _ADVISORS for finding in advisor(rows)]
        least_nano = rows.spent_nano // _LEAST_PARTS
    worth = [each for each in found if each.stake_nano > least_nano]
    return sorted(worth, key=lambda each: (-each.stake_nano, each.kind, each.subject))
