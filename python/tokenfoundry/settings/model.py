"""The whole configuration: one immutable object, made from one YAML file."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from tokenfoundry.networks import network_of
from tokenfoundry.settings import load
from tokenfoundry.settings.attribution import AttributionSettings
from tokenfoundry.settings.batches import BatchSettings
from tokenfoundry.settings.budgets import BudgetSettings
from tokenfoundry.settings.cache import CacheSettings
from tokenfoundry.settings.example import EXAMPLE
from tokenfoundry.settings.fields import CurrencyCode, DurationMs, DurationOrNoneMs, Name, Section, SizeBytes
from tokenfoundry.settings.limits import RateLimitSettings
from tokenfoundry.settings.privacy import PrivacySettings
from tokenfoundry.settings.quotas import ConsumerSettings, PackageSettings, QuotaSettings, WorkspaceName
from tokenfoundry.settings.reservations import Reservations
from tokenfoundry.settings.resilience import ResilienceSettings
from tokenfoundry.settings.routing import (
    Alias,
    ComplexitySettings,
    PolicyRules,
    ResidencySettings,
)
from tokenfoundry.settings.targets import FxRateSettings, PriceSettings, ProviderSettings, TargetSettings
from tokenfoundry.settings.vault import VaultSettings


def _check_network(text: str) -> str:
    network_of(text)
    return text


class ServerSettings(Section):
    """The address that `tokenfoundry serve` listens on, and how much it takes."""

    host: str = Field("127.0.0.1", min_length=1, description="The address to listen on.")
    port: int = Field(8080, ge=0, le=65_535, description="The port; 0 takes a free one.")
    max_body_bytes: SizeBytes = Field(
        10 * 10**6, description="The largest request body; a larger one is answered with 413."
    )
    max_concurrent: int = Field(
        1000, ge=1, description="How many calls may be under way at once; more are answered with 503."
    )
    drain_ms: DurationOrNoneMs = Field(
        30_000,
        alias="drain",
        description="How long a server that stops waits for calls in progress before it cuts them: 30s; 0 for not at "
        "all.",
    )
    trusted_proxies: tuple[Annotated[str, AfterValidator(_check_network)], ...] = Field(
        (), description="Address ranges of proxies whose X-Forwarded-For is believed; of anybody else it is not read."
    )


_MAX_OUTPUT_TOKENS = 100_000_000  # As of a request: far above any model.
_MAX_HOLD_WAIT_MS = 60_000  # Clients and proxies give a call up that is silent for longer.


def _check_missing_max_tokens(value: Any) -> Any:
    if value in ("budget", "model") or (type(value) is int and 1 <= value <= _MAX_OUTPUT_TOKENS):
        return value
    raise ValueError(f"should be budget, model or a whole number of tokens from 1 to {_MAX_OUTPUT_TOKENS}")


def _check_hold_wait(value_ms: int) -> int:
    if value_ms > _MAX_HOLD_WAIT_MS:
        raise ValueError(f"should be at most {_MAX_HOLD_WAIT_MS // 1000}s: a call is kept open for as long")
    return value_ms


class LimitSettings(Section):
    """Bounds on a single call."""

    default_max_output_tokens: int = Field(
        4096,
        ge=1,
        le=_MAX_OUTPUT_TOKENS,
        description="The cap put on a request that states none, so that its cost has a bound.",
    )
    missing_max_tokens: Annotated[Literal["budget", "model"] | int, BeforeValidator(_check_missing_max_tokens)] = Field(
        "budget",
        description="The cap of a request that states none. budget: default_max_output_tokens, or what the budgets "
        "still allow when that is less. model: the most that its target writes, where that is known. A number: "
        "that many tokens.",
    )
    hold_wait_ms: Annotated[DurationOrNoneMs, AfterValidator(_check_hold_wait)] = Field(
        2000,
        alias="hold_wait",
        description="How long a call may wait for calls in progress to free their budget: 2s, at most 60s; 0 for not "
        "at all.",
    )
    call_timeout_ms: DurationMs = Field(
        900_000,
        alias="call_timeout",
        description="How long a call may take in all, waiting, retries and other targets included: 15m.",
    )
    session_idle_ms: DurationMs = Field(
        1_800_000, alias="session_idle", description="A session ends when it has been idle for so long: 30m."
    )


class Settings(Section):
    """The configuration of a token factory. `Settings.example()` is a commented file that works.

    >>> Settings.from_dict({"currency": "USD"}).server.port
    8080
    """

    currency: CurrencyCode = Field("EUR", description="The currency of the ledger and of money budgets, ISO 4217.")
    fx: dict[CurrencyCode, tuple[FxRateSettings, ...]] = Field(
        {}, description="Dated exchange rates into `currency`, for every currency that a price is in."
    )
    price_files: tuple[Path, ...] = Field(
        (), description="Files of dated prices that go before the shipped table; see the README."
    )
    price_ceiling: PriceSettings | None = Field(
        None,
        description="What an external target costs whose model nobody has a price for, flagged; refused when missing.",
    )
    reservations: Reservations = Field(
        (), description="Targets whose endpoints are paid by the hour, from when to when, and what an hour costs."
    )
    data_dir: Path = Field(
        Path("tokenfoundry-data"), description="Where the books and the cache are kept; one process at a time."
    )
    durability: Literal["process", "power"] = Field(
        "process", description="process: what was acknowledged survives a killed process. power: also a power cut."
    )
    providers: dict[Name, ProviderSettings] = Field({}, description="Who serves models, by a name of your choice.")
    targets: dict[Name, TargetSettings] = Field(
        {}, description="The models that calls can be sent to, by a name of your choice."
    )
    aliases: dict[Name, Alias] = Field({}, description="The model names that clients ask for.")
    routing: dict[Name, PolicyRules] = Field(
        {}, description="Policies: rules in order, the first that applies picks the targets."
    )
    residency: ResidencySettings = Field(ResidencySettings(), description="Where calls may be computed.")
    complexity: ComplexitySettings = Field(ComplexitySettings(), description="How rules judge how hard a prompt is.")
    privacy: PrivacySettings = Field(PrivacySettings(), description="Redaction of prompts before they leave.")
    vault: VaultSettings = Field(VaultSettings(), description="What is kept of conversations that calls state.")
    cache: CacheSettings = Field(CacheSettings(), description="Answers to calls that were made before.")
    attribution: AttributionSettings = Field(
        AttributionSettings(), description="What calls are booked on that do not say it themselves."
    )
    budgets: tuple[BudgetSettings, ...] = Field((), description="Who may spend how much.")
    quotas: dict[WorkspaceName, QuotaSettings] = Field({}, description="What each workspace may use a month.")
    packages: tuple[PackageSettings, ...] = Field((), description="Prepaid budgets.")
    consumers: ConsumerSettings = Field(ConsumerSettings(), description="What holds for every consumer.")
    rate_limits: tuple[RateLimitSettings, ...] = Field((), description="How many calls and tokens may pass a minute.")
    resilience: ResilienceSettings = Field(
        ResilienceSettings(), description="What is done when providers fail, are slow or full."
    )
    server: ServerSettings = Field(ServerSettings(), description="The server of `tokenfoundry serve`.")
    limits: LimitSettings = Field(LimitSettings(), description="Bounds on a single call.")
    batches: BatchSettings = Field(BatchSettings(), description="Files of calls that are answered within a day.")

    @classmethod
    def load(cls, path: str | PathLike[str], *, environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
        """The settings in the YAML file at `path`.

        `overrides` go before the environment, and that before the file. An override is a field of `Settings`, a mapping
        changes only what it names: `server={"port": 9000}`. The environment's `TF_SERVER__PORT=9000` does the same, its
        value read as YAML; a list item is named by its number, as in `TF_BUDGETS__0__HARD`. `environ` stands for the
        process's environment, also for `${NAME}` and `${NAME:-default}` in the file's values (`$${` is a plain `${`).

        Raises `ConfigError` that lists every problem of the file with its path; `path` of the error is the first one's.
        """
        return load.read(cls, load.yaml_file(path), environ=environ, overrides=overrides, source=str(path))

    @classmethod
    def from_yaml(cls, text: str, *, environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
        """The settings in a YAML text; as `load` in all else.

        >>> Settings.from_yaml("server: {port: 9000}", environ={"TF_SERVER__PORT": "9001"}).server.port
        9001
        """
        return load.read(cls, load.yaml_text(text), environ=environ, overrides=overrides, source="")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], *, environ: Mapping[str, str] | None = None) -> Settings:
        """The settings in a mapping with the names of the YAML file.

        The environment fills in `${NAME}`, but its `TF_` variables change nothing: what code states is an argument.
        Raises as `load` does.
        """
        return load.read(cls, values, environ=environ, overrides=None, source="")

    @staticmethod
    def example() -> str:
        """A commented configuration that loads as it is, with every section in it."""
        return EXAMPLE
