"""Evaluation labels that a user gives: how well a model did for an intent."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from tokenfoundry.errors import InvalidInput

Labels = Mapping[tuple[str, str], float]
"""A score from 0 to 1 by intent and model."""


def labels_of_file(file: Path) -> Labels:
    """The labels of a CSV file with the columns intent, model and score. Raises `InvalidInput` naming the line."""
    labels: dict[tuple[str, str], float] = {}
    reader = csv.DictReader(io.StringIO(_text_of(file), newline=""))
    try:
        for row in reader:
            try:
                score = float(row["score"])
                labels[row["intent"], row["model"]] = score
            except (KeyError, TypeError, ValueError):
                said = "needs the columns intent, model and score, a number"
                raise InvalidInput(f"{file}, line {reader.line_num}: {said}") from None
            if not 0 <= score <= 1:
                raise InvalidInput(f"{file}, line {reader.line_num}: score {score} is not from 0 to 1")
    except csv.Error as error:
        raise InvalidInput(f"{file}, line {reader.reader.line_num}: is not CSV: {error}") from None
    return labels


def _text_of(file: Path) -> str:
    try:
        content = file.read_bytes()
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidInput(f"{file}, line {line}: is not UTF-8 text: {error.reason}") from None
    except OSError as error:
        raise InvalidInput(f"cannot read {file}: {error.strerror}") from None
