"""What to change, with the money at stake and the evidence."""

from __future__ import annotations

from tokenfoundry.analytics.advice.advise import advise
from tokenfoundry.analytics.advice.finding import Finding
from tokenfoundry.analytics.advice.labels import Labels, labels_of_file

__all__ = ["Finding", "Labels", "advise", "labels_of_file"]
