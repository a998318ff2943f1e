"""Kill a process in the middle of its writes, many times over one directory: every promise it made is kept."""

import os
import random
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import tokenfoundry as tf

KILLS = 60


class Promises:
    """Reads what the workers were promised."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._rest = b""
        self.held: dict[str, int] = {}
        self.settled: dict[str, int] = {}
        self.void: set[str] = set()

    def read_for(self, seconds: float) -> bool:
        """Whether anything came in that time."""
        if not select.select([self._fd], [], [], seconds)[0]:
            return False
        *lines, self._rest = (self._rest + os.read(self._fd, 1 << 20)).split(b"\n")
        for line in lines:
            kind, id, tokens = line.decode().split()
            if kind == "held":
                self.held[id] = int(tokens)
            elif kind == "settled":
                self.settled[id] = int(tokens)
            elif kind == "void":
                self.void.add(id)
        return True


def check_books(directory: Path, promises: Promises, cap: int) -> int:
    """Opens the books as the next process would. Returns how many holds were recovered."""
    with tf.Ledger.open(directory) as led:
        entries = led.entries()
        by_id = {entry.id: entry for entry in entries}
        assert len(by_id) == len(entries), "an id was settled twice"
        assert [entry.seq for entry in entries] == list(range(len(entries)))
        for id, tokens in promises.settled.items():
            assert (by_id[id].kind, by_id[id].amounts.tokens, by_id[id].flags) == ("settled", tokens, 0), id
        for id in promises.void:
            assert (by_id[id].kind, by_id[id].amounts) == ("void", tf.Amounts()), id
        for id, tokens in promises.held.items():
            entry = by_id[id]
            if entry.kind == "recovered":
                assert (entry.amounts.tokens, entry.detail) == (tokens, b"held"), id
                assert entry.flags == tf.EntryFlags.UNCERTAIN, id
        assert led.holds() == []
        posted = {tuple(balance.each.items()): balance.posted for balance in led.balances() if balance.budget == "each"}
        sums: dict[tuple[tuple[str, str], ...], int] = {}
        for entry in entries:
            account = (("project", entry.axes.project),)
            sums[account] = sums.get(account, 0) + entry.amounts.tokens
        assert posted == sums
        assert all(tokens <= cap for tokens in posted.values())
        [total] = [balance for balance in led.balances() if balance.budget == "all"]
        assert (total.posted, total.held) == (sum(sums.values()), 0)
        verification = led.verify()
        assert verification.ok, verification
        assert verification.size == len(entries)
        return led.recovered


def test_no_promise_is_broken_by_sixty_kills(tmp_path: Path) -> None:
    rng = random.Random(20260216)
    reading, writing = os.pipe()
    promises = Promises(reading)
    worker = Path(__file__).with_name("ledger_worker.py")
    recovered = 0
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
            spender.stdin.write(f"{number} {tmp_path / 'books'} {rng.choice(['process', 'power'])}\n")
            spender.stdin.flush()
            pid = int(spender.stdout.readline())
            assert promises.read_for(30), "the worker did not open its ledger"
            deadline = time.monotonic() + rng.uniform(0, 0.06)
            while (left := deadline - time.monotonic()) > 0:
                promises.read_for(left)
            os.kill(pid, signal.SIGKILL)
            assert spender.stdout.readline() == "gone\n"
            while promises.read_for(0):
                pass
            recovered += check_books(tmp_path / "books", promises, cap=number * 400)
        spender.stdin.close()
    os.close(reading)
    os.close(writing)
    # The kills hit what they were aimed at.
    assert len(promises.settled) > KILLS
    assert recovered > KILLS / 2
