"""What the configuration names: keys that have to be there, prices, targets that can be told what they serve."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

from tokenfoundry.assembly import dry_router
from tokenfoundry.clock import Clock
from tokenfoundry.doctor.finding import Finding, failed, ok, warning
from tokenfoundry.errors import ConfigError, MissingExtra
from tokenfoundry.pricing import PriceBook, prices
from tokenfoundry.providers.credentials.registry import credential_of
from tokenfoundry.providers.evidence import evidence_of
from tokenfoundry.providers.formats.registry import format_of
from tokenfoundry.settings import KeyReference, ProviderSettings, Settings


def configuration(settings: Settings) -> Iterator[Finding]:
    """Whether a factory could be made of it, but for keys and prices."""
    about = "configuration"
    if not settings.targets:
        yield warning(about, "names no targets, so nothing can be served", "see the README, or --config FILE")
        return
    try:
        dry_router(settings)
    except ConfigError as error:
        yield failed(about, str(error), "mend the field that is named")
    else:
        names = f"{len(settings.providers)} providers, {len(settings.targets)} targets, {len(settings.aliases)} aliases"
        yield ok(about, f"can be served: {names}")


def keys(name: str, provider: ProviderSettings) -> Iterator[Finding]:
    """Whether each key of a provider is where it should be. Tokens are not fetched."""
    about = f"provider {name}"
    for reference in provider.keys:
        try:
            credential_of(reference, provider.options)
        except MissingExtra as error:
            yield failed(about, str(error), "install it, or state another key")
        except ConfigError as error:
            what = "set the variable" if reference.kind == "env" else "write the file"
            yield failed(about, str(error), f"{what} for the user that runs the server")
        else:
            yield _open_to_others(about, reference) or ok(about, _where(reference))
    if not provider.keys:
        yield ok(about, "is asked without a key")


def _where(reference: KeyReference) -> str:
    return f"tokens of {reference} are fetched when needed" if reference.is_renewed else f"its key is in {reference}"


def _open_to_others(about: str, reference: KeyReference) -> Finding | None:
    if not reference.place.startswith("/"):
        return None
    if not stat.S_IMODE(os.stat(reference.place).st_mode) & stat.S_IROTH:
        return None
    return warning(about, f"everybody on this machine may read {reference.place}", f"chmod o-r {reference.place}")


def price(name: str, settings: Settings, clock: Clock) -> Finding:
    """Whether a target's calls have a price."""
    alone = settings.model_copy(update={"targets": {name: settings.targets[name]}})
    try:
        book = PriceBook.from_settings(alone, prices(), at=clock())
    except ConfigError as error:
        return failed(f"target {name}", str(error), "state its `price`: a call without one is not made")
    return ok(f"target {name}", f"priced by {book.targets[name].source}")


def wire(name: str, settings: Settings) -> Finding:
    """What a target is asked in, and what speaks for that."""
    target = settings.targets[name]
    provider = settings.providers[target.provider]
    evidence = evidence_of(provider.format)
    dialects = ", ".join(sorted(format_of(provider).dialects))
    said = f"{provider.format} ({dialects}), serves {', '.join(sorted(target.endpoints))}"
    about = f"target {name}"
    if evidence.tested == "untested":
        return warning(about, f"{said}; untested", "try it with --call before you rely on it")
    return ok(about, f"{said}; {evidence.tested} by {evidence.source}")
