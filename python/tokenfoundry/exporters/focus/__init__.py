"""FOCUS, the FinOps Open Cost and Usage Specification (https://focus.finops.org): the bill as finance tools read it."""

from __future__ import annotations

from tokenfoundry.exporters.focus.columns import FOCUS_VERSIONS
from tokenfoundry.exporters.focus.export import export_focus
from tokenfoundry.exporters.focus.validate import validate_focus

__all__ = ["FOCUS_VERSIONS", "export_focus", "validate_focus"]
