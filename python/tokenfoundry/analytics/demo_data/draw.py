"""Draws the demo's calls by numpy, whole columns at once.

Costs are exact: whole numbers at the rates of the configuration, rounded once, half to even, as the price book does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from tokenfoundry.analytics.demo_data.configuration import CONFIGURATION
from tokenfoundry.analytics.demo_data.traffic import (
    CONSUMERS_PER_KEY,
    CUT_SHARE,
    FAILED_SHARE,
    KEYS_PER_TEAM,
    LOOP_HOURS,
    LOOP_SHARE,
    REFUSED_SHARE,
    TEAMS,
    USES,
    Use,
)
from tokenfoundry.pricing import PriceBook, prices
from tokenfoundry.settings import Settings

START_MS = 1_735_689_600_000  # 2025-01-01, a Wednesday.
_HOUR_MS = 3_600_000
_HOURS = 365 * 24
_FIRST_WEEKDAY = 2
_SLICES = 24  # Of the year, drawn one by one: what bounds the memory.
_SLICE_HOURS = _HOURS // _SLICES
_LOOP_HOUR = 140 * 24 + 22
_LOOP_AT_MS = START_MS + _LOOP_HOUR * _HOUR_MS
_DRIFT_FROM_MS = START_MS + 273 * 24 * _HOUR_MS
_RATE_DIGITS = 6  # Decimals of a price in the configuration, at most.
_OUTCOMES = ("answered", "hit", "refused", "failed", "cut")
_KINDS = ("settled", "hit", "refused", "void", "settled")
_ANSWERED, _HIT, _REFUSED, _FAILED, _CUT = range(5)

Column = Any  # A numpy array.


class _Prices:
    """What tokens cost on a target of the configuration, in whole nano units."""

    def __init__(self) -> None:
        settings = Settings.from_yaml(CONFIGURATION)
        book = PriceBook.from_settings(settings, prices(), at=START_MS)
        self.targets = settings.targets
        self._rates = {}
        for name, priced in book.targets.items():
            rates = priced.history.at(START_MS)
            each = (rates.input, rates.output, rates.input if rates.cache_read is None else rates.cache_read)
            # Per token in units of 10**-(3 + 6) nano: `each` is per million tokens, a unit has 10**9 nano.
            self._rates[name] = [int(rate.scaleb(_RATE_DIGITS + 3)) if rate is not None else 0 for rate in each]

    def nano(self, target: str, fresh: Column, output: Column, read: Column) -> Column:
        input_rate, output_rate, read_rate = self._rates[target]
        scaled = fresh * input_rate + output * output_rate + read * read_rate
        return _half_even(scaled, 10**_RATE_DIGITS)


def drawn_calls(calls: int, seed: int) -> Iterator[Any]:
    """The calls of a year in their order, as Arrow tables of about half a month."""
    draw = np.random.Generator(np.random.PCG64(seed))
    costs, shares = _Prices(), np.array([use.weight for use in USES])
    loop = int(calls * LOOP_SHARE)
    numbers = np.floor(shares / shares.sum() * (calls - loop)).astype(np.int64)
    by_slice = [
        draw.multinomial(number, _weights(use).reshape(_SLICES, -1).sum(axis=1) / _weights(use).sum())
        for use, number in zip(USES, numbers, strict=True)
    ]
    words = _words(costs)
    rows, posted_ms = 0, 0
    for slice in range(_SLICES):
        parts = [
            _of_use(draw, costs, code, use, int(by_slice[code][slice]), slice)
            for code, use in enumerate(USES)
            if by_slice[code][slice]
        ]
        if slice == _LOOP_HOUR // _SLICE_HOURS and loop:
            parts.append(_loop(draw, costs, loop, slice))
        if not parts:
            continue
        columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        unnamed = columns["prompt_number"] < 0
        columns["prompt_number"][unnamed] = 10**9 + rows + np.arange(int(unnamed.sum()))
        order = np.argsort(columns["at_ms"], kind="stable")
        columns = {name: column[order] for name, column in columns.items()}
        posted = np.maximum.accumulate(columns["at_ms"] + columns["latency_ms"])
        columns["posted_at_ms"] = np.maximum(posted, posted_ms)
        columns["kind"] = columns["outcome"]
        rows, posted_ms = rows + len(order), int(columns["posted_at_ms"][-1])
        yield pa.table({name: _arrow(column, words.get(name)) for name, column in columns.items()})


def _words(costs: _Prices) -> dict[str, tuple[str, ...]]:
    """What the codes of a column stand for."""
    targets = costs.targets
    return {
        "outcome": _OUTCOMES,
        "kind": _KINDS,
        "project": TEAMS,
        "key": tuple(f"{team[:6]}-{number}" for team in TEAMS for number in range(KEYS_PER_TEAM)),
        "intent": tuple(use.intent for use in USES),
        "alias": tuple(use.alias for use in USES),
        "endpoint": tuple(use.endpoint for use in USES),
        "env": tuple(use.env for use in USES),
        "target": tuple(targets),
        "provider": tuple(target.provider for target in targets.values()),
        "model": tuple(target.model for target in targets.values()),
        "region": tuple(target.region or "" for target in targets.values()),
        "trust": tuple(target.trust for target in targets.values()),
    }


def _arrow(column: Column, words: tuple[str, ...] | None) -> Any:
    if words is None:
        return pa.array(column)
    return pa.DictionaryArray.from_arrays(pa.array(column.astype(np.int32)), list(words))


def _of_use(draw: Any, costs: _Prices, code: int, use: Use, n: int, slice: int) -> dict[str, Column]:
    at_ms = np.sort(_times(draw, use, n, slice))
    teams = np.array([TEAMS.index(name) for name in use.teams])
    team: Column = teams[draw.integers(len(use.teams), size=n)]
    key: Column = team * KEYS_PER_TEAM + draw.integers(KEYS_PER_TEAM, size=n)
    if use.burst:  # Who sends a burst sends all of it.
        key = key[np.arange(n) // use.burst * use.burst]
        team = key // KEYS_PER_TEAM
    turn, session, started = _sessions(use, key, at_ms, slice)
    own = _tokens(draw, use.input_tokens, use.spread, n)
    input_tokens = use.prefix_tokens + own * (1 + turn)
    output_tokens = _tokens(draw, use.output_tokens, use.spread, n) if use.output_tokens else np.zeros(n, np.int64)
    output_tokens = np.minimum(output_tokens, use.max_tokens)
    if use.runaway_share:
        runs_on = draw.random(n) < use.runaway_share
        output_tokens[runs_on] = draw.integers(use.max_tokens * 3 // 4, use.max_tokens + 1, size=int(runs_on.sum()))
    outcome = _outcomes(draw, use, n)
    asked_before = _asked_before(team, outcome)
    outcome[(outcome == _HIT) & (asked_before < 0)] = _ANSWERED
    read_tokens = (input_tokens * use.cached_share).astype(np.int64) // 128 * 128
    sensitive = draw.random(n) < use.sensitive_share
    prompts = draw.integers(use.prompts, size=n) + code * 10**6 if use.prompts else np.full(n, -1)
    if use.hit_share:  # Of its own, so that a hit has that of the call whose answer it got.
        prompts = (slice * 100 + code + 1) * 10**8 + np.arange(n)
        prompts = np.where(outcome == _HIT, prompts[asked_before], prompts)
    return _priced(
        costs,
        use,
        sensitive,
        {
            "at_ms": at_ms,
            "latency_ms": 120 + output_tokens * 9 + draw.integers(200, size=n),
            "outcome": outcome,
            "project": team,
            "key": key,
            "consumer_number": np.where(
                session < 0, draw.integers(CONSUMERS_PER_KEY, size=n), session % CONSUMERS_PER_KEY
            ),
            **dict.fromkeys(("intent", "alias", "endpoint", "env"), np.full(n, code)),
            "stream": np.full(n, use.stream),
            "session_number": session,
            "session_start_ms": started,
            "max_tokens": np.full(n, 0 if use.endpoint == "embeddings" else use.max_tokens),
            "findings": sensitive.astype(np.int64) * (1 + draw.integers(4, size=n)),
            "prompt_number": prompts,
        },
        input_tokens,
        output_tokens,
        read_tokens,
    )


def _priced(
    costs: _Prices, use: Use, sensitive: Column, columns: dict[str, Column], input: Column, output: Column, read: Column
) -> dict[str, Column]:
    """The columns with where each call went, what it used and cost, and what was saved."""
    names = list(costs.targets)
    here = np.where(sensitive, names.index("qwen"), names.index(use.target))
    outcome = columns["outcome"]
    spends = (outcome == _ANSWERED) | (outcome == _CUT)
    is_hit = outcome == _HIT
    read = np.where(sensitive, 0, read)
    cost: Column = np.where(
        sensitive, costs.nano("qwen", input, output, read * 0), costs.nano(use.target, input - read, output, read)
    )
    uncached = np.where(sensitive, cost, costs.nano(use.target, input, output, read * 0))
    baseline = costs.nano(use.target, input, output, read * 0)
    zero = np.zeros_like(cost)
    reported = cost + np.where(columns["at_ms"] >= _DRIFT_FROM_MS, cost // 50, 0)
    has_report = spends & (here == names.index("claude"))
    return {
        **columns,
        **dict.fromkeys(("target", "provider", "model", "region", "trust"), here),
        "input_tokens": np.where(spends, input, 0),
        "output_tokens": np.where(spends, output, 0),
        "cache_read_tokens": np.where(spends, read, 0),
        "hit_input_tokens": np.where(is_hit, input, 0),
        "hit_output_tokens": np.where(is_hit, output, 0),
        "money_nano": np.where(spends, cost, 0),
        "counterfactual_nano": np.where(spends | is_hit, baseline, 0),
        "saved_prompt_cache_nano": np.where(spends, uncached - cost, zero),
        "saved_routing_nano": np.where(spends, baseline - uncached, zero),
        "saved_response_cache_nano": np.where(is_hit, baseline, zero),
        "saved_batch_nano": zero,
        # -1: the provider says nothing.
        "reported_nano": np.where(has_report, reported, -1),
    }


def _loop(draw: Any, costs: _Prices, n: int, slice: int) -> dict[str, Column]:
    """One session that asked the same again and again for some hours."""
    code, use = next((code, use) for code, use in enumerate(USES) if use.intent == "agent")
    made = _of_use(draw, costs, code, use, n, slice)
    answered = np.zeros(n, np.int64)
    columns = {
        **{name: made[name] for name in ("latency_ms", "intent", "alias", "endpoint", "env", "stream", "max_tokens")},
        "at_ms": _LOOP_AT_MS + np.sort(draw.integers(LOOP_HOURS * _HOUR_MS, size=n)),
        "outcome": answered,
        "project": np.full(n, TEAMS.index("research")),
        "key": np.full(n, TEAMS.index("research") * KEYS_PER_TEAM),
        "consumer_number": answered,
        "session_number": np.full(n, 10**12),
        "session_start_ms": np.full(n, _LOOP_AT_MS),
        "findings": answered,
        "prompt_number": np.full(n, code * 10**6),
    }
    tokens = np.full(n, 6400), np.full(n, 380)
    return _priced(costs, use, np.zeros(n, bool), columns, *tokens, answered)


def _weights(use: Use) -> Column:
    """How likely a call is in each hour: by the working week with its mornings and afternoons, or within the hours of
    the use; ever more through the year.
    """
    hours = np.arange(_HOURS)
    of_day, weekday = hours % 24, (hours // 24 + _FIRST_WEEKDAY) % 7
    begin, end = use.hours or (7, 18)
    inside = (of_day >= begin) & (of_day < end)
    in_day = 1.0 if use.hours else 1.2 - 0.3 * np.abs(of_day - 12.5) / 6
    weights = np.where(inside, in_day, 0.0 if use.hours else 0.06)
    return weights * np.where(weekday < 5, 1.0, 0.15) * (1 + 0.3 * hours / _HOURS)


def _times(draw: Any, use: Use, n: int, slice: int) -> Column:
    """When calls of a slice of the year begin."""
    begin = slice * _SLICE_HOURS
    weights = _weights(use)[begin : begin + _SLICE_HOURS]
    chances, start_ms = weights / weights.sum(), START_MS + begin * _HOUR_MS
    if not use.burst:
        hours = draw.choice(_SLICE_HOURS, size=n, p=chances)
        return start_ms + hours * _HOUR_MS + draw.integers(_HOUR_MS, size=n)
    bursts = -(-n // use.burst)
    hours = draw.choice(_SLICE_HOURS, size=bursts, p=chances)
    begins = hours * _HOUR_MS + draw.integers(_HOUR_MS - 60_000, size=bursts)
    return start_ms + (begins[:, None] + draw.integers(60_000, size=(bursts, use.burst))).ravel()[:n]


def _sessions(use: Use, key: Column, at_ms: Column, slice: int) -> tuple[Column, Column, Column]:
    """The turn of each call in its session, the session's number, and when it began; -1 and 0 without sessions."""
    n = len(key)
    if not use.turns:
        return np.zeros(n, np.int64), np.full(n, -1), np.zeros(n, np.int64)
    by_key = np.argsort(key, kind="stable")
    sorted_keys = key[by_key]
    first_of_key = np.searchsorted(sorted_keys, sorted_keys)
    place = np.arange(n) - first_of_key
    turn, session, started = (np.empty(n, np.int64) for _ in range(3))
    turn[by_key] = place % use.turns
    session[by_key] = slice * 10**9 + sorted_keys * 10**7 + place // use.turns
    started[by_key] = at_ms[by_key][first_of_key + place // use.turns * use.turns]
    return turn, session, started


def _tokens(draw: Any, median: int, spread: float, n: int) -> Column:
    return np.maximum(1, draw.lognormal(np.log(median), spread, size=n)).astype(np.int64)


def _outcomes(draw: Any, use: Use, n: int) -> Column:
    chance, least = draw.random(n), 0.0
    outcome = np.full(n, _ANSWERED)
    shares = {_HIT: use.hit_share, _REFUSED: REFUSED_SHARE, _FAILED: FAILED_SHARE, _CUT: CUT_SHARE}
    for code, share in shares.items():
        outcome[(chance >= least) & (chance < least + share)] = code
        least += share
    return outcome


def _asked_before(team: Column, outcome: Column) -> Column:
    """For each call the last one before it of the same team that was answered; -1 where there is none."""
    places = np.arange(len(team))
    before = np.full(len(team), -1)
    for each in np.unique(team):
        answered = np.where((team == each) & (outcome == _ANSWERED), places, -1)
        last = np.maximum.accumulate(answered)
        before = np.where(team == each, np.concatenate([[-1], last[:-1]]), before)
    return before


def _half_even(scaled: Column, unit: int) -> Column:
    whole, rest = np.divmod(scaled, unit)
    up = (rest * 2 > unit) | ((rest * 2 == unit) & (whole % 2 == 1))
    return whole + up
