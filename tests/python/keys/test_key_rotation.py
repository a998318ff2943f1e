"""A new secret under the same id: the old text lives as long as was said, and no secret is ever written down."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tokenfoundry.errors import InvalidInput, NotFound, StoreError
from tokenfoundry.keys import KeyRing, hash_of, id_of, overlap_ms_of
from tokenfoundry.ledger import Ledger

HOUR_MS = 3_600_000


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "books") as opened:
        yield opened


def in_force(ring: KeyRing, texts: list[str], now_ms: int) -> list[bool]:
    return [ring.authenticate(text, now_ms=now_ms) is not None for text in texts]


def test_the_old_text_works_until_the_overlap_ends_and_not_at_its_end(ledger: Ledger) -> None:
    ring = KeyRing(ledger)
    key, old = ring.create({"project": "claims"}, now_ms=0)
    rotated, new = ring.rotate(key.id, overlap_ms=HOUR_MS, now_ms=1000)
    assert id_of(new) == rotated.id == key.id
    assert rotated.project == "claims"
    assert in_force(ring, [old, new], 1000) == [True, True]
    assert in_force(ring, [old, new], 1000 + HOUR_MS - 1) == [True, True]
    assert in_force(ring, [old, new], 1000 + HOUR_MS) == [False, True]


def test_without_an_overlap_every_earlier_text_ends_at_once(ledger: Ledger) -> None:
    ring = KeyRing(ledger)
    key, first = ring.create({}, now_ms=0)
    _, second = ring.rotate(key.id, overlap_ms=HOUR_MS, now_ms=1)
    rotated, third = ring.rotate(key.id, overlap_ms=0, now_ms=2)
    assert in_force(ring, [first, second, third], 2) == [False, False, True]
    assert rotated.old_secrets == ()


def test_two_old_secrets_live_and_the_oldest_goes_first(ledger: Ledger) -> None:
    ring = KeyRing(ledger)
    key, text = ring.create({}, now_ms=0)
    texts = [text, *(ring.rotate(key.id, overlap_ms=HOUR_MS, now_ms=now_ms)[1] for now_ms in (1, 2, 3))]
    assert in_force(ring, texts, 4) == [False, True, True, True]
    assert [old.ends_at_ms for old in ring.get(key.id).old_secrets] == [3 + HOUR_MS, 2 + HOUR_MS]


def test_an_older_secret_never_outlives_a_later_overlap(ledger: Ledger) -> None:
    ring = KeyRing(ledger)
    key, first = ring.create({}, now_ms=0)
    ring.rotate(key.id, overlap_ms=10 * HOUR_MS, now_ms=0)
    ring.rotate(key.id, overlap_ms=HOUR_MS, now_ms=0)
    assert in_force(ring, [first], HOUR_MS - 1) == [True]
    assert in_force(ring, [first], HOUR_MS) == [False]


def test_a_rotation_outlives_the_process(ledger: Ledger) -> None:
    key, old = KeyRing(ledger).create({}, now_ms=0)
    _, new = KeyRing(ledger).rotate(key.id, overlap_ms=HOUR_MS, now_ms=0)
    reopened = KeyRing(ledger)
    assert in_force(reopened, [old, new], 1) == [True, True]
    assert in_force(reopened, [old, new], HOUR_MS) == [False, True]


def test_a_rotation_that_cannot_be_written_changes_nothing(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    ring = KeyRing(ledger)
    key, old = ring.create({}, now_ms=0)

    def fail(*_: Any) -> None:
        raise StoreError("disk full")

    with monkeypatch.context() as patched:
        patched.setattr(ledger, "put", fail)
        with pytest.raises(StoreError):
            ring.rotate(key.id, overlap_ms=0, now_ms=1)
    assert in_force(ring, [old], 2) == [True]
    assert ring.get(key.id) == key == KeyRing(ledger).get(key.id)


def test_a_frozen_key_stays_frozen_and_a_lent_one_is_not_rotated(ledger: Ledger) -> None:
    ring = KeyRing(ledger)
    key, _ = ring.create({"state": "frozen"}, now_ms=0)
    assert ring.rotate(key.id, overlap_ms=0, now_ms=1)[0].state == "frozen"
    lent = id_of(ring.lend(scopes=("admin",)))
    assert lent is not None
    with pytest.raises(InvalidInput, match="belongs to the running server"):
        ring.rotate(lent, overlap_ms=0, now_ms=1)
    with pytest.raises(NotFound):
        ring.rotate("nobody00", overlap_ms=0, now_ms=1)


def test_what_an_administrator_sees_is_when_old_secrets_end(ledger: Ledger) -> None:
    ring = KeyRing(ledger)
    key, old = ring.create({}, now_ms=0)
    rotated, new = ring.rotate(key.id, overlap_ms=HOUR_MS, now_ms=5)
    assert rotated.public()["old_secrets"] == [{"ends_at_ms": 5 + HOUR_MS}]
    shown = f"{rotated.public()} {rotated!r} {rotated.old_secrets!r}"
    for secret in (old, new, hash_of(old), hash_of(new)):
        assert secret not in shown


def test_no_byte_of_a_secret_reaches_the_disk(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "books", durability="power") as ledger:
        ring = KeyRing(ledger)
        key, first = ring.create({"name": "watched-name"}, now_ms=0)
        texts = [first, *(ring.rotate(key.id, overlap_ms=HOUR_MS, now_ms=now_ms)[1] for now_ms in (1, 2))]
        while_open = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    KeyRing(Ledger.open(tmp_path / "books", read_only=True))
    after = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for written in (while_open, after):
        # What must be there shows that the search would find what must not.
        assert b"watched-name" in written
        assert all(hash_of(text).encode() in written for text in texts)
        for text in texts:
            secret = text.split("_")[2]
            assert not any(secret[start : start + 12].encode() in written for start in range(len(secret) - 12))


@pytest.mark.parametrize(("value", "overlap_ms"), [("24h", 24 * HOUR_MS), ("90s", 90_000), ("0", 0), (0, 0)])
def test_an_overlap_is_a_duration(value: object, overlap_ms: int) -> None:
    assert overlap_ms_of(value) == overlap_ms


@pytest.mark.parametrize("value", ["", "24", 24, "-1h", "1.5h", None, True, False, "366d", ["1h"]])
def test_what_is_no_overlap_is_refused(value: object) -> None:
    with pytest.raises(InvalidInput, match=re.compile("^overlap: should be")):
        overlap_ms_of(value)
