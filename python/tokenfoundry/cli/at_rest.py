"""What is in force for a data directory on which no server runs: what its configuration states, and what was stated in
its books.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tokenfoundry.assembly import dry_router
from tokenfoundry.cache import Cache
from tokenfoundry.clock import system_clock
from tokenfoundry.factory import invalidations_in
from tokenfoundry.gateway.admin import InForce
from tokenfoundry.gateway.explain import explain
from tokenfoundry.gateway.sharing.kept_answers import KeptAnswers
from tokenfoundry.ledger import Ledger
from tokenfoundry.pricing import PriceBook, prices
from tokenfoundry.pricing.overrides import PriceOverrides
from tokenfoundry.routing.explain import Explanation
from tokenfoundry.settings import Settings


@contextmanager
def in_force_at_rest(settings: Settings, ledger: Ledger, price_rows: PriceOverrides) -> Iterator[InForce]:
    """For whoever holds the books. Each part is made when it is asked for; a cache that was opened is closed at the
    end.
    """
    with ExitStack() as opened:

        def kept() -> KeptAnswers | None:
            if not settings.cache.in_use:
                return None
            path = Path(settings.data_dir) / "cache"
            cache = Cache.open(path, max_bytes=settings.cache.max_bytes, clock=system_clock)
            opened.callback(cache.close)
            # Nothing is recalled here, so no privacy policy tells entries apart.
            return KeptAnswers(cache, invalidations_in(ledger, system_clock), policy="", clock=system_clock)

        def price_book() -> PriceBook:
            overrides = price_rows.by_target()
            return PriceBook.from_settings(settings, prices(), at=system_clock(), overrides=overrides)

        def explained(body: dict[str, Any], *, dialect: str = "chat", **axes: Any) -> Explanation:
            router, redactors = dry_router(settings)
            return explain(router, redactors, body, dialect=dialect, clock=system_clock, **axes)

        yield InForce(
            settings=lambda: settings,
            prices=price_book,
            kept=kept,
            reprice=lambda: None,  # The next server that opens the books reads them.
            explain=explained,
        )
