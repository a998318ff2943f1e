"""What the detector's README shows is true: its examples run, its links exist, and its table names every entity."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import tokenfoundry as tf

FOLDER = Path(__file__).resolve().parents[2] / "cpp" / "tokenfoundry" / "pii"
TEXT = (FOLDER / "README.md").read_text(encoding="utf-8")


def test_the_examples_run_and_print_what_is_shown() -> None:
    first, second = re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)
    shown = re.search(r"```\n\n((?:    .*\n)+)", TEXT)
    assert shown is not None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(first, {})
    assert printed.getvalue() == re.sub(r"^    ", "", shown[1], flags=re.MULTILINE)
    names: dict[str, Any] = {"tf": tf}
    exec(second, names)
    found = names["detector"].detect("staff number EMP-7, BLUE FERN, info@example.it")
    assert [finding.entity for finding in found] == ["BADGE", "PROJECT"]


def test_the_table_names_every_entity() -> None:
    table = TEXT[TEXT.index("| everybody |") : TEXT.index("**Not detected:**")]
    assert sorted(re.findall(r"\b[A-Z]{2,}(?:_[A-Z]+)*\b(?= ?[,|;(\n])", table)) == sorted(tf.entities())


def test_every_link_is_there() -> None:
    for link in re.findall(r"\]\(([^)]+)\)", TEXT):
        assert (FOLDER / link).exists(), link
