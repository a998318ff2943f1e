"""A year of made-up traffic of nine teams, seeded, with waste planted in it: for notebooks, the dashboard and tests."""

from __future__ import annotations

from tokenfoundry.analytics.demo_data.configuration import CONFIGURATION
from tokenfoundry.analytics.demo_data.generate import DEFAULT_CALLS, write_demo_data

__all__ = ["CONFIGURATION", "DEFAULT_CALLS", "write_demo_data"]
