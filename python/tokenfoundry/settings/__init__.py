"""One YAML file, the environment and arguments, checked and immutable; see `Settings` and `Settings.example()`."""

from tokenfoundry.settings.budgets import BudgetSettings, BudgetTerms, BurstSettings
from tokenfoundry.settings.fields import Comparison, KeyReference, Secret
from tokenfoundry.settings.limits import RateLimitSettings
from tokenfoundry.settings.load import checked
from tokenfoundry.settings.model import CacheSettings, LimitSettings, ServerSettings, Settings
from tokenfoundry.settings.privacy import PatternSettings, PrivacySettings
from tokenfoundry.settings.quotas import ConsumerSettings, PackageSettings, QuotaSettings
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
from tokenfoundry.settings.windows import WindowSettings

__all__ = [
    "AliasSettings",
    "BudgetSettings",
    "BudgetTerms",
    "BurstSettings",
    "CacheSettings",
    "CanarySettings",
    "Comparison",
    "ComplexitySettings",
    "ConsumerSettings",
    "FxRateSettings",
    "HoursSettings",
    "KeyReference",
    "LimitSettings",
    "PackageSettings",
    "PatternSettings",
    "PriceSettings",
    "PrivacySettings",
    "ProviderSettings",
    "QuotaSettings",
    "RateLimitSettings",
    "ResidencySettings",
    "RuleSettings",
    "Secret",
    "SelectionSettings",
    "ServerSettings",
    "Settings",
    "TargetSettings",
    "TimeoutSettings",
    "UseSettings",
    "WhenSettings",
    "WindowSettings",
    "checked",
]
