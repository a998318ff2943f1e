"""Ray Data redacts on its workers: a local cluster of two, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

pytest.importorskip("ray")

SCRIPT = """
import json, os
import pyarrow as pa
import ray
from tokenfoundry import Detector, Redactor
from tokenfoundry.errors import InvalidInput
from tokenfoundry.frames.ray import redact_ray

ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, object_store_memory=100_000_000)
try:
    ray.data.DataContext.get_current().enable_progress_bars = False
    notes = [None if at % 9 == 0 else f"riga {at}: anna{at}@example.it" for at in range(2000)]
    table = pa.table({"id": range(2000), "note": notes})
    dataset = ray.data.from_arrow([table.slice(at, 250) for at in range(0, 2000, 250)])
    redactor = Redactor(Detector(["EMAIL_ADDRESS"]), policy={"default": "redact"})
    safe = redact_ray(dataset, columns=["note"], redactor=redactor, workers=2, batch_rows=100)
    found = {row["id"]: row["note"] for row in safe.take_all()}
    expected = {at: None if at % 9 == 0 else f"riga {at}: [EMAIL_ADDRESS]" for at in range(2000)}
    try:
        redact_ray(dataset, columns=["note"], redactor=Redactor(Detector(["EMAIL_ADDRESS"])))
        refused = ""
    except InvalidInput as error:
        refused = str(error)
    try:
        redact_ray(dataset, columns=["name"], redactor=redactor).take_all()
        missing = ""
    except Exception as error:
        missing = str(error)
    print(json.dumps({
        "rows": found == expected,
        "refused": "choose hash, mask or redact" in refused,
        "missing": "'name'" in missing or "name" in missing,
    }))
finally:
    ray.shutdown()
"""


def test_two_ray_workers_redact_a_dataset() -> None:
    environment = os.environ | {"RAY_USAGE_STATS_ENABLED": "0"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=240, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert json.loads(done.stdout.splitlines()[-1]) == {"rows": True, "refused": True, "missing": True}
