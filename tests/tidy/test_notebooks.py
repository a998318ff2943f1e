"""The notebooks run from beginning to end, and what they show is what they were saved with: no machine, no stranger."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

nbclient = pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")
pytest.importorskip("ipykernel")
pytest.importorskip("matplotlib")

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
MOST_BYTES = 200_000

# What the kernel's own packages say about themselves.
pytestmark = pytest.mark.filterwarnings("default")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path: Path) -> None:
    """An error in a cell is this test's error."""
    notebook = nbformat.read(path, 4)
    client = nbclient.NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}
    )
    client.execute()
    plots = [
        output for cell in notebook.cells for output in cell.get("outputs", []) if "image/png" in output.get("data", {})
    ]
    assert plots


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_what_a_notebook_was_saved_with_is_small_and_shows_nobody(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    notebook = json.loads(text)
    assert len(text) < MOST_BYTES
    assert [cell["execution_count"] for cell in notebook["cells"] if cell["cell_type"] == "code"] == list(
        range(1, 1 + sum(cell["cell_type"] == "code" for cell in notebook["cells"]))
    )
    assert not re.search(r"/(?:tmp|root|home|work)/", text)
    assert {address.rpartition("@")[2] for address in re.findall(r"[\w.]+@[\w.]*\w", text)} <= {"example.it"}


def test_there_are_notebooks() -> None:
    names = [path.stem for path in NOTEBOOKS]
    assert names == ["cost_of_a_corpus", "cost_per_intent", "measure_what_is_found", "redact_a_data_set", "whatif"]
