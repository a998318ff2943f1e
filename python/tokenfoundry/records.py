"""The row that one attempt of one call leaves behind: what finance, engineering and audit all read.

A record is the `detail` of a ledger entry, so it is written in the same batch as the money it explains and is
committed to by the audit log. It never holds text of a prompt or an answer, and no personal data: `prompt_hmac` is a
keyed hash of what was asked, redacted: equal for calls that share an answer, `findings` are counts.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Outcome = Literal[
    "answered",  # a complete reply, settled with its usage
    "hit",  # answered from the cache, or with the answer of an identical call in progress (`route` says which)
    "refused",  # a budget refused the call
    "blocked",  # the privacy policy refused the call; with status 503, it could not be applied
    "failed",  # the provider refused or could not be reached; nothing was consumed
    "cut",  # sent, but no complete reply came back or the client hung up: settled for what was seen
    "recovered",  # its process died with the hold open: settled at the held amount when the books were next opened
]

CostSource = Literal["computed", "estimated", "unpriced"]

# Who set the bound on an answer (`max_tokens`, of one choice) when the caller did not: the configured default, the
# budgets because they allow less, or the model's own maximum. Empty: the caller.
MaxTokensFrom = Literal["", "default", "budget", "model"]


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
    env: str = ""
    session: str = ""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    images: int = 0
    audio_seconds: int = 0
    characters: int = 0
    cost_nano: int = 0
    counterfactual_nano: int = 0
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
