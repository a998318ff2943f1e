"""Kill a process in the middle of its writes, many times over one directory: every promise it made is kept.

`TF_KILLS=1000` kills a thousand times instead of sixty.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from crash.ledger_promises import Promises, check_books

KILLS = int(os.environ.get("TF_KILLS", "60"))
KILLS_OF_A_DIRECTORY = 20  # Then a new one: reading all entries after each kill must not take over.
SEED = int(os.environ.get("TF_SEED", "20260216"))


def test_no_promise_is_broken_by_many_kills(tmp_path: Path) -> None:
    rng = random.Random(SEED)
    reading, writing = os.pipe()
    promises = Promises(reading)
    worker = Path(__file__).with_name("ledger_worker.py")
    entries = opened = recovered = 0
    with subprocess.Popen(
        [sys.executable, worker, str(writing)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        pass_fds=[writing],
    ) as spender:
        assert spender.stdin is not None
        assert spender.stdout is not None
        for number in range(1, KILLS + 1):
            books = tmp_path / f"books{number // KILLS_OF_A_DIRECTORY}"
            spender.stdin.write(f"{number} {books} {rng.choice(['process', 'power'])}\n")
            spender.stdin.flush()
            pid = int(spender.stdout.readline())
            # Half of them while they open: in recovery, or in the first opening of all, again and again.
            if rng.random() < 0.5:
                deadline = time.monotonic() + rng.uniform(0, 0.04)
            else:
                give_up = time.monotonic() + 60
                while ("ready", str(number)) not in promises.done:
                    promises.read_for(1)
                    assert time.monotonic() < give_up, "the worker did not open its ledger"
                deadline = time.monotonic() + rng.uniform(0, 0.08)
            while (left := deadline - time.monotonic()) > 0:
                promises.read_for(left)
            os.kill(pid, signal.SIGKILL)
            assert spender.stdout.readline() == "gone\n"
            while promises.read_for(0):
                pass
            if ("open", str(number)) in promises.done:
                opened += 1
                recovered += promises.done["open", str(number)]
            last = number == KILLS or (number + 1) // KILLS_OF_A_DIRECTORY != number // KILLS_OF_A_DIRECTORY
            if last or opened:  # A directory that nobody has finished making cannot be read.
                size = check_books(books, promises, read_only=not last)
            if last:
                entries += size
                promises.forget()
                opened = 0
        spender.stdin.close()
    os.close(reading)
    os.close(writing)
    # The kills hit what they were aimed at.
    assert entries > 10 * KILLS
    assert recovered > KILLS / 2
