"""One YAML file, the environment and arguments, checked and immutable; see `Settings` and `Settings.example()`."""

from tokenfoundry.settings.batches import BatchSettings
from tokenfoundry.settings.budgets import BudgetSettings, BudgetTerms, BurstSettings
from tokenfoundry.settings.cache import CacheScope, CacheSettings, CacheTerms, IntentCacheSettings
from tokenfoundry.settings.fields import Comparison, KeyReference, Secret
from tokenfoundry.settings.limits import RateLimitSettings
from tokenfoundry.settings.load import checked
from tokenfoundry.settings.model import LimitSettings, ServerSettings, Settings
from tokenfoundry.settings.privacy import PatternSettings, PrivacySettings
from tokenfoundry.settings.quotas import ConsumerSettings, PackageSettings, QuotaSettings
from tokenfoundry.settings.reservations import ReservationSettings
from tokenfoundry.settings.resilience import ResilienceSettings
from tokenfoundry.settings.routing import (
    AliasSettings,
    CanarySettings,
    ComplexitySettings,
    HoursSettings,
    ResidencySettings,
    RuleSettings,
    SelectionSettings,
    UseSettings,
    WhenSettings,
)
from tokenfoundry.settings.targets import (
    FxRateSettings,
    PriceSettings,
    ProviderSettings,
    TargetSettings,
    TimeoutSettings,
)
from tokenfoundry.settings.vault import VaultSettings
from tokenfoundry.settings.windows import WindowSettings

__all__ = [
    "AliasSettings",
    "BatchSettings",
    "BudgetSettings",
    "BudgetTerms",
    "BurstSettings",
    "CacheScope",
    "CacheSettings",
    "CacheTerms",
    "CanarySettings",
    "Comparison",
    "ComplexitySettings",
    "ConsumerSettings",
    "FxRateSettings",
    "HoursSettings",
    "IntentCacheSettings",
    "KeyReference",
    "LimitSettings",
    "PackageSettings",
    "PatternSettings",
    "PriceSettings",
    "PrivacySettings",
    "ProviderSettings",
    "QuotaSettings",
    "RateLimitSettings",
    "ReservationSettings",
    "ResidencySettings",
    "ResilienceSettings",
    "RuleSettings",
    "Secret",
    "SelectionSettings",
    "ServerSettings",
    "Settings",
    "TargetSettings",
    "TimeoutSettings",
    "UseSettings",
    "VaultSettings",
    "WhenSettings",
    "WindowSettings",
    "checked",
]
