"""One call on its way through the pipeline: what is known of it, filled in step by step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any, Literal

from tokenfoundry.attribution import Attribution
from tokenfoundry.gateway.attempts.rates import FREE, Passage
from tokenfoundry.gateway.attempts.text_alone import is_text_alone
from tokenfoundry.gateway.cache_control import Directives
from tokenfoundry.gateway.client_watch import STAYS, ClientWatch
from tokenfoundry.gateway.endpoints import Endpoint
from tokenfoundry.keys import Key
from tokenfoundry.memo import Place
from tokenfoundry.privacy import RedactionSession
from tokenfoundry.prompt_tokens import PromptTokens
from tokenfoundry.resilience.deadline import NEVER, Deadline
from tokenfoundry.routing.targets import Target
from tokenfoundry.settings import CacheTerms

if TYPE_CHECKING:
    from tokenfoundry.gateway.sharing.flights import Flight
    from tokenfoundry.gateway.sharing.item_recall import Part
    from tokenfoundry.gateway.sharing.shared import Shared

CacheStatus = Literal["bypass", "miss", "hit", "joined", "partial"]


@dataclass(frozen=True, slots=True)
class Request:
    """What came in from the holder of `key`: header names in lower case, the body as it came or already decoded.

    `stated` are axes that the host of the gateway states, whatever the key lets its holder state.
    """

    endpoint: Endpoint
    key: Key
    headers: Mapping[str, str]
    body: bytes | dict[str, Any] = field(repr=False)
    client: ClientWatch = STAYS
    stated: Mapping[str, str] = field(default_factory=dict)
    as_object: bool = False
    """Whether the reply is wanted decoded, by somebody in this process."""


@dataclass(slots=True)
class Call:
    """Made by `identify`; `redact` and `recall` set the fields below their lines. `waited_s` grows: the time that
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
    directives: Directives
    cache_terms: CacheTerms
    may_recall: bool
    may_store: bool
    body: dict[str, Any] = field(repr=False)
    started: float = field(default_factory=perf_counter)
    deadline: Deadline = NEVER
    client: ClientWatch = STAYS
    as_object: bool = False
    conversation: str = ""
    connections: object = None  # Open for as long as somebody holds this.
    passage: Passage = FREE
    waited_s: float = 0.0

    # redact
    session: RedactionSession = field(init=False, repr=False)
    redacted: dict[str, Any] = field(init=False, repr=False)
    policy: str = ""  # The version of its privacy policy.
    findings: dict[str, int] = field(default_factory=dict)
    prompt_hmac: str = ""  # Of what the answer depends on.
    asked_place: Place | None = None  # Where it is remembered what the bytes of the body asked.
    on_prem_only: bool = False
    shared: Shared | None = None  # What others may share of a call of a conversation.
    _prompt_tokens: dict[tuple[str, bool, str, int | None], PromptTokens] = field(default_factory=dict)

    # recall
    cache_key: bytes = field(default=b"", repr=False)
    generation: int = 0  # Of kept answers, when this call asked.
    cache_status: CacheStatus = "bypass"
    age_ms: int | None = None  # Of the answer that was kept.
    flight: Flight | None = None  # That others may follow.
    may_follow: bool = True  # False once a flight was not for this call.
    failed_flights: int = 0  # That it followed.
    part: Part | None = None  # What is known of a batch of items.

    @property
    def session_of_shared(self) -> RedactionSession:
        """What restores an answer that was given to another call."""
        return self.session if self.shared is None else self.shared.session

    def ask_for(self, body: dict[str, Any]) -> None:
        """Changes what the next attempt asks for: a part of the batch, or the whole again."""
        self.redacted = body
        self._prompt_tokens.clear()

    def ask_for_all(self) -> None:
        """Nothing is known of the batch any more: the next attempt asks for all of it."""
        if self.part is not None:
            self.ask_for(self.part.whole)
            self.part = None
            if self.cache_status == "partial":
                self.cache_status = "miss"

    def input_tokens(self, target: Target) -> int:
        """Tokens of the redacted prompt, as the target counts them."""
        return self.prompt_tokens(target).tokens

    def prompt_tokens(self, target: Target) -> PromptTokens:
        """Tokens of the redacted prompt, as the target counts them, and at most."""
        place = target.tokenizer.name, target.tokenizer_is_exact, target.model, target.context_tokens
        counted = self._prompt_tokens.get(place)
        if counted is None:
            counted = self._prompt_tokens[place] = self.endpoint.prompt_tokens(self.redacted, target)
        return counted

    def is_text_alone(self) -> bool:
        """Whether it can cost neither what sound or pictures cost, nor what is kept for an hour."""
        return is_text_alone(self.endpoint.name, self.redacted)

    @property
    def latency_ms(self) -> int:
        return round((perf_counter() - self.started) * 1000)

    @property
    def cut_by_us(self) -> bool:
        """Whether the output is bounded by our default, not by the caller."""
        return self.endpoint.produces_output and self.endpoint.max_output_tokens(self.body) is None
