"""The ledger's rows in the forms that other systems take: Parquet and CSV, FOCUS, CloudEvents."""

from __future__ import annotations

from tokenfoundry.exporters.cloudevents import export_cloudevents
from tokenfoundry.exporters.focus import FOCUS_VERSIONS, export_focus, validate_focus
from tokenfoundry.exporters.rows import export_rows

__all__ = ["FOCUS_VERSIONS", "export_cloudevents", "export_focus", "export_rows", "validate_focus"]
