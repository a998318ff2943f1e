"""The credential that a reference in the settings stands for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tokenfoundry.clock import Clock, system_clock
from tokenfoundry.errors import ConfigError, MissingExtra
from tokenfoundry.providers.credentials import Credential
from tokenfoundry.providers.credentials.fixed import FixedKey, KeyFile
from tokenfoundry.providers.credentials.renewed import RenewedToken
from tokenfoundry.settings import KeyReference, ProviderSettings, Settings


def credential_of(reference: KeyReference, options: Mapping[str, str], *, clock: Clock = system_clock) -> Credential:
    """Nothing is fetched yet. Raises `ConfigError` for a key that is not there, and `MissingExtra`."""
    match reference.kind:
        case "env":
            return FixedKey(reference.read().reveal())
        case "file":
            return KeyFile(reference)
        case "google":
            from tokenfoundry.providers.credentials.google import google_tokens

            return RenewedToken(str(reference), google_tokens(reference.place), clock=clock)
        case "entra":
            from tokenfoundry.providers.credentials.entra import entra_tokens

            return RenewedToken(str(reference), entra_tokens(), clock=clock)
        case "aws":
            from tokenfoundry.providers.credentials.aws import aws_credentials

            return RenewedToken(str(reference), aws_credentials(reference.place, options.get("region")), clock=clock)


def credentials_of(name: str, provider: ProviderSettings, *, clock: Clock = system_clock) -> dict[str, Credential]:
    """All of a provider, by what their references say. Raises `ConfigError` naming the key, and `MissingExtra`."""
    made: dict[str, Credential] = {}
    for index, reference in enumerate(provider.keys):
        try:
            made[str(reference)] = credential_of(reference, provider.options, clock=clock)
        except ConfigError as error:
            raise ConfigError(str(error), path=f"providers.{name}.keys[{index}]") from None
    return made


def missing_keys(settings: Settings) -> Iterator[ConfigError]:
    """Each key of a provider that is not where the settings say it is, with its path. Nothing is fetched."""
    for name, provider in settings.providers.items():
        for index, reference in enumerate(provider.keys):
            try:
                credential_of(reference, provider.options)
            except (ConfigError, MissingExtra) as error:
                yield ConfigError(str(error), path=f"providers.{name}.keys[{index}]")
