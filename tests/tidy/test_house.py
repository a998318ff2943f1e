"""What keeps the house in order: the public names, the stub of the core, no marks of unfinished work."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import tokenfoundry

ROOT = Path(__file__).resolve().parents[2]


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.splitlines()]


def test_every_public_name_is_exported_and_sorted() -> None:
    assert tokenfoundry.__all__ == sorted(tokenfoundry.__all__)
    for name in tokenfoundry.__all__:
        assert hasattr(tokenfoundry, name), name


def test_importing_the_package_imports_no_heavy_one() -> None:
    code = "import sys, tokenfoundry; print(*sorted(name for name in sys.modules if '.' not in name))"
    loaded = set(
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    )
    heavy = {
        "azure",
        "botocore",
        "fastapi",
        "google",
        "starlette",
        "openai",
        "httpx2",
        "uvicorn",
        "pandas",
        "polars",
        "duckdb",
        "pyarrow",
        "numpy",
        "plotly",
        "cryptography",
    }
    assert not loaded & heavy


def test_the_stub_of_the_core_is_in_step(tmp_path: Path) -> None:
    """`python -m pybind11_stubgen tokenfoundry._core -o python` renews it."""
    command = [sys.executable, "-m", "pybind11_stubgen", "tokenfoundry._core", "-o", str(tmp_path)]
    subprocess.run(command, capture_output=True, text=True, check=True)
    made = (tmp_path / "tokenfoundry" / "_core.pyi").read_text(encoding="utf-8")
    assert made == (ROOT / "python" / "tokenfoundry" / "_core.pyi").read_text(encoding="utf-8")


def test_nothing_is_marked_unfinished() -> None:
    marks = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|X" + r"XX|NotImplemented" + r"Error)\b")
    for path in tracked("*.py", "*.cc", "*.h", "*.md", "*.cmake", "*.yaml", "scripts/*"):
        assert not marks.search(path.read_text(encoding="utf-8")), path
