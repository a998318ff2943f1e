"""What stored calls would have cost under another configuration."""

from __future__ import annotations

from tokenfoundry.analytics.whatif.replay import Caching, replay
from tokenfoundry.analytics.whatif.result import Outcome, WhatIf

__all__ = ["Caching", "Outcome", "WhatIf", "replay"]
