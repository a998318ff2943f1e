"""Saved reports: a file of SQL each, over the views of exported rows."""

from __future__ import annotations

from tokenfoundry.analytics.saved.library import SavedReport, built_in_reports, find_report, reports_in
from tokenfoundry.analytics.saved.results import Result
from tokenfoundry.analytics.saved.run import run_report

__all__ = ["Result", "SavedReport", "built_in_reports", "find_report", "reports_in", "run_report"]
