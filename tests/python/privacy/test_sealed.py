"""What lies on a disk tells nothing and cannot be changed or exchanged unnoticed."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from tokenfoundry.errors import ConfigError, DataLoss
from tokenfoundry.privacy.sealed import OVERHEAD_BYTES, Sealer, SealerRing, key_in_file, key_of_text

PLAIN = b"mario.rossi@example.it"


def test_what_is_sealed_opens_with_the_same_key_purpose_and_place_alone() -> None:
    sealer = Sealer(bytes(32))
    sealed = sealer.derived("a").seal(PLAIN, place=b"1")
    assert sealer.derived("a").open(sealed, place=b"1") == PLAIN
    assert len(sealed) == len(PLAIN) + OVERHEAD_BYTES
    for other, place in (
        (sealer.derived("a"), b"2"),
        (sealer.derived("b"), b"1"),
        (sealer, b"1"),
        (Sealer(b"x" * 32).derived("a"), b"1"),
    ):
        with pytest.raises(DataLoss):
            other.open(sealed, place=place)


def test_every_changed_byte_is_noticed_and_so_is_what_is_missing() -> None:
    sealer = Sealer(bytes(32))
    sealed = sealer.seal(PLAIN)
    for at in range(len(sealed)):
        changed = bytearray(sealed)
        changed[at] ^= 1
        with pytest.raises(DataLoss):
            sealer.open(bytes(changed))
        with pytest.raises(DataLoss):
            sealer.open(sealed[:at])


def test_nothing_is_sealed_twice_alike() -> None:
    sealer = Sealer(bytes(32))
    assert len({sealer.seal(PLAIN) for _ in range(100)}) == 100
    assert PLAIN not in sealer.seal(PLAIN)
    assert "00" not in repr(sealer)


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "sealing.key"
    keys: list[bytes] = []
    threads = [threading.Thread(target=lambda: keys.append(key_in_file(path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(keys) == {path.read_bytes()}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [*tmp_path.iterdir()] == [path]
    path.chmod(0o640)
    with pytest.raises(ConfigError, match="chmod 600"):
        key_in_file(path)


def test_a_key_of_another_length_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sealing.key"
    path.write_bytes(b"short")
    path.chmod(0o600)
    with pytest.raises(DataLoss, match="32 bytes, and has 5"):
        key_in_file(path)


def test_a_text_is_one_key_however_long_it_is() -> None:
    assert len({key_of_text("a"), key_of_text("a" * 1000)}) == 2
    assert len(key_of_text("a")) == 32


def test_a_ring_seals_with_its_first_key_and_opens_with_each() -> None:
    old, new = b"o" * 32, b"n" * 32
    before, both, after = SealerRing([old], "a"), SealerRing([new, old], "a"), SealerRing([new], "a")
    sealed = before.seal(PLAIN, place=b"1")
    assert both.open(sealed, place=b"1") == PLAIN
    assert not both.is_of_first(sealed)
    anew = both.seal(both.open(sealed, place=b"1"), place=b"1")
    assert after.open(anew, place=b"1") == PLAIN
    assert after.is_of_first(anew)
    for ring, wrong, place in ((after, sealed, b"1"), (both, sealed, b"2"), (both, b"", b"1"), (before, anew, b"1")):
        with pytest.raises(DataLoss):
            ring.open(wrong, place=place)
    assert "2 keys" in repr(both)
