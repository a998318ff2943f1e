"""Everything that is looked at, in the order in which one thing needs the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from tokenfoundry.clock import Clock, system_clock
from tokenfoundry.doctor.configuration import configuration, keys, price, wire
from tokenfoundry.doctor.directory import data_directory
from tokenfoundry.doctor.fetching import fetched
from tokenfoundry.doctor.finding import Finding, failed, skipped
from tokenfoundry.doctor.installation import installation
from tokenfoundry.doctor.reach import Tls, reach
from tokenfoundry.doctor.trial import trial
from tokenfoundry.errors import ConfigError, MissingExtra
from tokenfoundry.providers.client import ProviderClient
from tokenfoundry.providers.http.lean import default_tls
from tokenfoundry.settings import Settings


def examine(
    load: Callable[[], Settings],
    *,
    offline: bool = False,
    call: bool = False,
    clock: Clock = system_clock,
    tls: Tls = default_tls,
) -> Iterator[Finding]:
    """Findings, as they are made. `load` reads the settings; `offline` asks nothing of any provider, `call` asks each
    target for one token, which costs.
    """
    yield from installation(clock)
    try:
        settings = load()
    except ConfigError as error:
        # The last line counts them.
        lines = [line for line in str(error).splitlines() if not line.startswith("(")]
        yield from (failed("configuration", line, "mend the field that is named") for line in lines)
        return
    yield from configuration(settings)
    yield from data_directory(settings)
    from tokenfoundry.doctor.batches import batches  # Here, as ciphers cost every other command its start.

    yield from batches(settings)
    from tokenfoundry.doctor.vault import vault

    yield from vault(settings)
    has_keys = True
    for name, provider in settings.providers.items():
        for finding in keys(name, provider):
            has_keys = has_keys and finding.state != "failed"
            yield finding
    if offline:
        yield skipped("providers", "not asked (--offline)")
    else:
        yield from asyncio.run(_reached(settings, clock, tls))
    for name in settings.targets:
        yield wire(name, settings)
        yield price(name, settings, clock)
    if call and not offline:
        if has_keys:
            yield from asyncio.run(_tried(settings, clock))
        else:
            yield skipped("targets", "not called: keys are missing", "see what is said of the providers")


async def _reached(settings: Settings, clock: Clock, tls: Tls) -> list[Finding]:
    found = await asyncio.gather(
        *(reach(name, each, clock, tls=tls) for name, each in settings.providers.items()),
        *(fetched(name, each, clock) for name, each in settings.providers.items()),
    )
    return [finding for findings in found for finding in findings]


async def _tried(settings: Settings, clock: Clock) -> list[Finding]:
    try:
        client = ProviderClient(settings.providers, clock=clock)
    except (ConfigError, MissingExtra) as error:
        return [failed("targets", f"not called: {error}", "mend the field that is named")]
    try:
        return list(await asyncio.gather(*(trial(name, settings, client, clock) for name in settings.targets)))
    finally:
        await client.aclose()
