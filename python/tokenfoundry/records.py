"""The row that one attempt of one call leaves behind: what finance, engineering and audit all read.

A record is the `detail` of a ledger entry, so it is written in the same batch as the money it explains and is
committed to by the audit log. It never holds text of a prompt or an answer, and no personal data: `prompt_hmac` is a
keyed hash of what was asked, redacted: equal for calls that share an answer, `findings` are counts.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

Outcome = Literal[
    "answered",  # a complete reply, settled with its usage
    "hit",  # answered from the cache, or with the answer of an identical call in progress (`route` says which)
    "refused",  # a budget refused the call
    "blocked",  # the privacy policy refused the call; with status 503, it could not be applied
    "failed",  # the provider refused or could not be reached; nothing was consumed
    "cut",  # sent, but no complete reply came back or the client hung up: settled for what was seen
    "rented",  # no call: an hour of an endpoint that is paid by the hour, whatever was called
    "recovered",  # its process died with the hold open: settled at the held amount when the books were next opened
]

# Whose figure the cost is: the provider's own bill; rates times the counts that it reported; the same times counts that
# we made; nobody's, because the target has no price and its calls are let pass; or that of the hours that are rented of
# its endpoint, which are entries of their own: the call itself costs nothing.
CostSource = Literal["provider", "computed", "estimated", "unpriced", "rented"]

# Who set the bound on an answer (`max_tokens`, of one choice) when the caller did not: the configured default, the
# budgets because they allow less, or the model's own maximum. Empty: the caller.
MaxTokensFrom = Literal["", "default", "budget", "model"]


class AppliedPrice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The rates that a cost was computed with, so that it can be computed again. Decimals are text."""

    id: str
    """Whose price: `openai/gpt-4o@2026-10-14`, `target/gpt-mini`, `override/gpt-mini@...`."""
    catalogue: str
    """What it stands in: the first 16 hex digits of the SHA-256 of the price table, or of the price that was stated."""
    currency: str
    fx_rate: str = "1"
    """Units of the ledger's currency for one of `currency`, in force when the call began."""
    rates: dict[str, str | dict[str, str]] = {}
    """Those in force, by name, as `pricing.Rates` has them: of the tier and the service tier that were applied. Of a
    rented hour `gpu_hour`, what a GPU costs an hour.
    """
    above: int = 0
    """The threshold of that tier, when it is not the first."""


class Savings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the factory saved, by what saved it, in nano units; negative when it cost more. Their sum is exactly the
    counterfactual less the cost.
    """

    batch: int = 0
    provider_cache: int = 0
    routing: int = 0
    response_cache: int = 0


class Baseline(msgspec.Struct, frozen=True, kw_only=True):
    """The target that the call is compared with, and why; the tokens are those counted where it was served."""

    target: str
    model: str
    why: Literal["stated", "first of the alias"]
    price: AppliedPrice


class CallRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One attempt. Times are Unix milliseconds, amounts nano units of `currency`, token counts as billed."""

    request_id: str
    attempt: int = 0
    at_ms: int
    latency_ms: int = 0
    endpoint: str
    outcome: Outcome
    status: int
    stream: bool = False

    alias: str
    target: str = ""
    provider: str = ""
    model: str = ""
    region: str = ""
    trust: str = ""
    route: str = ""

    workspace: str = ""
    project: str = ""
    consumer: str = ""
    key: str = ""
    intent: str = ""
    intent_from: str = ""
    """`rule` when a rule said the intent, because the caller did not."""
    env: str = ""
    session: str = ""
    parent: str = ""
    """The id of the call that this one is a part of."""
    tags: dict[str, str] = {}
    """What else the caller stated, of the tags that the configuration has."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    cache_write_1h_tokens: int = 0
    input_audio_tokens: int = 0
    output_audio_tokens: int = 0
    cache_read_audio_tokens: int = 0
    input_image_tokens: int = 0
    output_image_tokens: int = 0
    cache_read_image_tokens: int = 0
    images: int = 0
    image_kind: str = ""
    audio_seconds: int = 0
    characters: int = 0
    searches: int = 0
    gpu_ms: int = 0
    """What was rented in the hour: the GPUs times how much of it is paid."""
    service_tier: str = ""
    reported_cost: Decimal | None = None
    """What the provider said, in US dollars."""
    usage_fault: str = ""
    """What cannot be true in the provider's report, whose counts stand here as they were sent."""
    cost_nano: int = 0
    counterfactual_nano: int = 0
    savings: Savings | None = None
    baseline: Baseline | None = None
    """None: the target that served, without what the factory saved there."""
    price: AppliedPrice | None = None
    currency: str
    cost_source: CostSource = "computed"
    flags: tuple[str, ...] = ()
    max_tokens: int = 0
    max_tokens_from: MaxTokensFrom = ""

    findings: dict[str, int] = {}
    prompt_hmac: str = ""
    refused_by: str = ""
    error: str = ""

    @property
    def saved_nano(self) -> int:
        """What the same call would have cost without the factory, less what it did cost. Negative when it cost more."""
        return self.counterfactual_nano - self.cost_nano

    def to_bytes(self) -> bytes:
        """The JSON that is stored as the ledger entry's detail."""
        return _encoder.encode(self)

    @classmethod
    def from_bytes(cls, data: bytes) -> CallRecord:
        """Reads what `to_bytes` wrote; raises `msgspec.ValidationError` for anything else."""
        return _decoder.decode(data)


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(CallRecord)
