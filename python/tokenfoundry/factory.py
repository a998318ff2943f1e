"""The composition root: one `TokenFactory` owns everything that one configuration needs, and closes it."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import threading
import weakref
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from tokenfoundry._core import __version__
from tokenfoundry.assembly import Assembly, RoutedPrices, digest_of_keys
from tokenfoundry.batches.lines import Lines
from tokenfoundry.budgets import BudgetBook, budgets_of_file
from tokenfoundry.cache import Cache, Invalidations
from tokenfoundry.clock import Clock, system_clock
from tokenfoundry.errors import ConfigError, Conflict, InvalidState, MissingExtra
from tokenfoundry.gateway.admin import Admin, InForce, Running
from tokenfoundry.gateway.admin.notes import note_reload
from tokenfoundry.gateway.app import GatewayApp
from tokenfoundry.gateway.attempts.ledger_faces import LedgerFaces
from tokenfoundry.gateway.attempts.rates import Rates
from tokenfoundry.gateway.endpoints.table import ENDPOINTS
from tokenfoundry.gateway.engine import Connections, Engine
from tokenfoundry.gateway.explain import explain
from tokenfoundry.gateway.forks import leave_without_destructors
from tokenfoundry.gateway.host.loop_thread import LoopThread
from tokenfoundry.gateway.host.native import Chunks, Reply
from tokenfoundry.gateway.host.native import call as native_call
from tokenfoundry.gateway.redaction import build_redactors
from tokenfoundry.gateway.reloading import refuse_fixed
from tokenfoundry.gateway.replies import Refused
from tokenfoundry.gateway.sharing.flights import Flights
from tokenfoundry.gateway.sharing.kept_answers import KeptAnswers
from tokenfoundry.keys import KeyRing
from tokenfoundry.ledger import Event, Ledger
from tokenfoundry.limits import RateLimiter, limits_in_force
from tokenfoundry.observers import Alarm, Observers
from tokenfoundry.on_demand import BatchesOnDemand, Vaults
from tokenfoundry.pricing.overrides import PriceOverrides
from tokenfoundry.providers.client import ProviderClient
from tokenfoundry.records import CallRecord
from tokenfoundry.rented_hours import RentedHours
from tokenfoundry.resilience.build import build_guards
from tokenfoundry.resilience.drain import Drain
from tokenfoundry.resilience.health import Health
from tokenfoundry.resilience.timing import Timing
from tokenfoundry.routing.explain import Explanation
from tokenfoundry.routing.inquiry import Classify
from tokenfoundry.routing.observed import Observed
from tokenfoundry.routing.pressure import BudgetPressure
from tokenfoundry.settings import Settings, WindowSettings
from tokenfoundry.settings.data_dir import made_data_dir

if TYPE_CHECKING:
    from anthropic import Anthropic
    from fastapi import APIRouter
    from openai import AsyncOpenAI, OpenAI

    from tokenfoundry.batches.service import BatchService

_log = logging.getLogger("tokenfoundry")
_AUDIT_KEY = "audit_hmac_key"
_BATCHES = "batches"
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
        source: Callable[[], Settings] | None = None,
        classify: Classify | None = None,
    ) -> None:
        """`source` reads the settings again for a reload that is given none, as `from_config` does with its file.
        `classify` scores how hard a call is, from 0 to 1, instead of its features; None leaves it to them.
        """
        self._clock = clock or system_clock
        self._timing = timing or Timing()
        self._source = source
        self._reloading = threading.Lock()
        self._observers = Observers(settings.currency)
        self._loop_thread = LoopThread()
        self._inherited = False
        self._why_inherited = ""
        self._store: Cache | None = None
        self._flights = Flights()
        self._lines_of_engine: Lines | None = None
        # Everything that can be refused without touching the disk comes first.
        redactors = build_redactors(settings.privacy)
        self.observed = Observed(self._clock)
        self._routed_prices = RoutedPrices(
            clock=self._clock,
            observed=self.observed,
            classify=classify,
            pressure=lambda alias, facts: self._budget_pressure(alias, facts),
        )
        routed = self._routed_prices.of(settings, redactors)
        self._drain = Drain(self._timing)
        client = ProviderClient(settings.providers, clock=self._clock)
        guards = build_guards(settings, client.keys, client.fingerprints, self._timing, self.observed)
        self._clients = [client]
        self._closing: dict[asyncio.AbstractEventLoop, set[Future[None]]] = {}  # Those that were given up.
        data_dir = made_data_dir(settings.data_dir)
        self.ledger = Ledger.open(
            data_dir / "books",
            durability=settings.durability,
            clock=self._clock,
            session_idle_ms=settings.limits.session_idle_ms,
        )
        self.ledger.on_event(self._observers.event)
        self._vaults = Vaults(self.ledger, data_dir, self._clock)
        self._batches = BatchesOnDemand(data_dir / _BATCHES, self._open_batches)
        try:
            if settings.cache.in_use:
                self._store = Cache.open(data_dir / "cache", max_bytes=settings.cache.max_bytes, clock=self._clock)
            self._faces = LedgerFaces(self.ledger)
            self._prices = PriceOverrides(self.ledger)
            self.keys = KeyRing(self.ledger)
            self.budgets = BudgetBook(self.ledger, budgets_of_file(settings), self.keys)
            self._budget_pressure = BudgetPressure(self.ledger, self.budgets.definitions, self._clock)
            self.limits = RateLimiter(limits_in_force(settings.rate_limits, self.keys), clock=self._clock)
            if stated := self._prices.by_target():
                routed = self._routed_prices.of(settings, redactors, stated)
            self.rented = RentedHours(self.ledger, clock=self._clock, publish=self._observers.record)
            self.rented.use(routed[0].reservations, routed[0].fx)
            self.rented.post_due()
            self._assembly = Assembly(
                clock=self._clock,
                keys=self.keys,
                limits=self.limits,
                faces=self._faces,
                rented=self.rented,
                store=self._store,
                invalidations=invalidations_in(self.ledger, self._clock),
                flights=self._flights,
                translations=self._routed_prices.translations,
                window_of=self._window_of,
                vault=self._vaults.of,
                publish=self._observers.record,
                alarm=self._observers.alarm,
                audit_key=_audit_key(self.ledger),
            )
            kept = self._assembly.kept_answers(settings)
            self._engine = self._assembly.engine(settings, redactors, client, Connections(), guards, kept, routed)
            self.keys.tell_of_changes(self._limit_keys)
            self.admin = Admin(
                ledger=self.ledger,
                keys=self.keys,
                budgets=self.budgets,
                limits=self.limits,
                quotas=settings.quotas,
                currency=settings.currency,
                clock=self._clock,
                price_rows=self._prices,
                rented=self.rented,
                in_force=InForce(
                    settings=lambda: self._engine.settings,
                    prices=lambda: self._engine.prices,
                    kept=lambda: self._engine.kept,
                    reprice=self.reprice,
                    explain=self.explain_route,
                    reach=lambda: self._engine.router.reach(),
                ),
                vault=lambda: self._vaults.of(self.settings.vault),
                running=Running(reload=lambda who: self.reload(who=who), health=self.health),
            )
            self._app = GatewayApp(
                self._engine,
                self.admin,
                health=self._health,
                drain=self._drain,
                shutdown=self.aclose,
                batches=self._batches.service,
                startup=self._go_on_with_batches,
            )
            _tell_of_forks(self)
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

        def read() -> Settings:
            return Settings.load(config, **overrides)

        return cls(read(), source=read, classify=classify)

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
        from tokenfoundry.gateway.host import transport

        http_client = transport.client(self._app, self._loop_thread)
        return openai.OpenAI(api_key=key, base_url="http://tokenfoundry/v1", http_client=http_client, **options)

    def async_openai_client(self, *, key: str, **options: Any) -> AsyncOpenAI:
        """The asynchronous OpenAI client on the caller's own loop, without a socket."""
        try:
            import openai
        except ModuleNotFoundError as error:
            raise MissingExtra("openai", "openai") from error
        from tokenfoundry.gateway.host import transport

        http_client = transport.async_client(self._app)
        return openai.AsyncOpenAI(api_key=key, base_url="http://tokenfoundry/v1", http_client=http_client, **options)

    def anthropic_client(self, *, key: str, **options: Any) -> Anthropic:
        """The real Anthropic client, talking to this factory without a socket, as `openai_client` does."""
        try:
            import anthropic
        except ModuleNotFoundError as error:
            raise MissingExtra("anthropic", "anthropic") from error
        from tokenfoundry.gateway.host import transport

        http_client = transport.client(self._app, self._loop_thread)
        return anthropic.Anthropic(api_key=key, base_url="http://tokenfoundry", http_client=http_client, **options)

    @overload
    async def chat(
        self, *, key: str, model: str, messages: Sequence[Any], stream: Literal[False] = False, **fields: Any
    ) -> Reply: ...

    @overload
    async def chat(
        self, *, key: str, model: str, messages: Sequence[Any], stream: Literal[True], **fields: Any
    ) -> Chunks: ...

    async def chat(
        self, *, key: str, model: str, messages: Sequence[Any], stream: bool = False, **fields: Any
    ) -> Reply | Chunks:
        """The answer to a chat, on the running loop and without HTTP: a `Reply`, or with `stream` its `Chunks`.

        `fields` are those of a chat completion (`max_tokens`, `tools`, ...), the axes that the key lets its holder
        state (`intent`, `session`, ...) and `cache_control`. Raises an error of the `CallFailed` tree:
        `BudgetExceeded`, `RateLimited`, `NotAllowed`, `UpstreamFailed`, ...
        """
        body = {"model": model, "messages": list(messages), "stream": stream or None, **fields}
        return await native_call(self._app, ENDPOINTS["/v1/chat/completions"], key=key, fields=body)

    async def embed(self, *, key: str, model: str, input: str | Sequence[str], **fields: Any) -> Reply:
        """The embeddings of a text or several, as `chat` in all else; `Reply.vectors` are the vectors."""
        body = {"model": model, "input": input if isinstance(input, str) else list(input), **fields}
        reply = await native_call(self._app, ENDPOINTS["/v1/embeddings"], key=key, fields=body)
        assert isinstance(reply, Reply), "embeddings do not stream"
        return reply

    def create_key(self, **fields: Any) -> str:
        """Makes an API key with these fields (see `tokenfoundry.keys.Key`) and returns its text, shown only now."""
        return self.keys.create(fields, now_ms=self._clock())[1]

    def explain_route(self, body: Mapping[str, Any], *, dialect: str = "chat", **axes: Any) -> Explanation:
        """Where a call with this body would go now, and why: facts, complexity, rules, targets, order and worst-case
        costs. `axes` are fields of `tokenfoundry.routing.facts.Facts`: workspace, project, intent, regions...

        Nothing is sent or booked. Raises `InvalidInput`, `NotFound` and `BlockedContent`.
        """
        engine = self.engine
        return explain(engine.router, engine.redactors, dict(body), dialect=dialect, clock=self._clock, **axes)

    def on_record(self, observe: Callable[[CallRecord], None]) -> None:
        """Calls `observe` with each record after it is written, in a thread of the factory's, off the request path."""
        self._observers.on_record(observe)

    def on_event(self, observe: Callable[[Event], None]) -> None:
        """Calls `observe` with each event of a budget (a level that was reached, a call that used more than it held)
        after it is written, in the thread of `on_record`. Each is also a line of the log.
        """
        self._observers.on_event(observe)

    def on_alarm(self, observe: Callable[[Alarm], None]) -> None:
        """Calls `observe` with each alarm, in the thread of `on_record`: a provider's usage that cannot be, an axis
        with more values than are told apart, calls that are booked on nobody. Each is also a line of the log.
        """
        self._observers.on_alarm(observe)

    @property
    def event_counts(self) -> Mapping[str, int]:
        """How many events of budgets there were since this factory was opened, and how many calls or reports that
        alarms are of, by kind.
        """
        return self._observers.event_counts

    @property
    def engine(self) -> Engine:
        """What serves the next call; the middleware asks for it. Raises `InvalidState` in the child of a fork."""
        if self._inherited:
            raise InvalidState(self._why_inherited)
        return self._engine

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._engine.settings

    @property
    def cache(self) -> KeptAnswers | None:
        """The answers that are kept, to forget some of them or to count them; None when none are kept."""
        return self._engine.kept

    def health(self) -> Health:
        """How the targets and provider keys are, as this process has seen them: breakers, rests, queues, latencies."""
        health = self._engine.guards.health(in_progress=self._drain.in_progress)
        return replace(health, event_counts=self._observers.event_counts)

    def reload(self, settings: Settings | None = None, *, who: str = "the host of the gateway") -> None:
        """Puts other settings in force without dropping a call: calls in progress end as they began, the next ones
        find the new ones. Without `settings` they are read again from where they came.

        Changes all of it or nothing. Raises `ConfigError` for settings that are wrong, `Conflict` for a change of what
        an open data directory cannot change, or when there is nowhere to read from. Any thread. The books say that
        `who` did it.
        """
        with self._reloading:
            if settings is None:
                if self._source is None:
                    raise Conflict("this factory was made from settings in code, so there is no file to read again")
                settings = self._source()
            if self.settings.targets and not settings.targets:
                # As a file has none that is empty because somebody is writing it.
                raise ConfigError("names no targets, so nothing would be served any more", path="targets")
            refuse_fixed(self.settings, settings)
            before = self.settings
            self._exchange(settings)
            note_reload(self.ledger, before, settings, who=who)
            _log.info("new settings are in force")

    def reprice(self) -> None:
        """Puts changed prices in force, for the calls that come from now on."""
        with self._reloading:
            self._exchange(self.settings)

    def _exchange(self, settings: Settings) -> None:
        before = self._engine
        is_same = settings.privacy == before.settings.privacy
        redactors = before.redactors if is_same else build_redactors(settings.privacy)
        # A key in a file may be another one although the settings name the same file.
        is_same = settings.providers == before.settings.providers
        is_same = is_same and digest_of_keys(settings) == before.digest_of_keys
        client = before.client if is_same else ProviderClient(settings.providers, clock=self._clock)
        connections = before.connections if is_same else Connections()
        guards = build_guards(settings, client.keys, client.fingerprints, self._timing, self.observed)
        kept = before.kept if redactors is before.redactors else self._assembly.kept_answers(settings)
        routed = self._routed_prices.of(settings, redactors, self._prices.by_target())
        self.rented.post_due()  # By what was in force until now.
        engine = self._assembly.engine(settings, redactors, client, connections, guards, kept, routed)
        limits = limits_in_force(settings.rate_limits, self.keys)
        if settings is not before.settings:
            # The last that can be refused.
            self.budgets.replace_file(budgets_of_file(settings))
        guards.take_over(before.guards)
        self._engine = engine
        self.limits.set_limits(limits)
        self.admin.use_quotas(settings.quotas)
        self._app.use(engine)
        self.rented.use(engine.prices.reservations, engine.prices.fx)
        if client is not before.client:
            self._clients.append(client)
            # When the last call that may use it has ended, whichever version of the settings that began with.
            weakref.finalize(before.connections, self._give_up, before.client).atexit = False

    def _give_up(self, client: ProviderClient) -> None:
        """Closes the connections of a client that no call uses any more."""
        if client not in self._clients:
            return
        self._clients.remove(client)
        for loop in self._faces.loops:
            closing = client.aclose()
            try:
                closed = asyncio.run_coroutine_threadsafe(closing, loop)
            except RuntimeError:  # The loop has ended, and its connections with it.
                closing.close()
            else:
                self._closing.setdefault(loop, set()).add(closed)
                closed.add_done_callback(self._closing[loop].discard)

    async def aclose(self) -> None:
        """Gives up what calls on the running loop opened: connections to providers, and the loop's face of the ledger.

        For whoever calls from a loop of their own that ends before the factory does; `close` still has to follow.
        """
        if self._batches.opened is not None:
            await self._batches.opened.stop(within_s=self.settings.server.drain_ms / 1000)
        await self._flights.aclose()
        await asyncio.gather(*map(asyncio.wrap_future, self._closing.pop(asyncio.get_running_loop(), ())))
        for client in tuple(self._clients):
            await client.aclose()
        self._faces.leave_loop()

    def close(self) -> None:
        """Closes the books. In-process calls still open are cut and settled first; closing twice is harmless."""
        if self._inherited:
            return  # They are the parent's to close.
        self._loop_thread.close(last=self.aclose)
        if self._batches.opened is not None:
            self._batches.opened.close()
        self._observers.close()
        if self._store is not None:
            self._store.close()
        self._vaults.close()
        self.ledger.close()

    def __enter__(self) -> TokenFactory:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _in_child(self) -> None:
        """After a fork, in the child: neither its threads nor its books are of use here."""
        self._inherited = True
        leave_without_destructors()
        why = f"this TokenFactory was opened in process {os.getppid()}, before a fork: open it in the worker instead"
        self._why_inherited = why
        self._loop_thread.inherited(why)
        self._app.refuse_all(f"{why} (in a lifespan, or a post-fork hook), or run tokenfoundry serve once beside them")

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

    def _go_on_with_batches(self) -> None:
        if self.settings.batches.enabled and self._batches.has_any:
            with suppress(Refused):  # It is in the log; the rest of the gateway works.
                self._batches.service().start()

    def _open_batches(self, directory: Path) -> BatchService:
        from tokenfoundry.batches.service import BatchService

        rates = Rates(self.limits, self._clock)
        return BatchService(directory, self._lines, rates=rates, keys=self.keys, ledger=self.ledger, clock=self._clock)

    def _lines(self) -> Lines:
        """What the configuration in force makes of the lines of batches."""
        engine = self.engine
        known = self._lines_of_engine
        if known is None or known.engine is not engine:
            known = self._lines_of_engine = self._assembly.lines(engine)
        return known


def _tell_of_forks(factory: TokenFactory) -> None:
    """The interpreter keeps what is registered for ever, so it must not keep the factory."""
    known = weakref.ref(factory)

    def in_child() -> None:
        alive = known()
        if alive is not None:
            alive._in_child()

    os.register_at_fork(after_in_child=in_child)


def invalidations_in(ledger: Ledger, clock: Clock) -> Invalidations:
    """Which kept answers are over, as these books say."""
    return Invalidations(
        lambda: ledger.get("settings", _INVALIDATIONS),
        lambda record: ledger.put("settings", _INVALIDATIONS, record),
        clock=clock,
    )


def _audit_key(ledger: Ledger) -> bytes:
    """The key of the prompt hashes: random, made once per data directory, so that a hash says nothing outside it."""
    stored = ledger.get("settings", _AUDIT_KEY)
    if stored is None:
        stored = secrets.token_bytes(32)
        ledger.put("settings", _AUDIT_KEY, stored)
    return stored
