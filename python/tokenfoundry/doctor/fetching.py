"""Whether the tokens that stand for keys can be had. Costs nothing."""

from __future__ import annotations

from time import perf_counter

from tokenfoundry.clock import Clock
from tokenfoundry.doctor.finding import Finding, failed, ok
from tokenfoundry.errors import ConfigError, MissingExtra
from tokenfoundry.providers.credentials import CredentialFailed
from tokenfoundry.providers.credentials.registry import credential_of
from tokenfoundry.settings import ProviderSettings

_LONGEST_S = 10.0


async def fetched(name: str, provider: ProviderSettings, clock: Clock) -> list[Finding]:
    """A finding for each key of the provider that is fetched."""
    about, found = f"provider {name}", []
    for reference in (key for key in provider.keys if key.is_renewed):
        began = perf_counter()
        try:
            await credential_of(reference, provider.options, clock=clock).renew(within_s=_LONGEST_S)
        except CredentialFailed:
            said = f"no token from {reference}: the line of the log above says why"
            found.append(failed(about, said, "see the credentials of the place, or the file, and what they may do"))
        except (ConfigError, MissingExtra):
            continue  # Told with the keys.
        else:
            found.append(ok(about, f"a token from {reference} in {(perf_counter() - began) * 1000:.0f} ms"))
    return found
