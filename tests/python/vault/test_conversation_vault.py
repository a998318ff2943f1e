"""A conversation's numbering goes on, sealed, for its owner alone, until it ends or is erased."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.clocked import FakeClock
from tokenfoundry.errors import ConfigError, DataLoss, InvalidInput, StoreError
from tokenfoundry.ledger import Ledger
from tokenfoundry.privacy import Redactor
from tokenfoundry.privacy.placeholders import Overtaken
from tokenfoundry.settings.vault import VaultSettings
from tokenfoundry.vault import ConversationValues, Vault

ENTITIES = ("EMAIL_ADDRESS", "PERSON", "LITERAL")
DAY_MS = 86_400_000
MARIO, ANNA = "mario@example.it", "anna@example.it"


class Books:
    """Books that can be opened again, with other settings of the vault."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = FakeClock()
        self.ledger = Ledger.open(path / "books", clock=self.clock)
        self.vaults: list[Vault] = []

    def vault(self, **stated: object) -> Vault:
        settings = VaultSettings.model_validate(stated)
        self.vaults.append(Vault.open(self.ledger, settings, self.path, clock=self.clock))
        return self.vaults[-1]

    def close(self) -> None:
        for vault in self.vaults:
            vault.close()
        self.ledger.close()

    def reopen(self) -> None:
        self.close()
        self.ledger = Ledger.open(self.path / "books", clock=self.clock)

    def bytes_on_disk(self) -> bytes:
        return b"".join(file.read_bytes() for file in self.path.rglob("*") if file.is_file())


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    made = Books(tmp_path)
    yield made
    made.close()


def chat(vault: Vault, name: str = "chat", *, key: str = "k1", project: str = "claims") -> ConversationValues:
    return vault.conversation(workspace="acme", project=project, key=key, name=name, entities=ENTITIES)


def test_the_numbering_goes_on_over_calls_and_openings(books: Books) -> None:
    first = chat(books.vault())
    assert [first.assign("EMAIL_ADDRESS", each) for each in (MARIO, ANNA, MARIO)] == [
        "[EMAIL_ADDRESS_1]",
        "[EMAIL_ADDRESS_2]",
        "[EMAIL_ADDRESS_1]",
    ]
    books.reopen()
    later = chat(books.vault())
    assert later.assign("EMAIL_ADDRESS", ANNA) == "[EMAIL_ADDRESS_2]"
    assert later.assign("EMAIL_ADDRESS", "luca@example.it") == "[EMAIL_ADDRESS_3]"
    assert later.assign("PERSON", "Mario Rossi") == "[PERSON_1]"
    assert list(later) == ["[EMAIL_ADDRESS_2]", "[EMAIL_ADDRESS_3]", "[PERSON_1]"]


def test_what_a_call_before_said_is_restored_too(books: Books) -> None:
    chat(books.vault()).assign("EMAIL_ADDRESS", MARIO)
    later = chat(books.vault())
    assert later
    assert later.value_of("[EMAIL_ADDRESS_1]") == MARIO
    for unknown in (
        "[EMAIL_ADDRESS_2]",
        "[PERSON_1]",
        "[BADGE_1]",
        "[EMAIL_ADDRESS_01]",
        "[EMAIL_ADDRESS_99999999999]",
    ):
        assert later.value_of(unknown) is None
    assert later.may_be("EMAIL_ADD")
    assert later.may_be("EMAIL_ADDRESS_1", True)
    assert not later.may_be("PERS")
    assert not later.may_be("EMAIL_ADDRESS_2")
    assert not chat(books.vault(), "another")


def test_nobody_else_goes_on_with_a_conversation(books: Books) -> None:
    vault = books.vault()
    chat(vault).assign("EMAIL_ADDRESS", MARIO)
    for other in (chat(vault, "chat2"), chat(vault, key="k2"), chat(vault, project="other")):
        assert other.value_of("[EMAIL_ADDRESS_1]") is None
        assert other.assign("EMAIL_ADDRESS", ANNA) == "[EMAIL_ADDRESS_1]"
    shared = books.vault(share="project")
    assert chat(shared).value_of("[EMAIL_ADDRESS_1]") is None  # What belonged to a key stays with it.
    chat(shared).assign("EMAIL_ADDRESS", MARIO)
    assert chat(shared, key="k2").value_of("[EMAIL_ADDRESS_1]") == MARIO
    assert chat(shared, key="k2", project="other").value_of("[EMAIL_ADDRESS_1]") is None


def test_a_conversation_ends_when_it_was_not_used_for_its_time(books: Books) -> None:
    vault = books.vault(ttl="1d")
    chat(vault).assign("EMAIL_ADDRESS", MARIO)
    books.clock.now_ms += DAY_MS - 1
    assert chat(vault).assign("EMAIL_ADDRESS", MARIO) == "[EMAIL_ADDRESS_1]"
    books.clock.now_ms += DAY_MS - 1
    assert chat(vault).value_of("[EMAIL_ADDRESS_1]") == MARIO
    books.clock.now_ms += DAY_MS
    assert not chat(vault)
    assert chat(vault).assign("EMAIL_ADDRESS", ANNA) == "[EMAIL_ADDRESS_1]"


def test_what_is_over_is_swept_from_the_disk(books: Books) -> None:
    vault = books.vault(ttl="1d")
    chat(vault, "old").assign("EMAIL_ADDRESS", MARIO)
    books.clock.now_ms += DAY_MS
    chat(vault, "new").assign("EMAIL_ADDRESS", ANNA)
    vault.sweep()
    assert (vault.stats().conversations, vault.stats().values) == (1, 1)


def test_no_value_and_no_name_is_in_any_file(books: Books) -> None:
    secret_name = "conversation-of-somebody"
    values = chat(books.vault(), secret_name)
    values.assign("EMAIL_ADDRESS", MARIO)
    assert MARIO not in repr(values)
    written = books.bytes_on_disk()
    for hidden in (MARIO, secret_name, "EMAIL_ADDRESS", "claims"):
        assert hidden.encode() not in written


def test_erases_by_project_key_and_name_and_nothing_else(books: Books) -> None:
    vault = books.vault()

    def fill() -> None:
        for project in ("claims", "other"):
            for key in ("k1", "k2"):
                for name in ("chat", "call"):
                    chat(vault, name, key=key, project=project).assign("EMAIL_ADDRESS", MARIO)

    fill()
    assert vault.erase(workspace="acme", project="claims", key="k1", conversation="chat") == 1
    assert vault.erase(workspace="acme", project="claims") == 3
    assert vault.erase(project="claims") == 0  # Of the workspace default.
    assert vault.erase(key="k2") == 2
    assert vault.erase(conversation="call") == 1
    assert vault.stats().conversations == 1
    fill()
    assert vault.erase(all=True) == 8
    assert chat(vault).assign("EMAIL_ADDRESS", ANNA) == "[EMAIL_ADDRESS_1]"
    for wrong in ({}, {"all": True, "key": "k1"}, {"workspace": "acme"}):
        with pytest.raises(InvalidInput):
            vault.erase(**wrong)
    with pytest.raises(InvalidInput, match="belong to projects"):
        books.vault(share="project").erase(key="k1")


def test_a_call_under_way_adds_nothing_after_an_erasure_and_still_restores(books: Books) -> None:
    vault = books.vault()
    under_way = chat(vault)
    under_way.assign("EMAIL_ADDRESS", MARIO)
    vault.erase(all=True)
    assert under_way.value_of("[EMAIL_ADDRESS_1]") == MARIO
    with pytest.raises(StoreError, match="erased"):
        under_way.assign("EMAIL_ADDRESS", ANNA)
    assert chat(vault).assign("EMAIL_ADDRESS", ANNA) == "[EMAIL_ADDRESS_1]"
    with pytest.raises(StoreError, match="erased"):
        under_way.assign("EMAIL_ADDRESS", ANNA)


def test_what_is_new_in_a_call_is_written_at_once_or_not_at_all(books: Books) -> None:
    vault = books.vault()
    values = chat(vault)
    values.collect()
    given = [values.assign(*each) for each in (("EMAIL_ADDRESS", MARIO), ("PERSON", "Mario"), ("EMAIL_ADDRESS", ANNA))]
    assert given == ["[EMAIL_ADDRESS_1]", "[PERSON_1]", "[EMAIL_ADDRESS_2]"]
    assert chat(vault).value_of("[PERSON_1]") is None
    values.keep()
    assert values.assign("PERSON", "Anna") == "[PERSON_2]"
    books.reopen()
    later = chat(books.vault())
    assert [later.value_of(each) for each in (*given, "[PERSON_2]")] == [MARIO, "Mario", ANNA, "Anna"]
    later.collect()
    assert [later.assign("PERSON", each) for each in ("Luca", "Mario", "Sara")] == [
        "[PERSON_3]",
        "[PERSON_1]",
        "[PERSON_4]",
    ]


@pytest.mark.parametrize("is_new", [True, False])
def test_of_two_calls_that_give_the_same_numbers_one_begins_again(books: Books, is_new: bool) -> None:
    vault = books.vault()
    if not is_new:
        chat(vault).assign("PERSON", "Mario")
    first, second = chat(vault), chat(vault)
    first.collect()
    second.collect()
    assert first.assign("EMAIL_ADDRESS", MARIO) == second.assign("EMAIL_ADDRESS", ANNA) == "[EMAIL_ADDRESS_1]"
    second.assign("PERSON", "Anna")
    first.keep()
    with pytest.raises(Overtaken):
        second.keep()
    assert chat(vault).value_of("[PERSON_2]") is None
    again = vault.conversation(
        workspace="acme", project="claims", key="k1", name="chat", entities=ENTITIES, at_once=False
    )
    again.collect()
    assert again.assign("EMAIL_ADDRESS", ANNA) == "[EMAIL_ADDRESS_2]"
    assert chat(vault).value_of("[EMAIL_ADDRESS_2]") == ANNA
    again.keep()


def test_what_an_erasure_came_before_is_written_nowhere(books: Books) -> None:
    vault = books.vault()
    chat(vault).assign("PERSON", "Anna")
    under_way = chat(vault)
    under_way.collect()
    under_way.assign("EMAIL_ADDRESS", MARIO)
    vault.erase(all=True)
    with pytest.raises(Overtaken):
        under_way.keep()
    assert vault.stats().values == 0


def test_calls_that_redact_at_the_same_time_agree_on_every_number(books: Books) -> None:
    vault = books.vault()
    redactor = Redactor()
    said: list[list[str]] = [[] for _ in range(3)]

    def work(mine: list[str], step: int) -> None:
        for i in range(30):
            text = " ".join(f"u{((i + n) * step) % 30}@example.it" for n in range(3))
            at_once = True
            while True:
                values = vault.conversation(
                    workspace="a", project="p", key="k", name="c", entities=redactor.entities, at_once=at_once
                )
                session = redactor.session(values=values)
                try:
                    mine.append(f"{session.whole(lambda text=text, session=session: session.redact(text))}={text}")
                    break
                except Overtaken:
                    at_once = False

    threads = [threading.Thread(target=work, args=(mine, step)) for mine, step in zip(said, (1, 7, 11), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    restored = vault.conversation(workspace="a", project="p", key="k", name="c", entities=redactor.entities)
    assert all(len(mine) == 30 for mine in said)
    for line in {line for mine in said for line in mine}:
        sent, text = line.split("=")
        assert redactor.session(values=restored).restore(sent) == text


def test_keys_rotate(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in (("OLD", "an old key"), ("NEW", "a new key")):
        monkeypatch.setenv(f"VAULT_{name}", text)
    chat(books.vault(key="env:VAULT_OLD")).assign("EMAIL_ADDRESS", MARIO)
    both = books.vault(key="env:VAULT_NEW", old_keys=["env:VAULT_OLD"])
    assert chat(both).assign("EMAIL_ADDRESS", MARIO) == "[EMAIL_ADDRESS_1]"
    assert chat(both).assign("EMAIL_ADDRESS", ANNA) == "[EMAIL_ADDRESS_2]"
    with pytest.raises(DataLoss, match="not among those stated"):
        books.vault(key="env:VAULT_NEW")
    assert both.reseal() == 1
    assert both.reseal() == 0
    new = books.vault(key="env:VAULT_NEW")
    assert [chat(new).assign("EMAIL_ADDRESS", each) for each in (MARIO, ANNA)] == [
        "[EMAIL_ADDRESS_1]",
        "[EMAIL_ADDRESS_2]",
    ]
    with pytest.raises(DataLoss):
        books.vault(key="env:VAULT_OLD")


def test_a_key_may_follow_the_one_that_was_made_by_itself(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    chat(books.vault()).assign("EMAIL_ADDRESS", MARIO)
    assert (books.path / "vault.key").stat().st_mode & 0o077 == 0
    monkeypatch.setenv("VAULT_KEY", "a stated key")
    stated = books.vault(key="env:VAULT_KEY")
    assert chat(stated).value_of("[EMAIL_ADDRESS_1]") == MARIO
    assert stated.reseal() == 1
    (books.path / "vault.key").unlink()
    assert chat(books.vault(key="env:VAULT_KEY")).value_of("[EMAIL_ADDRESS_1]") == MARIO


def test_a_key_that_is_not_there_opens_nothing(books: Books) -> None:
    with pytest.raises(ConfigError, match="NOWHERE"):
        books.vault(key="env:TF_TEST_NOWHERE")
    with pytest.raises(ValueError, match="opens nothing later"):
        books.vault(key="aws")


def test_threads_of_one_conversation_agree_on_every_number(books: Books) -> None:
    vault = books.vault()
    given: list[dict[str, str]] = [{} for _ in range(4)]

    def work(mine: dict[str, str], step: int) -> None:
        for i in range(40):
            value = f"u{(i * step) % 40}@example.it"
            mine[value] = chat(vault).assign("EMAIL_ADDRESS", value)

    threads = [threading.Thread(target=work, args=(mine, step)) for mine, step in zip(given, (1, 3, 7, 9), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert given[0] == given[1] == given[2] == given[3]
    assert sorted(given[0].values()) == sorted(f"[EMAIL_ADDRESS_{n}]" for n in range(1, 41))


def test_a_numbering_by_itself_is_told_only_where_it_differs(books: Books) -> None:
    vault = books.vault()
    first = chat(vault)
    for entity, value in (("EMAIL_ADDRESS", MARIO), ("PERSON", "Mario"), ("EMAIL_ADDRESS", ANNA)):
        first.assign(entity, value)
    assert first.renumbering() is None
    later = chat(vault)
    later.assign("EMAIL_ADDRESS", ANNA)
    later.assign("PERSON", "Mario")
    later.assign("EMAIL_ADDRESS", MARIO)
    assert later.renumbering() == {
        "[EMAIL_ADDRESS_2]": "[EMAIL_ADDRESS_1]",
        "[PERSON_1]": "[PERSON_1]",
        "[EMAIL_ADDRESS_1]": "[EMAIL_ADDRESS_2]",
    }


def known_in(values: ConversationValues, text: str) -> list[tuple[str, str]]:
    known = values.known()
    words = {word.encode() for word in re.findall(r"\w+", text)}
    return sorted((entity, value) for entity, value, _ in known.among(words)) if known else []


def test_a_call_knows_the_values_of_those_before_it_alone(books: Books) -> None:
    vault = books.vault()
    people = [f"u{number}@example.it" for number in range(150)]  # More than are read at a time.
    first = chat(vault)
    for each in people:
        first.assign("EMAIL_ADDRESS", each)
    first.assign("LITERAL", "[PERSON_1]")
    chat(vault, "another").assign("PERSON", "Mario Rossi")
    for _ in range(2):
        later = chat(vault)
        assert later.assign("EMAIL_ADDRESS", people[100]) == "[EMAIL_ADDRESS_101]"
        assert known_in(later, " ".join(people)) == sorted(("EMAIL_ADDRESS", each) for each in people)
        assert list(later) == ["[EMAIL_ADDRESS_101]"]
    assert known_in(chat(vault, "new"), " ".join(people)) == []


def test_a_name_alone_is_found_in_a_call_after_that_of_the_full_name(books: Books) -> None:
    redactor = Redactor()

    def redacted(text: str, key: str = "k1") -> str:
        values = books.vault().conversation(
            workspace="acme", project="claims", key=key, name="chat", entities=redactor.entities
        )
        session = redactor.session(values=values)
        made = session.whole(lambda: session.redact(text))
        assert session.restore(made) == text
        return made

    assert redacted("Sono Giulia Fabbrizi, con NEUMANN LUDWIG e Theresa May") == (
        "Sono [PERSON_1], con [PERSON_2] e [PERSON_3]"
    )
    said = "Fabbrizi: 1, Giulia: 2, Neumann: 3. May: 4"
    assert redacted("Fabbrizi: 1. May: 4", key="k2") == "Fabbrizi: 1. May: 4"
    first = redacted(said)
    assert first.endswith(". May: 4")
    assert not {"Fabbrizi", "Giulia", "Neumann"} & set(re.findall(r"\w+", first))
    books.reopen()
    assert redacted(said) == first


def test_surrogates_go_on_over_calls_and_lie_sealed(books: Books) -> None:
    vault = books.vault()
    policy = {"default": "surrogate"}
    # Their keys differ, so what is the same is the conversation's.
    first = Redactor(policy=policy).session(values=chat(vault))
    text = "Scrive Mario Rossi, mario@example.it, ROSSI"
    first.expect([text])
    sent = first.redact(text)
    assert "Rossi" not in sent
    books.reopen()
    vault = books.vault()
    later = Redactor(policy=policy).session(values=chat(vault))
    said = "Rossi Mario e mario@example.it"
    later.expect([said])
    assert later.redact(text) == sent
    assert later.restore(sent) == text
    alone = Redactor(policy=policy).session(values=chat(vault))
    alone.expect([])
    assert alone.restore(sent) == text  # A model may name who was named in a call before.
    assert known_in(chat(vault), "Mario") == [("PERSON", "Mario")]
    other = Redactor(policy=policy).session(values=chat(vault, "another"))
    other.expect([])
    assert other.restore(sent) == sent
    books.close()
    on_disk = books.bytes_on_disk()
    books.reopen()
    for hidden in ("Mario", "mario@example.it", *sent.replace(",", "").split()[1:]):
        assert hidden.encode() not in on_disk


def test_two_calls_at_once_never_give_one_surrogate_to_two_values(books: Books) -> None:
    vault = books.vault()
    one, other = chat(vault), chat(vault)
    assert one.keep_surrogate("PERSON", "Luca", "Mario")
    assert not other.keep_surrogate("PERSON", "Luca", "Paolo")
    assert other.keep_surrogate("PERSON", "Luca", "Mario")
    assert list(chat(vault).surrogates()) == [("Luca", "Mario")]
