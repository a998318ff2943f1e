"""One YAML file, the environment and arguments, checked and immutable; see `Settings` and `Settings.example()`."""

from tokenfoundry.settings.budgets import BudgetSettings, WindowSettings
from tokenfoundry.settings.fields import Comparison, KeyReference, Secret
from tokenfoundry.settings.load import checked
from tokenfoundry.settings.model import CacheSettings, LimitSettings, ServerSettings, Settings
from tokenfoundry.settings.privacy import PatternSettings, PrivacySettings
from tokenfoundry.settings.targets import (
    AliasSettings,
    FxRateSettings,
    PriceSettings,
    ProviderSettings,
    RuleSettings,
    TargetSettings,
    TimeoutSettings,
    WhenSettings,
)

__all__ = [
    "AliasSettings",
    "BudgetSettings",
    "CacheSettings",
    "Comparison",
    "FxRateSettings",
    "KeyReference",
    "LimitSettings",
    "PatternSettings",
    "PriceSettings",
    "PrivacySettings",
    "ProviderSettings",
    "RuleSettings",
    "Secret",
    "ServerSettings",
    "Settings",
    "TargetSettings",
    "TimeoutSettings",
    "WhenSettings",
    "WindowSettings",
    "checked",
]
