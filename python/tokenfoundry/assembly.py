"""How an engine is put together: what one version of the settings becomes over open books."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from tokenfoundry._core import __version__
from tokenfoundry.attribution import DistinctValues, attribution_rules
from tokenfoundry.batches.books import LineFaces, Memory, RemoteBooking
from tokenfoundry.batches.lines import Lines, LineWalk
from tokenfoundry.cache import Cache, Invalidations
from tokenfoundry.clock import Clock, system_clock
from tokenfoundry.gateway.attempts.booking import BaselineOf, Booking
from tokenfoundry.gateway.attempts.ledger_faces import LedgerFaces
from tokenfoundry.gateway.attempts.output_bound import OutputBounds
from tokenfoundry.gateway.attempts.rates import Rates
from tokenfoundry.gateway.attempts.sender import Sender
from tokenfoundry.gateway.engine import Connections, Engine
from tokenfoundry.gateway.pipeline import Pipeline
from tokenfoundry.gateway.redaction import build_redactors
from tokenfoundry.gateway.redactors import Redactors
from tokenfoundry.gateway.sharing.flights import Flights
from tokenfoundry.gateway.sharing.item_recall import ItemCache
from tokenfoundry.gateway.sharing.keepable import Keepable
from tokenfoundry.gateway.sharing.kept_answers import KeptAnswers
from tokenfoundry.gateway.sharing.recall import ResponseCache
from tokenfoundry.gateway.sharing.repeats import Repeats
from tokenfoundry.keys import KeyRing
from tokenfoundry.limits import RateLimiter
from tokenfoundry.networks import Networks
from tokenfoundry.observers import AlarmKind
from tokenfoundry.pricing import PriceBook, prices
from tokenfoundry.pricing.book import NO_OVERRIDES
from tokenfoundry.pricing.overrides import PriceOverride
from tokenfoundry.providers.client import ProviderClient
from tokenfoundry.providers.formats.registry import TRANSLATIONS, format_of
from tokenfoundry.providers.plan import Planner
from tokenfoundry.records import CallRecord
from tokenfoundry.rented_hours import RentedHours
from tokenfoundry.resilience.guards import Guards
from tokenfoundry.routing.build import build_router
from tokenfoundry.routing.inquiry import Classify, Pressure
from tokenfoundry.routing.observed import Observed
from tokenfoundry.routing.policy import Router
from tokenfoundry.settings import ProviderSettings, Settings, VaultSettings, WindowSettings
from tokenfoundry.translate import Translations

if TYPE_CHECKING:
    from tokenfoundry.vault import Vault


class RoutedPrices:
    """Makes what settings cost and where calls go by them, before any book is open."""

    def __init__(self, *, clock: Clock, observed: Observed, classify: Classify | None, pressure: Pressure) -> None:
        self._clock = clock
        self._observed = observed
        self._classify = classify
        self._pressure = pressure
        self.translations = Translations(TRANSLATIONS)

    def of(
        self,
        settings: Settings,
        redactors: Redactors,
        overrides: Mapping[str, Sequence[PriceOverride]] = NO_OVERRIDES,
    ) -> tuple[PriceBook, Router]:
        """What the targets cost by these settings and overrides, and where calls go. Raises `ConfigError`."""
        price_book = PriceBook.from_settings(settings, prices(), at=self._clock(), overrides=overrides)
        router = build_router(
            settings,
            price_book,
            observed=self._observed,
            pressure=self._pressure,
            classify=self._classify,
            dialects_of=partial(_dialects_of, self.translations),
            entities=redactors.detector.entities,
        )
        return price_book, router


class Assembly:
    """Makes engines, and the walk of the lines of batches, over one set of open books."""

    def __init__(
        self,
        *,
        clock: Clock,
        keys: KeyRing,
        limits: RateLimiter,
        faces: LedgerFaces,
        rented: RentedHours,
        store: Cache | None,
        invalidations: Invalidations,
        flights: Flights,
        translations: Translations,
        window_of: Callable[[str], WindowSettings],
        vault: Callable[[VaultSettings], Vault],
        publish: Callable[[CallRecord], None],
        alarm: Callable[[AlarmKind, str], None],
        audit_key: bytes,
    ) -> None:
        """`window_of` tells the window of a budget; `vault` opens what is kept of conversations, and raises
        `StoreError`; `publish` is told each record once it is written, `alarm` what is wrong.
        """
        self._clock = clock
        self._keys = keys
        self._limits = limits
        self._faces = faces
        self._rented = rented
        self._store = store
        self._invalidations = invalidations
        self._flights = flights
        self._translations = translations
        self._window_of = window_of
        self._vault = vault
        self._publish = publish
        self._audit_key = audit_key
        self._distinct = DistinctValues(clock=clock, alarm=alarm)
        self._line_memory = Memory()

    def engine(
        self,
        settings: Settings,
        redactors: Redactors,
        client: ProviderClient,
        connections: Connections,
        guards: Guards,
        kept: KeptAnswers | None,
        routed: tuple[PriceBook, Router],
    ) -> Engine:
        """The engine of these settings over the open books. Raises `ConfigError`."""
        price_book, router = routed
        booking = Booking(self._faces, price_book, **self._books_of(settings, self._publish))
        sender = self._sender_of(settings, client)
        pipeline = Pipeline(
            **self._walk_of(settings, redactors, router, booking, sender, guards),
            connections=connections,
            repeats=self._repeats(settings, redactors, booking, kept),
            rates=Rates(self._limits, self._clock),
        )
        digest = digest_of_keys(settings)
        return Engine(settings, pipeline, router, price_book, redactors, client, connections, guards, kept, digest)

    def lines(self, engine: Engine) -> Lines:
        """What that engine makes of the lines of batches."""
        settings = engine.settings
        faces = LineFaces(self._faces, self._line_memory)
        booking = Booking(faces, engine.prices, **self._books_of(settings, self._publish_line))
        sender = self._sender_of(settings, engine.client)
        walk = LineWalk(
            **self._walk_of(settings, engine.redactors, engine.router, booking, sender, engine.guards),
            connections=engine.connections,
            repeats=None,
            rates=Rates(RateLimiter((), clock=self._clock), self._clock),
        )
        remote = RemoteBooking(faces, engine.prices, **self._books_of(settings, self._publish_line))
        return Lines(engine, walk, booking, remote, sender, self._clock)

    def kept_answers(self, settings: Settings) -> KeptAnswers | None:
        """Answers kept under this privacy policy: another one makes other placeholders."""
        if self._store is None:
            return None
        stated = msgspec.json.encode(settings.privacy.model_dump(mode="json"), order="sorted")
        policy = f"{__version__}:{hashlib.sha256(stated).hexdigest()}"
        return KeptAnswers(self._store, self._invalidations, policy=policy, clock=self._clock)

    def _publish_line(self, record: CallRecord) -> None:
        if self._line_memory.is_news(f"{record.request_id}/{record.attempt}"):
            self._publish(record)

    def _books_of(self, settings: Settings, publish: Callable[[CallRecord], None]) -> dict[str, Any]:
        """What a booking is made of besides its ledger and prices, whoever's calls it books."""
        limits = settings.limits
        return {
            "clock": self._clock,
            "window_of": self._window_of,
            "output_bounds": OutputBounds(limits.missing_max_tokens, limits.default_max_output_tokens),
            "hold_wait_s": limits.hold_wait_ms / 1000,
            "publish": publish,
            "baselines": _baselines_of(settings),
            "marking": [
                name
                for name, provider in settings.providers.items()
                if provider.format == "anthropic" and provider.prompt_cache == "auto"
            ],
        }

    def _sender_of(self, settings: Settings, client: ProviderClient) -> Sender:
        formats = {name: format_of(provider) for name, provider in settings.providers.items()}
        return Sender(settings.providers, formats, Planner(self._translations), client, self._clock)

    def _walk_of(
        self,
        settings: Settings,
        redactors: Redactors,
        router: Router,
        booking: Booking,
        sender: Sender,
        guards: Guards,
    ) -> dict[str, Any]:
        """What a pipeline is made of, whoever's calls it walks."""
        return {
            "keys": self._keys,
            "redactors": redactors,
            "cache": settings.cache,
            "router": router,
            "booking": booking,
            "rented": self._rented,
            "sender": sender,
            "guards": guards,
            "call_timeout_s": settings.limits.call_timeout_ms / 1000,
            "audit_key": self._audit_key,
            "clock": self._clock,
            "trusted_proxies": Networks(settings.server.trusted_proxies),
            "vault": partial(self._vault, settings.vault),
            "attribution": attribution_rules(settings.attribution, self._distinct),
        }

    def _repeats(
        self, settings: Settings, redactors: Redactors, booking: Booking, kept: KeptAnswers | None
    ) -> Repeats | None:
        if kept is None or not settings.cache.in_use:
            return None
        replies = ResponseCache(kept, Keepable(redactors.detector))
        flights = self._flights if settings.cache.single_flight else None
        return Repeats(booking, kept, replies, ItemCache(kept), flights)


def dry_router(settings: Settings) -> tuple[Router, Redactors]:
    """What decides where calls go, and what finds personal data in them, without any books: for explanations. Raises
    `ConfigError`.
    """
    redactors = build_redactors(settings.privacy)
    router = build_router(
        settings,
        PriceBook.from_settings(settings, prices(), at=system_clock()),
        dialects_of=partial(_dialects_of, Translations(TRANSLATIONS)),
        entities=redactors.detector.entities,
    )
    return router, redactors


def digest_of_keys(settings: Settings) -> bytes:
    """Tells whether any provider's kept key is another one. Raises `ConfigError` for one that is not there."""
    digest = hashlib.sha256()
    for provider in settings.providers.values():
        for reference in (key for key in provider.keys if not key.is_renewed):
            digest.update(hashlib.sha256(reference.read().reveal().encode()).digest())
    return digest.digest()


def _dialects_of(
    translations: Translations, provider: ProviderSettings, serves: Callable[[str], bool]
) -> frozenset[str]:
    """The dialects in which the provider can be asked, those it speaks of those that are served and those that lead
    there.
    """
    format, planner = format_of(provider), Planner(translations)
    asked = {*translations.dialects, *format.dialects}
    return frozenset(name for name in asked if planner.plan(name, format, serves) is not None)


def _baselines_of(settings: Settings) -> dict[str, BaselineOf]:
    """The targets that the calls of each alias are compared with."""
    found: dict[str, BaselineOf] = {}
    for name, alias in settings.aliases.items():
        if alias.baseline is not None:
            found[name] = BaselineOf(alias.baseline, settings.targets[alias.baseline].model, "stated")
        elif alias.targets:
            first = alias.targets[0]
            found[name] = BaselineOf(first, settings.targets[first].model, "first of the alias")
    return found
