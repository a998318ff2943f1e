"""One writer per directory, whatever it is called and whoever else looks into it."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import tokenfoundry as tf
from tokenfoundry.errors import DataLoss, DirectoryBusy, InvalidInput


@pytest.mark.parametrize("other", ["/.", "/../books", "-link"])
def test_another_name_of_the_directory_is_the_same_directory(tmp_path: Path, other: str) -> None:
    (tmp_path / "books-link").symlink_to(tmp_path / "books")
    with tf.Ledger.open(tmp_path / "books"), pytest.raises(DirectoryBusy, match=str(os.getpid())):
        tf.Ledger.open(f"{tmp_path}/books{other}")
    tf.Ledger.open(tmp_path / "books").close()


def test_a_backup_of_the_directory_does_not_give_it_away(tmp_path: Path) -> None:
    with tf.Ledger.open(tmp_path / "books"):
        shutil.copytree(tmp_path / "books", tmp_path / "backup")
        code = f"import tokenfoundry as tf; tf.Ledger.open({str(tmp_path / 'books')!r})"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
        assert "DirectoryBusy" in done.stderr
        assert f"process {os.getpid()}" in done.stderr


def test_a_forked_child_leaves_the_books_to_its_parent(tmp_path: Path) -> None:
    led = tf.Ledger.open(tmp_path / "books", durability="power")
    cache = tf.Cache.open(tmp_path / "cache", max_bytes=1_000_000)
    child = os.fork()
    if child == 0:
        del led, cache  # the last references: their destructors run here
        os._exit(0)
    for _ in range(1000):
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            break
        select.select([], [], [], 0.02)
    else:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        pytest.fail("the child hangs in a destructor")
    assert status == 0
    assert (tmp_path / "books" / "HOLDER").read_text().strip() == str(os.getpid())
    led.record("a", kind="hit", axes=tf.Axes())
    led.close()
    cache.close()


def test_no_amount_can_wedge_the_books(tmp_path: Path) -> None:
    with tf.Ledger.open(tmp_path / "books") as led:
        budget = tf.Budget(name="all", unit="tokens", window=tf.Window("lifetime"), hard=2**63 - 1, mode="track")
        led.set_budgets([budget])
        with pytest.raises(InvalidInput, match="tokens"):
            tf.Amounts(tokens=2**53 + 1)
        led.reserve("open", amounts=tf.Amounts(tokens=5), axes=tf.Axes())
        for number in range(1030):
            led.record(f"hit-{number}", kind="hit", amounts=tf.Amounts(tokens=2**53), axes=tf.Axes())
        assert led.balances()[0].posted == 2**63 - 1
    with tf.Ledger.open(tmp_path / "books") as led:
        assert led.recovered == 1
        assert led.verify().ok


def test_health_tells_of_a_ledger_that_refuses_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = f"""
import resource, signal, tokenfoundry as tf
from tokenfoundry.errors import StoreError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
led = tf.Ledger.open({str(tmp_path / "books")!r})
led.check_health()
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    for number in range(1000):
        led.record(str(number), kind="hit", axes=tf.Axes(), detail=b"x" * 1000)
except StoreError:
    try:
        led.check_health()
    except StoreError:
        print("unhealthy")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout == "unhealthy\n", done.stderr


def test_a_shortened_log_is_damage_also_when_it_is_not_the_last(tmp_path: Path) -> None:
    # The writer dies when its entries were first flushed to a table: the ids still stand in the older log alone.
    code = f"""
import os, tokenfoundry as tf
led = tf.Ledger.open({str(tmp_path / "books")!r})
for number in range(1000):
    led.record(str(number), kind="hit", axes=tf.Axes(), detail=bytes(100_000))
    files = os.listdir({str(tmp_path / "books")!r})
    if any(name.endswith((".sst", ".ldb")) for name in files):
        os._exit(0)
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
    older, *_ = sorted((tmp_path / "books").glob("*.log"))
    with older.open("r+b") as log:
        log.truncate(log.seek(0, os.SEEK_END) // 2)
    with pytest.raises(DataLoss):
        tf.Ledger.open(tmp_path / "books")
