"""Keys: minted, checked, stored as a hash, changed by field."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from pathlib import Path

import pytest

from tokenfoundry.errors import InvalidInput, NotFound
from tokenfoundry.keys import Key, KeyRing, hash_of, id_of, mint
from tokenfoundry.ledger import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger.open(tmp_path / "books") as opened:
        yield opened


def test_a_minted_key_has_its_form_and_check() -> None:
    key_id, text = mint()
    assert len(text) == 3 + 8 + 1 + 43 + 1 + 6
    assert id_of(text) == key_id


def test_any_single_typing_mistake_is_noticed_without_a_look_up() -> None:
    _, text = mint()
    for position, character in enumerate(text):
        other = "B" if character == "A" else "A"
        assert id_of(text[:position] + other + text[position + 1 :]) is None


@pytest.mark.parametrize("text", ["", "tf", "tf___", "sk-abc", "tf_" + "é" * 8 + "_" + "a" * 43 + "_" + "a" * 6])
def test_what_is_no_key_has_no_id(text: str) -> None:
    assert id_of(text) is None


def test_a_key_outlives_the_ring_and_only_its_hash_is_stored(ledger: Ledger, tmp_path: Path) -> None:
    key, text = KeyRing(ledger).create({"project": "claims"}, now_ms=5)
    assert KeyRing(ledger).authenticate(text, now_ms=6) == key
    ((_, stored),) = ledger.items("keys")
    assert text.encode() not in stored
    assert hash_of(text).encode() in stored
    assert text not in repr(key)
    assert "sha256" not in key.public()


def test_a_key_of_another_directory_is_unknown(ledger: Ledger) -> None:
    _, text = mint()
    assert KeyRing(ledger).authenticate(text, now_ms=6) is None


def test_an_id_with_another_secret_is_unknown(ledger: Ledger) -> None:
    ring = KeyRing(ledger)
    key, _ = ring.create({}, now_ms=5)
    _, other = mint(key.id)
    assert id_of(other) == key.id
    assert ring.authenticate(other, now_ms=6) is None


def test_the_comparisons_are_the_same_for_a_known_and_an_unknown_id(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = KeyRing(ledger)
    never_rotated, first = ring.create({}, now_ms=5)
    rotated, _ = ring.create({}, now_ms=5)
    _, newest = ring.rotate(rotated.id, overlap_ms=1000, now_ms=5)
    compared: list[tuple[str, str]] = []
    compare = hmac.compare_digest

    def counting(kept: str, offered: str) -> bool:
        compared.append((kept, offered))
        return compare(kept, offered)

    monkeypatch.setattr(hmac, "compare_digest", counting)
    counts = set()
    for text in (first, newest, mint(never_rotated.id)[1], mint(rotated.id)[1], mint()[1]):
        compared.clear()
        ring.authenticate(text, now_ms=6)
        of_secrets = [pair for pair in compared if pair[1] == hash_of(text)]
        assert all(len(kept) == len(offered) == 64 for kept, offered in of_secrets)
        counts.add(len(of_secrets))
    assert counts == {3}


def test_an_empty_place_of_an_old_secret_opens_nothing() -> None:
    key = Key(id="k", sha256="a" * 64)
    assert not key.opens_with("0" * 64, now_ms=-1)
    assert not key.opens_with("0" * 64, now_ms=0)
    assert not key.opens_with("", now_ms=0)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"colour": "red"}, "no field 'colour'"),
        ({"now_ms": 3}, "no field 'now_ms'"),
        ({"expires_at_ms": "soon"}, "^expires_at_ms: expected"),
        ({"expires_at_ms": -1}, "^expires_at_ms: should be Unix milliseconds"),
        ({"expires_at_ms": 10**15}, "^expires_at_ms: should be Unix milliseconds"),
        ({"scopes": ["everything"]}, "^scopes"),
        ({"project": ""}, "needs a workspace and a project"),
        ({"project": "p" * 200}, "^project: needs at most 128"),
        ({"name": "a\nb"}, "^name: needs at most 128 printable"),
        ({"client_axes": ["key"]}, "cannot be set by a client"),
        ({"state": "odd"}, "^state: should be active, frozen or disabled"),
        ({"models": []}, "^models: an empty list allows nothing"),
        ({"models": ["fast", ""]}, r"^models\[1\]: needs 1 to 128"),
        ({"models": ["gpt*mini"]}, r"^models\[0\]: 'gpt\*mini' has a \* that is not at its end"),
        ({"models": "fast"}, "^models: expected"),
        ({"endpoints": ["pictures"]}, r"^endpoints\[0\]: should be batches, chat, "),
        ({"endpoints": []}, "^endpoints: an empty list"),
        ({"regions": [""]}, r"^regions\[0\]"),
        ({"intents": []}, "^intents: an empty list"),
        ({"intents": ["x" * 129]}, r"^intents\[0\]"),
        ({"intents": ["refunds"], "client_axes": ["session"]}, "^intents: no call could state one"),
        ({"allowed_ips": []}, "^allowed_ips: an empty list"),
        ({"allowed_ips": ["10.0.0.0/8", "10.0.0.1/8"]}, r"^allowed_ips\[1\]: '10.0.0.1/8' should be an address range"),
        ({"allowed_ips": ["here"]}, r"^allowed_ips\[0\]: 'here' should be"),
        ({"rpm": 0}, "^rpm: should be from 1"),
        ({"tpm": -5}, "^tpm: should be from 1"),
        ({"concurrent": True}, "^concurrent: expected `int"),
        ({"rpm": 1.5}, "^rpm: expected `int"),
        ({"id": "mine0000"}, "a key's id cannot be set"),
        ({"sha256": "0" * 64}, "a key's sha256 cannot be set"),
        ({"old_secrets": []}, "a key's old_secrets cannot be set"),
    ],
    ids=str,
)
def test_a_wrong_field_is_refused_by_name(ledger: Ledger, fields: dict[str, object], message: str) -> None:
    ring = KeyRing(ledger)
    with pytest.raises(InvalidInput, match=message):
        ring.create(fields, now_ms=5)
    assert list(ring) == []


def test_a_key_is_changed_by_field_but_not_its_identity(ledger: Ledger) -> None:
    ring = KeyRing(ledger)
    key, text = ring.create({}, now_ms=5)
    ring.update(key.id, {"state": "frozen", "models": ["fast"]})
    changed = KeyRing(ledger).authenticate(text, now_ms=6)
    assert changed is not None
    assert (changed.state, changed.models) == ("frozen", ("fast",))
    with pytest.raises(InvalidInput, match="sha256 cannot be set"):
        ring.update(key.id, {"sha256": "0" * 64})
    with pytest.raises(NotFound):
        ring.update("nobody00", {"state": "active"})


def test_a_restriction_is_taken_away_with_none(ledger: Ledger) -> None:
    ring = KeyRing(ledger)
    key, _ = ring.create({"models": ["fast"], "rpm": 5, "allowed_ips": ["10.0.0.0/8"]}, now_ms=5)
    freed = ring.update(key.id, {"models": None, "rpm": None, "allowed_ips": None})
    assert (freed.models, freed.rpm, freed.allowed_ips) == (None, None, None)
    assert freed.allows_model("anything")
    assert freed.allows_address(None)


def test_a_key_is_frozen_whatever_an_earlier_version_let_pass(ledger: Ledger) -> None:
    ledger.put("keys", "old00000", b'{"id":"old00000","sha256":"00","expires_at_ms":1000000000000000,"models":[]}')
    assert KeyRing(ledger).update("old00000", {"state": "frozen"}).state == "frozen"


@pytest.mark.parametrize(
    ("models", "allowed", "refused"),
    [
        (["fast"], ["fast"], ["faster", "fas", "*", ""]),
        (["gpt-4o*"], ["gpt-4o", "gpt-4o-mini"], ["gpt-4", "my-gpt-4o"]),
        (["*"], ["anything"], []),
        (["fast", "gpt*"], ["fast", "gpt-4o"], ["faster"]),
    ],
    ids=str,
)
def test_a_model_is_allowed_by_its_name_or_its_beginning(
    ledger: Ledger, models: list[str], allowed: list[str], refused: list[str]
) -> None:
    key, _ = KeyRing(ledger).create({"models": models}, now_ms=5)
    assert all(map(key.allows_model, allowed))
    assert not any(map(key.allows_model, refused))


def test_a_lent_key_ends_with_the_ring(ledger: Ledger) -> None:
    ring = KeyRing(ledger)
    text = ring.lend(scopes=("admin",))
    lent = ring.authenticate(text, now_ms=6)
    assert lent is not None
    with pytest.raises(InvalidInput, match="belongs to the running server"):
        ring.update(lent.id, {"state": "active"})
    assert KeyRing(ledger).authenticate(text, now_ms=6) is None
