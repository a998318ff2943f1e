"""Replays stored calls, in their order, under a configuration: through its router, price book and budgets.

Rows hold token counts and hashes, never text, so: a call takes as many tokens wherever it goes; tokens that a provider
read from its cache are so priced only where the same model serves; a rule about complexity or language sees a call
without words, the notes say so. What was refused, failed or corrected has nothing to replay: its money stays as it is.
Hours of reserved endpoints are those of the configuration, from the first row to the last, and not those of the rows.
"""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal, get_args

from tokenfoundry.analytics.rows import ExportDirectory, open_views
from tokenfoundry.analytics.rows.columns import FINE_COLUMNS
from tokenfoundry.analytics.whatif.result import WhatIf
from tokenfoundry.budgets import budgets_of_file, ledger_budget
from tokenfoundry.errors import ConfigError, InvalidInput
from tokenfoundry.ledger import Amounts, Axes, Ledger, Refusal
from tokenfoundry.pricing import PriceBook, prices
from tokenfoundry.rented_hours import post_hour, record_of
from tokenfoundry.routing.build import build_router
from tokenfoundry.routing.facts import Facts
from tokenfoundry.routing.policy import NoRoute, UnknownModel
from tokenfoundry.routing.pressure import BudgetPressure
from tokenfoundry.routing.targets import Target
from tokenfoundry.settings import Settings
from tokenfoundry.settings.targets import Endpoint
from tokenfoundry.usage import Usage
from tokenfoundry.usage.openai import dollars_of

Caching = Literal["recorded", "replayed"]
"""recorded: what was a hit stays one where the configuration caches its intent. replayed: a call is a hit when the same
prompt was asked within the time to live, whatever the client said then of caching.
"""

_ENDPOINTS = frozenset(get_args(Endpoint))
_BATCH_ROWS = 50_000
_COLUMNS = (
    *("epoch_ms(began_at) as at_ms", "kind", "money_nano", "endpoint", "alias", "target", "model", "max_tokens"),
    *("workspace", "project", "consumer", "key", "intent", "env", "session", "request_id", "attempt", "prompt_hmac"),
    *("input_tokens + hit_input_tokens as input", "output_tokens + hit_output_tokens as output"),
    *("cache_read_tokens", "cache_write_tokens", "reasoning_tokens", "images", "audio", "audio_seconds", "characters"),
    *("image_kind", *FINE_COLUMNS, "service_tier", "reported_cost", "usage_fault", "entities", "findings"),
)
_BY_UNIT = ("images", "audio_seconds", "characters", "searches")
# Parts of the input that a provider's cache makes, where the same model serves and no answer is repeated.
_CACHED = frozenset(
    {"cache_read_tokens", "cache_write_tokens", *(name for name in FINE_COLUMNS if name.startswith("cache_"))}
)
_COUNTED = ("reasoning_tokens", *_BY_UNIT, "image_kind", "service_tier", *sorted(_CACHED))
_KINDS = tuple(name for name in FINE_COLUMNS if name not in (*_CACHED, *_BY_UNIT))


def replay(
    directory: ExportDirectory,
    settings: Settings,
    *,
    start: int | None = None,
    until: int | None = None,
    caching: Caching = "recorded",
    progress: Callable[[int, int], None] | None = None,
) -> WhatIf:
    """What the calls that began in `[start, until)` would have cost under `settings`, beside what they did.

    Raises `InvalidInput` for rows in another currency, and `ConfigError` for settings that no gateway would take.
    """
    currency = directory.whose.currency
    if settings.currency != currency:
        raise InvalidInput(f"the rows are in {currency}, and the configuration in {settings.currency}")
    found = WhatIf(currency=currency, notes=_notes_of(settings))
    with ExitStack() as opened:
        connection = opened.enter_context(open_views(directory, start=start, until=until, reads="rows"))
        ((rows, first_ms, last_ms),) = connection.execute(
            "select count(*), coalesce(epoch_ms(min(began_at)), 0), coalesce(epoch_ms(max(began_at)), 0) from calls"
        ).fetchall()
        if not rows:
            return found
        walk = _Walk(settings, found, caching, opened, first_ms, last_ms)
        done = 0
        batches = connection.sql(f"select {', '.join(_COLUMNS)} from calls order by seq").to_arrow_reader(_BATCH_ROWS)
        for batch in batches:
            for row in _rows_of(batch):
                walk.call(row)
            done += batch.num_rows
            if progress is not None:
                progress(done, rows)
        walk.rent(last_ms)
    return found


class _Walk:
    """One call after another."""

    def __init__(
        self, settings: Settings, found: WhatIf, caching: Caching, opened: ExitStack, first_ms: int, last_ms: int
    ) -> None:
        self._found = found
        self._cache = settings.cache
        self._caching = caching
        self._now_ms = 0
        self._kept: dict[tuple[str, str, str], int] = {}  # Until when an answer is kept.
        self._prices = PriceBook.from_settings(settings, prices(), at=last_ms)
        hours = (hour for each in self._prices.reservations for hour in each.hours(first_ms, last_ms + 1))
        self._hours = deque(sorted(hours, key=lambda hour: hour.start_ms))
        self._ledger = self._ledger_of(settings, opened)
        definitions = {budget.name: budget for budget in budgets_of_file(settings)}
        pressure = None
        if self._ledger is not None:
            pressure = BudgetPressure(self._ledger, lambda: definitions, self._clock)
        self._router = build_router(settings, self._prices, pressure=pressure)

    def call(self, row: dict[str, Any]) -> None:
        """Replays one row, and adds it to what was found."""
        self._now_ms = row["at_ms"]
        self.rent(row["at_ms"])
        was_hit = row["kind"] == "hit"
        if not (was_hit or (row["kind"] == "settled" and _has_used(row))):
            cell = self._found.cell(*_asker(row), row["model"] or "", row["target"] or "")
            cell.spent_before_nano += row["money_nano"]
            cell.spent_after_nano += row["money_nano"] if row["kind"] != "rented" else 0
            return
        targets = self._targets(row)
        is_hit = bool(targets) and self._is_hit(row, was_hit)
        target, cost_nano = (targets[0], 0) if is_hit else self._served(row, targets)
        values = (target.model, target.name) if target is not None else ("", "")
        cell = self._found.cell(*_asker(row), *values)
        cell.calls += 1
        cell.hits_before += was_hit
        cell.hits_after += is_hit
        cell.unserved += not targets
        cell.refused += bool(targets) and target is None
        cell.spent_before_nano += row["money_nano"]
        cell.spent_after_nano += cost_nano
        if target is not None and not is_hit:
            self._keep(row)

    def rent(self, until_ms: int) -> None:
        """Adds the hours of the configuration's reservations that have begun by then."""
        while self._hours and self._hours[0].start_ms <= until_ms:
            hour = self._hours.popleft()
            record = record_of(hour, self._prices.fx)
            cell = self._found.cell(record.project, record.intent, record.model, record.target)
            cell.spent_after_nano += record.cost_nano
            if self._ledger is not None:
                post_hour(self._ledger, hour, record)

    def _targets(self, row: dict[str, Any]) -> tuple[Target, ...]:
        endpoint, axes = row["endpoint"], _axes(row)
        of_chat = "embeddings" if endpoint.endswith("_embeddings") else "chat"
        facts = Facts(
            endpoint=endpoint if endpoint in _ENDPOINTS else of_chat,
            dialect=endpoint,
            findings=_findings(row),
            input_tokens=row["input"],
            max_output_tokens=row["max_tokens"],
            request_id=row["request_id"],
            at_ms=row["at_ms"],
            **axes,
        )
        try:
            return self._router.route(row["alias"], facts).targets
        except (NoRoute, UnknownModel):
            return ()

    def _served(self, row: dict[str, Any], targets: tuple[Target, ...]) -> tuple[Target | None, int]:
        """The first target that the budgets allow, and what the call costs there."""
        for number, target in enumerate(targets):
            try:
                usage = _usage(row, row["model"] == target.model)
                cost_nano = self._prices.cost_nano(target.name, usage, at=row["at_ms"])[0]
                refusal = self._book(row, target, usage, cost_nano, number)
            except ConfigError:
                raise
            except InvalidInput:  # What no call uses has no price: its money stays as it is.
                return target, row["money_nano"]
            if refusal is None:
                return target, cost_nano
            if refusal.at_cap != "downgrade":
                break
        return None, 0

    def _book(self, row: dict[str, Any], target: Target, usage: Usage, cost_nano: int, number: int) -> Refusal | None:
        if self._ledger is None:
            return None
        tokens = usage.input_tokens + usage.output_tokens
        output_tokens = max(row["max_tokens"], usage.output_tokens)
        worst_nano = self._prices.worst_case_nano(
            target.name,
            input_tokens=usage.input_tokens,
            max_output_tokens=output_tokens,
            units=usage,
            service_tier=usage.service_tier,
            at=row["at_ms"],
        )
        id = f"{row['request_id']}/{row['attempt']}/{number}"
        by_unit = {"requests": 1, "images": row["images"], "audio": row["audio"]}
        worst = Amounts(money_nano=max(worst_nano, cost_nano), tokens=usage.input_tokens + output_tokens, **by_unit)
        axes = Axes(alias=row["alias"], model=target.model, region=target.region, **_axes(row))
        held = self._ledger.reserve(id, amounts=worst, axes=axes, at=row["at_ms"])
        if isinstance(held, Refusal):
            return held
        self._ledger.settle(id, Amounts(money_nano=cost_nano, tokens=tokens, **by_unit))
        return None

    def _is_hit(self, row: dict[str, Any], was_hit: bool) -> bool:
        terms = self._cache.terms(row["intent"] or "")
        if not terms.enabled or self._caching == "recorded":
            return terms.enabled and was_hit
        return self._kept.get(self._slot(row), 0) > row["at_ms"] if row["prompt_hmac"] else was_hit

    def _keep(self, row: dict[str, Any]) -> None:
        terms = self._cache.terms(row["intent"] or "")
        if self._caching == "replayed" and terms.enabled and row["prompt_hmac"]:
            self._kept[self._slot(row)] = row["at_ms"] + terms.ttl_ms

    def _slot(self, row: dict[str, Any]) -> tuple[str, str, str]:
        scope = self._cache.terms(row["intent"] or "").scope
        return row["alias"], row[scope] or "", row["prompt_hmac"]

    def _ledger_of(self, settings: Settings, opened: ExitStack) -> Ledger | None:
        """Books of their own for the budgets; none where there are no budgets."""
        budgets = [ledger_budget(each) for each in budgets_of_file(settings) if not each.prepaid]
        if not budgets:
            return None
        folder = opened.enter_context(tempfile.TemporaryDirectory(prefix="tokenfoundry-whatif-"))
        ledger = opened.enter_context(Ledger.open(Path(folder) / "books", clock=self._clock))
        ledger.set_budgets(budgets)
        return ledger

    def _clock(self) -> int:
        return self._now_ms


_AXES = ("workspace", "project", "consumer", "key", "intent", "env", "session")


def _axes(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] or "" for name in _AXES}


def _asker(row: dict[str, Any]) -> tuple[str, str]:
    return row["project"] or "", row["intent"] or ""


def _findings(row: dict[str, Any]) -> dict[str, int]:
    names = row["entities"].split() if row["entities"] else []
    return dict.fromkeys(names, 1) or ({"PERSONAL_DATA": row["findings"]} if row["findings"] else {})


def _has_used(row: dict[str, Any]) -> bool:
    return bool(row["input"] or row["output"] or any(row[name] for name in _BY_UNIT))


def _usage(row: dict[str, Any], same_model: bool) -> Usage:
    """What the call used, as its provider counted it. Another model knows nothing of what was cached, nor of what the
    provider said that it costs.
    """
    counts = {name: row[name] for name in (*_COUNTED, *_KINDS) if row[name]}
    if row["kind"] == "hit" or not same_model:
        counts = {name: count for name, count in counts.items() if name not in _CACHED}
    if same_model and row["reported_cost"]:
        counts["reported_cost"] = dollars_of(row["reported_cost"], row, "reported_cost")
    return Usage(input_tokens=row["input"], output_tokens=row["output"], fault=row["usage_fault"] or "", **counts)


def _rows_of(batch: Any) -> Iterator[dict[str, Any]]:
    names = batch.schema.names
    for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
        yield dict(zip(names, values, strict=True))


def _notes_of(settings: Settings) -> list[str]:
    """What rows cannot say of this configuration."""
    notes = []
    rules = [rule.when for policy in settings.routing.values() for rule in policy]
    for name in ("complexity", "language"):
        if any(getattr(when, name, None) for when in rules):
            notes.append(f"rules about {name} saw calls without words: rows hold no text")
    if any(budget.prepaid for budget in budgets_of_file(settings)):
        notes.append("prepaid packages refused nothing: what is left of them is in the books alone")
    return notes
