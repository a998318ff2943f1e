"""What the gateway's README says of its modules is true: each stands in it once, and what it names exists."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "python" / "tokenfoundry" / "gateway"
TEXT = (FOLDER / "README.md").read_text(encoding="utf-8")
TABLE = TEXT[TEXT.index("| subject |") : TEXT.index("## What always holds")]


def test_every_module_stands_in_the_table() -> None:
    named = re.findall(r"`([a-z_]+)`", TABLE)
    modules = {path.stem for at in ("", "attempts", "sharing", "host", "bodies") for path in (FOLDER / at).glob("*.py")}
    modules.remove("__init__")
    assert modules - set(named) == set()
    of_packages = {"table", "route", "notes"}
    assert {name for name in named if "/" not in name} - modules - of_packages == set()


def test_every_folder_and_every_test_that_it_names_exists() -> None:
    for folder in re.findall(r"`([a-z_/]+)/`", TEXT):
        assert (FOLDER / folder).is_dir(), folder
    known = {path.name for path in (ROOT / "tests" / "python").rglob("test_*.py")}
    named = set(re.findall(r"`(test_\w+\.py)`", TEXT))
    assert named
    assert named <= known
