"""One call on its way through the pipeline: what is known of it, filled in step by step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from tokenfoundry.attribution import Attribution
from tokenfoundry.gateway.endpoints import Endpoint
from tokenfoundry.gateway.rates import FREE, Passage
from tokenfoundry.keys import Key
from tokenfoundry.privacy import RedactionSession
from tokenfoundry.routing.targets import Target


@dataclass(frozen=True, slots=True)
class Request:
    """What came in from the holder of `key`: header names in lower case, the body as it came or already decoded.

    `stated` are axes that the host of the gateway states, whatever the key lets its holder state.
    """

    endpoint: Endpoint
    key: Key
    headers: Mapping[str, str]
    body: bytes | dict[str, Any] = field(repr=False)
    stated: Mapping[str, str] = field(default_factory=dict)
    as_object: bool = False
    """Whether the reply is wanted decoded, by somebody in this process."""


@dataclass(slots=True)
class Call:
    """Made by `identify`; `redact` sets the fields below its line, and after it only `waited_s` grows: the time that
    attempts have waited for their holds.
    """

    request_id: str
    at_ms: int
    endpoint: Endpoint
    key: Key
    axes: Attribution
    alias: str
    reachable: tuple[Target, ...]
    stream: bool
    may_recall: bool
    may_store: bool
    body: dict[str, Any] = field(repr=False)
    started: float = field(default_factory=perf_counter)
    as_object: bool = False
    passage: Passage = FREE
    waited_s: float = 0.0

    # redact
    session: RedactionSession = field(init=False, repr=False)
    redacted: dict[str, Any] = field(init=False, repr=False)
    findings: dict[str, int] = field(default_factory=dict)
    prompt_hmac: str = ""
    on_prem_only: bool = False
    _input_tokens: dict[tuple[str, str], int] = field(default_factory=dict)

    def input_tokens(self, target: Target) -> int:
        """Tokens of the redacted prompt, as the target counts them."""
        place = target.tokenizer.name, target.model
        counted = self._input_tokens.get(place)
        if counted is None:
            counted = self._input_tokens[place] = self.endpoint.input_tokens(self.redacted, target)
        return counted

    @property
    def latency_ms(self) -> int:
        return round((perf_counter() - self.started) * 1000)

    @property
    def cut_by_us(self) -> bool:
        """Whether the output is bounded by our default, not by the caller."""
        return self.endpoint.produces_output and self.endpoint.max_output_tokens(self.body) is None

    @property
    def cache_status(self) -> str:
        """What the caller is told of the cache when it did not answer."""
        return "miss" if self.may_recall else "bypass"
