"""How a call gets into the books: what it costs, on which axes, and the record it leaves."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import msgspec

from tokenfoundry.attribution import Attribution
from tokenfoundry.clock import Clock
from tokenfoundry.gateway.attempts.call import Call
from tokenfoundry.gateway.attempts.ledger_faces import LedgerFaces
from tokenfoundry.gateway.attempts.output_bound import OutputBounds
from tokenfoundry.gateway.attempts.refusals import refused_by_budget
from tokenfoundry.gateway.replies import Refused
from tokenfoundry.ledger import Amounts, AsyncLedger, Axes, Refusal, Tallies
from tokenfoundry.ledger.values import NOTHING, Unit
from tokenfoundry.money import decimal_text
from tokenfoundry.pricing import PriceBook
from tokenfoundry.pricing.book import Posted
from tokenfoundry.pricing.savings import Doing
from tokenfoundry.records import Baseline, CallRecord, Outcome, Savings
from tokenfoundry.routing.targets import Target
from tokenfoundry.settings import WindowSettings
from tokenfoundry.usage import Usage

# What few calls use: the record's fields of the same names.
_FINER = (
    "cache_write_1h_tokens",
    "input_audio_tokens",
    "output_audio_tokens",
    "cache_read_audio_tokens",
    "input_image_tokens",
    "output_image_tokens",
    "cache_read_image_tokens",
    "images",
    "image_kind",
    "audio_seconds",
    "characters",
    "searches",
    "service_tier",
    "reported_cost",
)
_A_REQUEST = Amounts(requests=1)


class BaselineOf(NamedTuple):
    """The target that the calls of an alias are compared with, and why it is that one."""

    target: str
    model: str
    why: Literal["stated", "first of the alias"]


NO_BASELINES: Mapping[str, BaselineOf] = MappingProxyType({})


class Booking:
    """What every attempt and every other record shares: the ledger, its currency, and who is told of a record. Any
    thread.
    """

    in_batches = False
    """Whether it books the lines of a provider's batches."""

    def __init__(
        self,
        faces: LedgerFaces,
        prices: PriceBook,
        *,
        clock: Clock,
        window_of: Callable[[str], WindowSettings],
        output_bounds: OutputBounds,
        hold_wait_s: float,
        publish: Callable[[CallRecord], None],
        baselines: Mapping[str, BaselineOf] = NO_BASELINES,
        marking: Collection[str] = (),
    ) -> None:
        """`hold_wait_s` is how long all attempts of a call together may wait for other calls to free a budget.
        `baselines` are the targets that calls are compared with, by alias; `marking` are the providers whose prompts we
        mark for their cache.
        """
        self._faces = faces
        self.currency = prices.fx.currency
        self.output_bounds = output_bounds
        self.hold_wait_s = hold_wait_s
        self.publish = publish
        self._prices = prices
        self._clock = clock
        self._window_of = window_of
        self._baselines = baselines
        self._marking = frozenset(marking)

    @property
    def ledger(self) -> AsyncLedger:
        """The ledger as the running loop may use it."""
        return self._faces.of_running_loop()

    def worst_nano(self, call: Call, target: Target, worst: Usage) -> int:
        """The most that an attempt can cost whose tokens are at most those of `worst`, all choices together."""
        return self._prices.worst_case_nano(
            target.name,
            input_tokens=worst.input_tokens,
            max_output_tokens=worst.output_tokens,
            units=worst,
            service_tier=self._tier_asked(call),
            is_text=call.is_text_alone,
            at=call.at_ms,
        )

    def headroom(self, axes: Axes, at_ms: int) -> dict[Unit, int]:
        """The most that a call with these axes could reserve now, by unit; a unit that nothing bounds is left out."""
        return self._faces.ledger.headroom(axes, at_ms)

    def cost_nano(self, target: Target, usage: Usage, at_ms: int) -> tuple[int, tuple[str, ...]]:
        """The cost at the rates in force when the call began, and what is to be said of it."""
        return self._prices.cost_nano(target.name, usage, at=at_ms)

    def posted(self, target: Target, usage: Usage, at_ms: int) -> Posted:
        """The cost at the rates in force when the call began, what is to be said of it, and those rates."""
        return self._prices.posted(target.name, usage, at=at_ms)

    def saved(self, call: Call, target: Target, usage: Usage, cost_nano: int) -> dict[str, Any]:
        """The fields of a record that say what the factory saved on an answered call."""
        baseline = self._baselines.get(call.alias)
        recalled = call.part.recalled_usage if call.part is not None and call.part.found else None
        doing = Doing(
            in_batch=self.in_batches,
            marked_prompt=self._has_marked(call, target, usage),
            baseline="" if baseline is None or baseline.target == target.name else baseline.target,
            recalled=recalled,
        )
        if doing.is_nothing:
            return {"counterfactual_nano": cost_nano}
        savings, counterfactual_nano = self._prices.saved(target.name, usage, cost_nano, doing, at=call.at_ms)
        return {
            "counterfactual_nano": counterfactual_nano,
            "savings": savings,
            **self._compared(baseline if doing.baseline else None, usage, call.at_ms),
        }

    def saved_by_hit(self, call: Call, target: Target, usage: Usage) -> dict[str, Any]:
        """The same of an answer that was kept, which all of it is the saving of: `usage` is what it used when it was
        made.
        """
        baseline = self._baselines.get(call.alias)
        name = target.name if baseline is None else baseline.target
        if usage.reported_cost is not None:
            usage = msgspec.structs.replace(usage, reported_cost=None)
        posted = self._prices.posted(name, usage, at=call.at_ms)
        return {
            "counterfactual_nano": posted.amount_nano,
            "savings": Savings(response_cache=posted.amount_nano),
            "flags": posted.flags,
            "price": posted.price,
            **self._compared(baseline if name != target.name else None, usage, call.at_ms),
        }

    def _compared(self, baseline: BaselineOf | None, usage: Usage, at_ms: int) -> dict[str, Any]:
        if baseline is None:
            return {}
        price = self._prices.price(baseline.target, usage, at=at_ms)
        return {"baseline": Baseline(target=baseline.target, model=baseline.model, why=baseline.why, price=price)}

    def _has_marked(self, call: Call, target: Target, usage: Usage) -> bool:
        """Whether it was we who told the provider what to keep of this prompt."""
        if not (usage.cache_read_tokens or usage.cache_write_tokens) or target.provider not in self._marking:
            return False
        return b'"cache_control"' not in msgspec.json.encode(call.redacted)

    def _tier_asked(self, call: Call) -> str:
        """The way in which the call asks to be served, when it is a dearer or cheaper one."""
        asked = call.redacted.get("service_tier")
        if asked is None and call.redacted.get("speed") == "fast":
            return "fast"  # As Anthropic is asked.
        return asked if isinstance(asked, str) else ""

    def refused_by(self, refusal: Refusal) -> Refused:
        """What the caller is told, in the terms of the budget's window."""
        window = self._window_of(refusal.budget)
        refused = refused_by_budget(refusal, currency=self.currency, window=window, now_ms=self._clock())
        refused.refusal = refusal
        return refused

    def record_of(
        self,
        call: Call,
        outcome: Outcome,
        *,
        status: int,
        target: Target | None = None,
        usage: Usage | None = None,
        **fields: Any,
    ) -> CallRecord:
        """The record of this call with what is known now; `fields` are further ones of `CallRecord`."""
        axes = call.axes
        if axes.beside is not None:
            fields["parent"] = axes.beside.parent
            fields["tags"] = dict(axes.beside.tags)
        if target is not None:
            fields["target"] = target.name
            fields["provider"] = target.provider
            fields["model"] = target.model
            fields["region"] = target.region
            fields["trust"] = target.trust
        return CallRecord(
            outcome=outcome,
            status=status,
            latency_ms=call.latency_ms,
            request_id=call.request_id,
            at_ms=call.at_ms,
            endpoint=call.endpoint.name,
            stream=call.stream,
            alias=call.alias,
            workspace=axes.workspace,
            project=axes.project,
            consumer=axes.consumer,
            key=axes.key,
            intent=axes.intent,
            intent_from=axes.intent_from,
            env=axes.env,
            session=axes.session,
            currency=self.currency,
            findings=call.findings,
            prompt_hmac=call.prompt_hmac,
            **spent(usage),
            **fields,
        )

    async def record(
        self,
        call: Call,
        record: CallRecord,
        kind: Literal["refused", "hit"],
        *,
        target: Target | None = None,
    ) -> None:
        """Writes an entry without cost and tells of it. A `hit` counts as a request, also beyond a budget's cap: it is
        of an answer that the caller already has.
        """
        await self.ledger.record(
            f"{call.request_id}/{record.attempt}/{record.outcome}",
            kind=kind,
            amounts=_A_REQUEST if kind == "hit" else NOTHING,
            axes=axes_of(call, target),
            tallies=tallies_of(record),
            at=call.at_ms,
            detail=record.to_bytes(),
        )
        self.publish(record)

    async def record_hit(self, call: Call, record: CallRecord, target: Target) -> Refused | None:
        """Writes the entry of an answer from the cache: a request, without cost. When a budget does not allow it, the
        refusal is on record instead, and is what the caller is told.
        """
        outcome = await self.ledger.record_if_it_fits(
            f"{call.request_id}/{record.attempt}/{record.outcome}",
            kind="hit",
            amounts=_A_REQUEST,
            axes=axes_of(call, target),
            tallies=tallies_of(record),
            at=call.at_ms,
            detail=record.to_bytes(),
        )
        if outcome is None:
            self.publish(record)
            return None
        refused = self.refused_by(outcome)
        told = self.record_of(
            call, "refused", status=refused.status, target=target, route=record.route, refused_by=outcome.budget
        )
        await self.record(call, told, "refused", target=target)
        return refused

    def has_room_for_a_request(self, call: Call, target: Target) -> bool:
        """Whether the budgets allow one more request without cost now."""
        return self._faces.ledger.headroom(axes_of(call, target)).get("requests", 1) >= 1


def spent(usage: Usage | None) -> dict[str, Any]:
    """The fields of a record that say what was used."""
    if usage is None:
        return {}
    spent = {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cache_read_tokens": usage.cache_read_tokens,
        "cache_write_tokens": usage.cache_write_tokens,
        "reasoning_tokens": usage.reasoning_tokens,
        "cost_source": "estimated" if usage.estimated else "computed",
    }
    if usage.is_plain:
        return spent
    return spent | {name: getattr(usage, name) for name in _FINER} | {"usage_fault": usage.fault}


def axes_of(call: Call, target: Target | None) -> Axes:
    """The axes that budgets select by: the caller's, and where the call is served."""
    if target is None:
        return _axes(call.axes, call.alias, "", "")
    return _axes(call.axes, call.alias, target.model, target.region)


@lru_cache(maxsize=4096)
def _axes(axes: Attribution, alias: str, model: str, region: str) -> Axes:
    return Axes(
        workspace=axes.workspace,
        project=axes.project,
        consumer=axes.consumer,
        key=axes.key,
        intent=axes.intent,
        alias=alias,
        model=model,
        region=region,
        env=axes.env,
        session=axes.session,
    )


def tallies_of(record: CallRecord) -> Tallies:
    """What reports sum of a record. The tokens of a hit were used by the call that was answered first."""
    findings = sum(record.findings.values())
    if record.outcome == "hit":
        return Tallies(counterfactual_nano=record.counterfactual_nano, latency_ms=record.latency_ms, findings=findings)
    return Tallies(
        input_tokens=record.input_tokens,
        output_tokens=record.output_tokens,
        cache_read_tokens=record.cache_read_tokens,
        cache_write_tokens=record.cache_write_tokens,
        reasoning_tokens=record.reasoning_tokens,
        counterfactual_nano=record.counterfactual_nano,
        latency_ms=record.latency_ms,
        findings=findings,
    )


def summary_of(call: Call, record: CallRecord) -> dict[str, Any]:
    """What the caller is told in the `tokenfoundry` field of a reply: amounts as decimal text in `currency`."""
    summary = {
        "request_id": record.request_id,
        "cost": decimal_text(record.cost_nano),
        "saved": decimal_text(record.saved_nano),
        "currency": record.currency,
        "cache": call.cache_status,
        "target": record.target,
        "region": record.region,
        "route": record.route,
        "findings": record.findings,
        "estimated": record.cost_source == "estimated",
    }
    if call.part is not None and call.part.found:
        summary["items"] = {"cached": call.part.found, "sent": len(call.part.missing)}
    if record.max_tokens_from:
        summary["max_tokens_from"] = record.max_tokens_from
    return summary
