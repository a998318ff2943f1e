"""The composition root: one `TokenFactory` owns everything that one configuration needs, and closes it."""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from tokenfoundry._core import __version__
from tokenfoundry.budgets import BudgetBook, budgets_of_file
from tokenfoundry.cache import Cache, Invalidations
from tokenfoundry.clock import Clock, system_clock
from tokenfoundry.errors import MissingExtra
from tokenfoundry.gateway.admin import Admin
from tokenfoundry.gateway.app import GatewayApp
from tokenfoundry.gateway.booking import Booking
from tokenfoundry.gateway.explain import explain
from tokenfoundry.gateway.flights import Flights
from tokenfoundry.gateway.item_recall import ItemCache
from tokenfoundry.gateway.keepable import Keepable
from tokenfoundry.gateway.kept_answers import KeptAnswers
from tokenfoundry.gateway.loop_thread import LoopThread
from tokenfoundry.gateway.output_bound import OutputBounds
from tokenfoundry.gateway.pipeline import Pipeline
from tokenfoundry.gateway.rates import Rates
from tokenfoundry.gateway.recall import ResponseCache
from tokenfoundry.gateway.repeats import Repeats
from tokenfoundry.gateway.sender import Sender
from tokenfoundry.gateway.texts import STRUCTURE
from tokenfoundry.keys import KeyRing
from tokenfoundry.ledger import Event, Ledger
from tokenfoundry.ledger.values import EventKind
from tokenfoundry.limits import RateLimiter, limits_in_force
from tokenfoundry.networks import Networks
from tokenfoundry.observers import Observers
from tokenfoundry.pricing import PriceBook, prices
from tokenfoundry.privacy import Detector, Pattern, Redactor, catalogue, entities
from tokenfoundry.providers.client import ProviderClient
from tokenfoundry.providers.formats.registry import TRANSLATIONS, format_of
from tokenfoundry.providers.plan import Planner
from tokenfoundry.records import CallRecord
from tokenfoundry.resilience.build import build_guards
from tokenfoundry.resilience.drain import Drain
from tokenfoundry.resilience.health import Health
from tokenfoundry.resilience.timing import Timing
from tokenfoundry.routing.build import build_router
from tokenfoundry.routing.explain import Explanation
from tokenfoundry.routing.inquiry import Classify
from tokenfoundry.routing.observed import Observed
from tokenfoundry.routing.policy import Router
from tokenfoundry.routing.pressure import BudgetPressure
from tokenfoundry.settings import ProviderSettings, Settings, WindowSettings
from tokenfoundry.settings.privacy import PrivacySettings
from tokenfoundry.translate import Translations

if TYPE_CHECKING:
    from fastapi import APIRouter
    from openai import AsyncOpenAI, OpenAI

_log = logging.getLogger("tokenfoundry")
_AUDIT_KEY = "audit_hmac_key"
_INVALIDATIONS = "cache_invalidations"


class TokenFactory:
    """A whole gateway in this process. A context manager; two with different data directories can live side by side.

    Opening it opens the books: one process at a time may hold a data directory (`DirectoryBusy` names the other).
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock | None = None,
        timing: Timing | None = None,
        classify: Classify | None = None,
    ) -> None:
        """`classify` scores how hard a call is, from 0 to 1, instead of its features; None leaves it to them."""
        self.settings = settings
        self._clock = clock or system_clock
        timing = timing or Timing()
        self._observers = Observers(settings.currency)
        self._loop_thread = LoopThread()
        self._store: Cache | None = None
        self._flights = Flights() if settings.cache.in_use and settings.cache.single_flight else None
        # Everything that can be refused without touching the disk comes first.
        price_book = PriceBook.from_settings(settings, prices(), at=self._clock())
        redactor = _redactor(settings)
        translations = Translations(TRANSLATIONS)
        self.observed = Observed(self._clock)
        router = build_router(
            settings,
            price_book,
            observed=self.observed,
            pressure=lambda alias, facts: self._budget_pressure(alias, facts),
            classify=classify,
            dialects_of=partial(_dialects_of, translations),
            entities=redactor.detector.entities,
        )
        self._guards = build_guards(settings, timing, self.observed)
        self._drain = Drain(timing)
        self._client = ProviderClient(settings.providers)
        data_dir = Path(settings.data_dir)
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.ledger = Ledger.open(
            data_dir / "books",
            durability=settings.durability,
            clock=self._clock,
            session_idle_ms=settings.limits.session_idle_ms,
        )
        self.ledger.on_event(self._observers.event)
        try:
            if settings.cache.in_use:
                self._store = Cache.open(data_dir / "cache", max_bytes=settings.cache.max_bytes, clock=self._clock)
            self.cache = self._kept_answers()
            self.keys = KeyRing(self.ledger)
            self.budgets = BudgetBook(self.ledger, budgets_of_file(settings), self.keys)
            self._budget_pressure = BudgetPressure(self.ledger, self.budgets.definitions, self._clock)
            self.limits = RateLimiter(limits_in_force(settings.rate_limits, self.keys), clock=self._clock)
            self.keys.tell_of_changes(self._limit_keys)
            self._booking = Booking(
                self.ledger,
                price_book,
                clock=self._clock,
                window_of=self._window_of,
                output_bounds=OutputBounds(
                    settings.limits.missing_max_tokens, settings.limits.default_max_output_tokens
                ),
                hold_wait_s=settings.limits.hold_wait_ms / 1000,
                publish=self._observers.record,
            )
            self._pipeline = Pipeline(
                keys=self.keys,
                redactor=redactor,
                cache=settings.cache,
                repeats=self._repeats(redactor.detector),
                router=router,
                booking=self._booking,
                rates=Rates(self.limits, self._clock),
                sender=Sender(
                    settings.providers,
                    {name: format_of(provider) for name, provider in settings.providers.items()},
                    Planner(translations),
                    self._client,
                    self._clock,
                ),
                guards=self._guards,
                call_timeout_s=settings.limits.call_timeout_ms / 1000,
                audit_key=_audit_key(self.ledger),
                clock=self._clock,
                trusted_proxies=Networks(settings.server.trusted_proxies),
            )
            self.admin = Admin(
                ledger=self.ledger,
                keys=self.keys,
                budgets=self.budgets,
                limits=self.limits,
                quotas=settings.quotas,
                currency=settings.currency,
                clock=self._clock,
            )
            self._router = router
            self._redactor = redactor
            self._app = GatewayApp(
                self._pipeline,
                self.admin,
                health=self._health,
                max_body_bytes=settings.server.max_body_bytes,
                max_concurrent=settings.server.max_concurrent,
                drain=self._drain,
                drain_s=settings.server.drain_ms / 1000,
                shutdown=self.aclose,
            )
        except BaseException:
            self.close()
            raise

    @classmethod
    def from_config(
        cls, config: str | Path | Mapping[str, Any], *, classify: Classify | None = None, **overrides: Any
    ) -> TokenFactory:
        """A factory from a YAML file's path or a mapping of the same shape; `overrides` win over both. Raises
        `ConfigError`.
        """
        if isinstance(config, Mapping):
            return cls(Settings.from_dict({**config, **overrides}), classify=classify)
        return cls(Settings.load(config, **overrides), classify=classify)

    # -- what a host uses ----------------------------------------------------------------------------------------------

    def app(self) -> GatewayApp:
        """The ASGI application: `app.mount("/ai", factory.app())`, or serve it by itself."""
        return self._app

    def router(self) -> APIRouter:
        """A FastAPI router: `app.include_router(factory.router(), prefix="/ai")`."""
        from tokenfoundry.gateway.router import build_router as build_fastapi_router

        return build_fastapi_router(self._app, self.lifespan())

    def lifespan(self) -> Callable[[Any], AbstractAsyncContextManager[None]]:
        """For hosts that mount the application, which passes no lifespan on: `FastAPI(lifespan=factory.lifespan())`."""

        @asynccontextmanager
        async def run(_: Any) -> AsyncIterator[None]:
            self._app.resume()
            try:
                yield
            finally:
                await self._app.drain()
                await self.aclose()

        return run

    def openai_client(self, *, key: str, **options: Any) -> OpenAI:
        """The real OpenAI client, talking to this factory without a socket; streams stream. `options` are the client's
        own.
        """
        try:
            import openai
        except ModuleNotFoundError as error:
            raise MissingExtra("openai", "openai") from error
        from tokenfoundry.gateway import transport

        http_client = transport.client(self._app, self._loop_thread)
        return openai.OpenAI(api_key=key, base_url="http://tokenfoundry/v1", http_client=http_client, **options)

    def async_openai_client(self, *, key: str, **options: Any) -> AsyncOpenAI:
        """The asynchronous OpenAI client on the caller's own loop, without a socket."""
        try:
            import openai
        except ModuleNotFoundError as error:
            raise MissingExtra("openai", "openai") from error
        from tokenfoundry.gateway import transport

        http_client = transport.async_client(self._app)
        return openai.AsyncOpenAI(api_key=key, base_url="http://tokenfoundry/v1", http_client=http_client, **options)

    def create_key(self, **fields: Any) -> str:
        """Makes an API key with these fields (see `tokenfoundry.keys.Key`) and returns its text, shown only now."""
        return self.keys.create(fields, now_ms=self._clock())[1]

    def explain_route(self, body: Mapping[str, Any], *, dialect: str = "chat", **axes: Any) -> Explanation:
        """Where a call with this body would go now, and why: facts, complexity, rules, targets, order and worst-case
        costs. `axes` are fields of `tokenfoundry.routing.facts.Facts`: workspace, project, intent, regions...

        Nothing is sent or booked. Raises `InvalidInput`, `NotFound` and `BlockedContent`.
        """
        return explain(self._router, self._redactor, dict(body), dialect=dialect, clock=self._clock, **axes)

    def on_record(self, observe: Callable[[CallRecord], None]) -> None:
        """Calls `observe` with each record after it is written, in a thread of the factory's, off the request path."""
        self._observers.on_record(observe)

    def on_event(self, observe: Callable[[Event], None]) -> None:
        """Calls `observe` with each event of a budget (a level that was reached, a call that used more than it held)
        after it is written, in the thread of `on_record`. Each is also a line of the log.
        """
        self._observers.on_event(observe)

    @property
    def event_counts(self) -> Mapping[EventKind, int]:
        """How many events of budgets there were since this factory was opened, by kind."""
        return self._observers.event_counts

    def health(self) -> Health:
        """How the targets and provider keys are, as this process has seen them: breakers, rests, queues, latencies."""
        return self._guards.health(in_progress=self._drain.in_progress)

    async def aclose(self) -> None:
        """Gives up what calls on the running loop opened: connections to providers, and the loop's face of the ledger.

        For whoever calls from a loop of their own that ends before the factory does; `close` still has to follow.
        """
        if self._flights is not None:
            await self._flights.aclose()
        await self._client.aclose()
        self._booking.leave_loop()

    def close(self) -> None:
        """Closes the books. In-process calls still open are cut and settled first; closing twice is harmless."""
        self._loop_thread.close(last=self.aclose)
        self._observers.close()
        if self._store is not None:
            self._store.close()
        self.ledger.close()

    def __enter__(self) -> TokenFactory:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- what its parts ask of it --------------------------------------------------------------------------------------

    def _limit_keys(self) -> None:
        self.limits.set_limits(limits_in_force(self.settings.rate_limits, self.keys))

    def _window_of(self, budget: str) -> WindowSettings:
        """The window of a budget; of one that was removed since it refused a call, no window in particular."""
        definition = self.budgets.definitions().get(budget)
        return WindowSettings(kind="lifetime") if definition is None else definition.window

    # -- what the application asks of it -------------------------------------------------------------------------------

    def _health(self) -> dict[str, Any]:
        self.ledger.check_health()
        # Not who they are: anybody may ask.
        return {"status": "ok", "version": __version__, "targets": self.health().status}

    def _kept_answers(self) -> KeptAnswers | None:
        if self._store is None:
            return None
        policy = hashlib.sha256(
            msgspec.json.encode(self.settings.privacy.model_dump(mode="json"), order="sorted")
        ).hexdigest()
        ledger = self.ledger
        invalidations = Invalidations(
            lambda: ledger.get("settings", _INVALIDATIONS),
            lambda record: ledger.put("settings", _INVALIDATIONS, record),
            clock=self._clock,
        )
        return KeptAnswers(self._store, invalidations, policy=f"{__version__}:{policy}", clock=self._clock)

    def _repeats(self, detector: Detector) -> Repeats | None:
        if self.cache is None:
            return None
        replies = ResponseCache(self.cache, Keepable(detector))
        return Repeats(self._booking, self.cache, replies, ItemCache(self.cache), self._flights)


def dry_router(settings: Settings) -> tuple[Router, Redactor]:
    """What decides where calls go, and what finds personal data in them, without any books: for explanations. Raises
    `ConfigError`.
    """
    redactor = _redactor(settings)
    router = build_router(
        settings,
        PriceBook.from_settings(settings, prices(), at=system_clock()),
        dialects_of=partial(_dialects_of, Translations(TRANSLATIONS)),
        entities=redactor.detector.entities,
    )
    return router, redactor


def _dialects_of(
    translations: Translations, provider: ProviderSettings, serves: Callable[[str], bool]
) -> frozenset[str]:
    """The dialects in which the provider can be asked, those it speaks of those that are served and those that lead
    there.
    """
    format, planner = format_of(provider), Planner(translations)
    asked = {*translations.dialects, *format.dialects}
    return frozenset(name for name in asked if planner.plan(name, format, serves) is not None)


def _redactor(settings: Settings) -> Redactor:
    privacy = settings.privacy
    patterns = [
        Pattern(p.name, p.regex, score=p.score, context=p.context, validator=p.validator) for p in privacy.patterns
    ]
    detector = Detector(
        entities=_looked_for(privacy),
        profile=privacy.profile,
        languages=privacy.languages,
        patterns=patterns,
        deny=privacy.deny,
        allow=privacy.allow,
        score_threshold=privacy.score_threshold,
        name_margin=privacy.name_margin,
    )
    policy = dict(privacy.policy) if privacy.enabled else {"default": "allow"}
    return Redactor(detector, policy=policy, plain=STRUCTURE)


def _looked_for(privacy: PrivacySettings) -> tuple[str, ...]:
    """What the settings name, or what their profile looks for and nobody allows: the rest would only cost time."""
    if privacy.entities is not None:
        return privacy.entities
    names = entities(privacy.profile)
    allowed = {name for name, info in catalogue().items() if info.action == "allow" and name not in privacy.policy}
    return tuple(name for name in names if name not in allowed)


def _audit_key(ledger: Ledger) -> bytes:
    """The key of the prompt hashes: random, made once per data directory, so that a hash says nothing outside it."""
    stored = ledger.get("settings", _AUDIT_KEY)
    if stored is None:
        stored = secrets.token_bytes(32)
        ledger.put("settings", _AUDIT_KEY, stored)
    return stored
