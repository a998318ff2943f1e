"""Whether the books say what the provider says: nothing lost, nothing billed twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from soak.provider import Bill, Provider
from tokenfoundry.factory import TokenFactory
from tokenfoundry.records import CallRecord

_SENT = ("answered", "failed", "cut")
_INPUT_NANO, _OUTPUT_NANO = 1000, 2000  # A token, of every target here.
_STAYED = ("steady-1", "stormy-1")  # Models whose callers waited for the end.
_SHOWN = 5


def figures(budgets: dict[str, Any], report: dict[str, Any]) -> dict[str, Any]:
    """What the admin API shows that time alone does not change."""
    lasting = [budget for budget in budgets["budgets"] if budget["window"]["kind"] == "lifetime"]
    return {"budgets": {budget["name"]: budget["accounts"] for budget in lasting}, "report": report["rows"]}


def held(budgets: Mapping[str, Any]) -> dict[str, int]:
    """What is held of each account that has something held."""
    accounts = [(budget["name"], account) for budget in budgets["budgets"] for account in budget["accounts"]]
    return {name: account["held"] for name, account in accounts if account["held"]}


def what_is_wrong(factory: TokenFactory, provider: Provider, answered: list[str]) -> Iterator[str]:
    """The problems of books that were opened again after a soak. `answered`: the ids of the calls whose callers got a
    whole answer.
    """
    ledger = factory.ledger
    entries = ledger.entries()
    records = [CallRecord.from_bytes(entry.detail) for entry in entries if entry.detail and entry.kind != "changed"]
    if not ledger.verify().ok:
        yield "the audit chain does not verify"
    if ledger.holds():
        yield f"{len(ledger.holds())} holds are left"
    yield from _doubled(records)
    yield from _answers_without_a_row(records, answered)
    yield from _differences_of_requests(records, provider)
    yield from _differences_of_bills(records, provider)
    yield from _wrong_costs(records)
    if sum(entry.amounts.money_nano for entry in entries) != sum(record.cost_nano for record in records):
        yield "the entries' money is not that of their records"
    if any(record.outcome == "recovered" for record in records):
        yield "a hold was recovered, so one was open when the process ended"
    if provider.leaked:
        yield f"{provider.leaked} requests reached the provider with personal data"


def _doubled(records: list[CallRecord]) -> Iterator[str]:
    attempts = Counter((record.request_id, record.attempt) for record in records if record.outcome in _SENT)
    doubled = [name for name, number in attempts.items() if number > 1]
    if doubled:
        yield f"{len(doubled)} attempts are booked twice: {doubled[:_SHOWN]}"


def _answers_without_a_row(records: list[CallRecord], answered: list[str]) -> Iterator[str]:
    rows = Counter(record.request_id for record in records if record.outcome in ("answered", "hit"))
    wrong = [name for name in answered if rows[name] != 1]
    if wrong:
        yield f"{len(wrong)} of {len(answered)} answers have no row, or several: {wrong[:_SHOWN]}"


def _differences_of_requests(records: list[CallRecord], provider: Provider) -> Iterator[str]:
    """Each request at the provider is an attempt. An attempt may also have ended before it got there."""
    attempts = Counter(record.model for record in records if record.outcome in _SENT)
    for model, requests in provider.requests.items():
        if attempts[model] < requests:
            yield f"{model}: {requests} requests, but {attempts[model]} attempts in the books"


def _differences_of_bills(records: list[CallRecord], provider: Provider) -> Iterator[str]:
    booked = Counter(
        Bill(record.model, record.input_tokens, record.output_tokens)
        for record in records
        if record.outcome == "answered" or (record.outcome == "failed" and record.input_tokens)
    )
    for model in _STAYED:
        theirs = Counter({bill: number for bill, number in provider.billed.items() if bill.model == model})
        ours = Counter({bill: number for bill, number in booked.items() if bill.model == model})
        lost, made_up = theirs - ours - provider.doubtful, ours - theirs
        if lost:
            yield f"{model}: {lost.total()} bills of the provider are not in the books: {lost.most_common(_SHOWN)}"
        if made_up:
            yield f"{model}: {made_up.total()} bills that the provider never made: {made_up.most_common(_SHOWN)}"


def _wrong_costs(records: list[CallRecord]) -> Iterator[str]:
    wrong = [
        record
        for record in records
        if record.outcome in _SENT
        and record.cost_nano != record.input_tokens * _INPUT_NANO + record.output_tokens * _OUTPUT_NANO
    ]
    if wrong:
        yield f"{len(wrong)} attempts do not cost what their tokens cost: {wrong[0]}"
