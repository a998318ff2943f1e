"""The ledger's entries as files that any tool reads, and the views over them that reports are written in."""

from __future__ import annotations

from tokenfoundry.analytics.rows.directory import ExportDirectory, export_ledger
from tokenfoundry.analytics.rows.views import Reads, open_views

__all__ = ["ExportDirectory", "Reads", "export_ledger", "open_views"]
