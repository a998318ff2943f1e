"""Kill a process while it posts the hours of a reservation, many times: no hour is missing, and none stands twice.

`TF_KILLS=1000` kills a thousand times instead of thirty.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tokenfoundry.ledger import Ledger
from tokenfoundry.pricing.reservations import HOUR_MS

KILLS = os.environ.get("TF_KILLS", "30")
SEED = os.environ.get("TF_SEED", "20260216")


def test_no_hour_is_lost_or_doubled_by_many_kills(tmp_path: Path) -> None:
    worker = Path(__file__).with_name("rented_hours_worker.py")
    ran = subprocess.run(
        [sys.executable, worker, str(tmp_path / "books"), KILLS, SEED], capture_output=True, text=True, check=True
    )
    told = ran.stdout.splitlines()
    assert not [line for line in told if line.startswith("failed")]
    assert ran.stderr == ""
    with Ledger.open(tmp_path / "books") as ledger:
        hours = [entry.at // HOUR_MS for entry in ledger.entries()]
        assert ledger.verify().ok
    assert hours == list(range(len(hours)))
    assert len(hours) >= max(map(int, told)) > 5 * int(KILLS)
