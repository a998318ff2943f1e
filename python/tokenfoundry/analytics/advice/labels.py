"""Evaluation labels that a user gives: how well a model did for an intent."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from tokenfoundry.errors import InvalidInput

Labels = Mapping[tuple[str, str], float]
"""A score from 0 to 1 by intent and model."""


def labels_of_file(file: Path) -> Labels:
    """The labels of a CSV file with the columns intent, model and score. Raises `InvalidInput` naming the line."""
    labels: dict[tuple[str, str], float] = {}
    try:
        with file.open(encoding="utf-8", newline="") as source:
            for row in (reader := csv.DictReader(source)):
                try:
                    score = float(row["score"])
                    labels[row["intent"], row["model"]] = score
                except (KeyError, TypeError, ValueError):
                    said = "needs the columns intent, model and score, a number"
                    raise InvalidInput(f"{file}, line {reader.line_num}: {said}") from None
                if not 0 <= score <= 1:
                    raise InvalidInput(f"{file}, line {reader.line_num}: score {score} is not from 0 to 1")
    except OSError as error:
        raise InvalidInput(f"cannot read {file}: {error.strerror}") from None
    return labels
