"""The credential that a reference in the settings stands for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class ProviderCredential:
    """One of a provider's keys. `label` says where it is kept; `identity`, which is no secret, whether another is the
    same one: its fingerprint when it was made.
    """

    label: str
    identity: str
    credential: Credential


def credentials_of(
    name: str, provider: ProviderSettings, *, clock: Clock = system_clock
) -> tuple[ProviderCredential, ...]:
    """All of a provider. Raises `ConfigError` naming the key, and `MissingExtra`."""
    made: list[ProviderCredential] = []
    for index, reference in enumerate(provider.keys):
        try:
            credential = credential_of(reference, provider.options, clock=clock)
        except ConfigError as error:
            raise ConfigError(str(error), path=f"providers.{name}.keys[{index}]") from None
        made.append(ProviderCredential(str(reference), credential.fingerprint(), credential))
    return tuple(made)


def missing_keys(settings: Settings) -> Iterator[ConfigError]:
    """Each key of a provider that is not where the settings say it is, with its path. Nothing is fetched."""
    for name, provider in settings.providers.items():
        for index, reference in enumerate(provider.keys):
            try:
                credential_of(reference, provider.options)
            except (ConfigError, MissingExtra) as error:
                yield ConfigError(str(error), path=f"providers.{name}.keys[{index}]")
