"""Ledgers with random traffic that ends in every way."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import msgspec

from support.clocked import NOON_MS
from tokenfoundry.analytics.rows import ExportDirectory, export_ledger
from tokenfoundry.gateway.attempts.booking import tallies_of
from tokenfoundry.ledger import Amounts, Axes, Budget, Change, Ledger, Sums, Tallies, Window
from tokenfoundry.records import CallRecord


def axes_of(draw: random.Random) -> Axes:
    return Axes(
        workspace=draw.choice(["", "w"]),
        project=draw.choice(["claims", "sales", ""]),
        consumer=draw.choice(["anna", "bruno"]),
        key=draw.choice(["k1", "k2"]),
        model=draw.choice(["", "small-1", "large-1"]),
        session=draw.choice(["", "s1", "s2"]),
    )


def record_of(draw: random.Random, axes: Axes, outcome: Any, at_ms: int, cost_nano: int = 0) -> CallRecord:
    return CallRecord(
        request_id="r",
        at_ms=at_ms,
        endpoint="chat",
        outcome=outcome,
        status=200,
        alias="fast",
        target=axes.model.removesuffix("-1"),
        input_tokens=draw.randrange(1000),
        output_tokens=draw.randrange(1000),
        cost_nano=cost_nano,
        counterfactual_nano=draw.randrange(10**6) if outcome == "hit" else cost_nano,
        latency_ms=draw.randrange(1000),
        currency="EUR",
        findings={"IBAN_CODE": draw.randrange(3)},
    )


def random_traffic(path: Path, seed: int) -> None:
    """A few hundred calls over some hours that end in every way, corrections and changes, and a crash."""
    draw = random.Random(seed)
    now_ms = NOON_MS
    with Ledger.open(path, clock=lambda: now_ms) as ledger:
        ledger.set_budgets([Budget(name="all", unit="tokens", window=Window("daily"), hard=10**9)])
        settled: list[int] = []
        for number in range(300):
            now_ms += draw.randrange(4 * 60_000)
            axes, call = axes_of(draw), f"call-{number}"
            cost_nano = draw.randrange(10**6)
            ending = draw.choice(["settle", "settle", "settle", "cut", "void", "hit", "refused", "crash", "correct"])
            if ending in ("hit", "refused"):
                record = record_of(draw, axes, ending, now_ms)
                entry = {"kind": ending, "tallies": tallies_of(record), "detail": record.to_bytes()}
                ledger.record(call, axes=axes, amounts=Amounts(requests=1), **entry)  # type: ignore[arg-type]
                continue
            if ending == "correct":
                if settled:
                    more = Tallies(output_tokens=draw.randrange(10), counterfactual_nano=draw.randrange(10))
                    ledger.adjust(call, draw.choice(settled), Sums(money_nano=7), tallies=more, actor="anna")
                continue
            orphan = record_of(draw, axes, "recovered", now_ms, cost_nano).to_bytes()
            ledger.reserve(call, amounts=Amounts(money_nano=cost_nano, tokens=9), axes=axes, detail=orphan)
            if ending == "void":
                ledger.void(call, detail=record_of(draw, axes, "failed", now_ms).to_bytes())
            elif ending != "crash":
                record = record_of(draw, axes, "cut" if ending == "cut" else "answered", now_ms, cost_nano)
                amounts = Amounts(money_nano=cost_nano, tokens=record.input_tokens + record.output_tokens)
                posted = ledger.settle(call, amounts, tallies=tallies_of(record), detail=record.to_bytes())
                settled.append(posted.seq)
        ledger.apply("launch", Change(kind="raise", budget="all", amount=5, actor="anna"))


def export_of(path: Path, calls: list[dict[str, Any]]) -> ExportDirectory:
    """The exported rows of calls of one hour: each says its target, its tags, its cost and what its record counts."""
    with Ledger.open(path / "books", clock=lambda: NOON_MS) as ledger:
        for number, call in enumerate(calls):
            counts = {name: count for name, count in call.items() if name not in ("cost_nano", "images")}
            named = {
                "request_id": f"r{number}",
                "endpoint": call.get("endpoint", "chat"),
                "alias": call["target"],
                "model": f"{call['target']}-1",
            }
            record = {**named, "outcome": "answered", "currency": "EUR", "provider": "one", **counts}
            amounts = Amounts(money_nano=call["cost_nano"], images=call.get("images", 0), requests=1)
            tallies = Tallies(
                **{
                    name: call.get(name, 0)
                    for name in ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")
                },
                counterfactual_nano=call["cost_nano"],
            )
            intent = call.get("intent", "")
            axes = Axes(workspace="w", project="p", key="k", intent=intent, alias=call["target"], model=named["model"])
            ledger.reserve(f"c{number}", amounts=amounts, axes=axes)
            ledger.settle(f"c{number}", amounts, tallies=tallies, detail=msgspec.json.encode(record))
        return export_ledger(ledger, path / "rows", currency="EUR")
