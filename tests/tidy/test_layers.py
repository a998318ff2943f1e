"""Includes and imports point one way. The order is the architecture: a module may use what stands before it, never
what stands after.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / "python" / "tokenfoundry"
CPP = ROOT / "cpp" / "tokenfoundry"

# A noun may include these nouns and itself.
CPP_MAY_INCLUDE = {
    "base": set(),
    "text": {"base"},
    "pii": {"base", "text"},
    "tokens": {"base", "text"},
    "store": {"base"},
    "cache": {"base", "store"},
    "ledger": {"base", "store"},
    "audit": {"base", "store"},
    "vault": {"base", "store"},
    "books": {"base", "store", "ledger", "audit", "vault"},
    "arrow": {"base", "text", "ledger", "pii"},
    "bindings": {"base", "text", "pii", "tokens", "store", "cache", "ledger", "audit", "vault", "books", "arrow"},
}
CPP_OUTSIDE = {
    "rocksdb/": {"store"},
    "hs/": {"pii"},
    "hs.h": {"pii"},
    "pybind11/": {"bindings"},
    "Python.h": {"bindings"},
}

# Lower layers first; modules of one layer do not import each other unless they stand in a later one.
PYTHON_LAYERS = [
    {"errors", "_core", "clock", "families", "ids", "money", "networks", "tool_types", "window_fields"},
    {"memo", "picture_rules", "usage"},
    {"pictures"},
    {"translate"},
    {"records", "settings"},
    {"vocabularies"},
    {"privacy", "tokens", "audit", "until"},
    {"cache", "counters", "ledger"},
    {"prompt_tokens"},
    {"pricing", "keys", "quotas", "vault"},
    {"estimates", "limits", "budgets"},
    {"changes", "packages", "rented_hours"},
    {"entries", "resilience"},
    {"attribution", "routing", "providers", "observers"},
    {"analytics"},
    {"gateway", "frames", "exporters"},
    {"batches"},
    {"compat"},
    {"echo_provider", "assembly", "on_demand"},
    {"factory"},
    {"doctor"},
    {"cli"},
    {"__main__", "__init__"},
]
RANK = {module: rank for rank, layer in enumerate(PYTHON_LAYERS) for module in layer}

HEAVY = {
    "anthropic": {"factory.py"},
    "azure": {"providers/credentials/entra.py"},
    "botocore": {"providers/credentials/aws.py"},
    "google": {"providers/credentials/google.py"},
    "cryptography": {"compat/presidio/cipher.py", "privacy/sealed.py"},
    "duckdb": {
        "analytics/duck.py",
        "analytics/rows/directory.py",
        "analytics/saved/run.py",
        "exporters/months.py",
        "frames/duckdb.py",
    },
    "fastapi": {"gateway/router.py"},
    "granian": {"cli/servers.py"},
    "gliner": {"privacy/opinions.py"},
    "numpy": {"analytics/demo_data/draw.py", "compat/tiktoken.py", "frames/pandas.py", "frames/pandas_columns.py"},
    "openai": {"factory.py", "cli/demo.py"},
    "pandas": {"frames/pandas.py", "frames/pandas_columns.py"},
    "polars": {"frames/polars.py"},
    "pyarrow": {
        "analytics/demo_data/draw.py",
        "analytics/demo_data/generate.py",
        "analytics/duck.py",
        "analytics/rows/directory.py",
        "analytics/saved/results.py",
        "frames/duckdb.py",
        "frames/examine.py",
        "frames/files/arrow_columns.py",
        "frames/files/arrow_texts.py",
        "frames/files/parquet.py",
        "frames/files/parquet_metadata.py",
        "frames/pandas.py",
        "frames/pandas_columns.py",
        "frames/workers.py",
    },
    "pyspark": {"frames/spark.py"},
    "ray": {"frames/ray.py"},
    "spacy": {"privacy/opinions.py"},
    "uvicorn": {"cli/servers.py"},
}


def cpp_files() -> list[Path]:
    return [path for path in sorted(CPP.rglob("*")) if path.suffix in (".h", ".cc")]


def python_files() -> list[Path]:
    return sorted(PYTHON.rglob("*.py"))


@pytest.mark.parametrize("path", cpp_files(), ids=lambda path: str(path.relative_to(CPP)))
def test_cpp_includes_point_down(path: Path) -> None:
    noun = path.relative_to(CPP).parts[0]
    for included in re.findall(r'#include ["<]([^">]+)[">]', path.read_text(encoding="utf-8")):
        if included.startswith("tokenfoundry/"):
            other = included.split("/")[1]
            assert other == noun or other in CPP_MAY_INCLUDE[noun], f"{noun} includes {included}"
            assert other == noun or not included.endswith("_internal.h"), f"{noun} includes the inside of {other}"
        for prefix, owners in CPP_OUTSIDE.items():
            assert not included.startswith(prefix) or noun in owners, f"only {owners} may see {included}"


@pytest.mark.parametrize("path", python_files(), ids=lambda path: str(path.relative_to(PYTHON)))
def test_python_imports_point_down(path: Path) -> None:
    relative = path.relative_to(PYTHON)
    own = relative.parts[0].removesuffix(".py")
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for imported in _imports(tree):
        top, _, rest = imported.partition(".")
        if top == "tokenfoundry" and rest:
            other = rest.split(".")[0]
            assert other == own or RANK[other] < RANK[own], f"{relative} imports {imported}"
        if top in HEAVY:
            assert str(relative) in HEAVY[top], f"{relative} imports {top}"


def _imports(tree: ast.AST) -> set[str]:
    """What is imported at run time: a block under TYPE_CHECKING only names types."""
    skipped = {
        child
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for child in ast.walk(node)
    }
    names: set[str] = set()
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names
