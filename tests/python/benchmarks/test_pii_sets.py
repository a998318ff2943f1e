import random
import re
from collections.abc import Callable

import phonenumbers
import pytest
from stdnum import bic, iban, imei, isbn, luhn
from stdnum.de import idnr
from stdnum.es import nie, nif
from stdnum.fr import nir
from stdnum.gb import nhs
from stdnum.it import codicefiscale, iva
from stdnum.nl import bsn
from stdnum.pl import pesel
from stdnum.pt import nif as pt_nif
from stdnum.us import ssn

from pii import corpora, credentials, hostile, identifiers, internet, logs, negatives, phones, sets
from pii.items import Draw, Generator, slots
from pii.wording import DATA, LANGUAGES, keys, wording

ITEMS = sets.value_items(6)


def draws(count: int = 150) -> list[Draw]:
    draw = Draw(random.Random(1))
    shown = []
    for number in range(count):
        draw.language = LANGUAGES[number % len(LANGUAGES)]
        shown.append(draw)
    return shown


def digits(text: str) -> str:
    return "".join(filter(str.isdigit, text))


def plain(text: str) -> str:
    return re.sub(r"[\s.\-]", "", text).upper()


VALID: list[tuple[Generator, Callable[[str], bool]]] = [
    (identifiers.iban, lambda text: iban.is_valid(plain(text))),
    (identifiers.bic, bic.is_valid),
    (identifiers.card, lambda text: luhn.is_valid(digits(text))),
    (identifiers.fiscal_code, codicefiscale.is_valid),
    (identifiers.it_vat, lambda text: iva.is_valid(digits(text))),
    (identifiers.es_nif, lambda text: nif.is_valid(plain(text))),
    (identifiers.es_nie, lambda text: nie.is_valid(plain(text))),
    (identifiers.fr_nir, lambda text: nir.is_valid(plain(text))),
    (identifiers.de_tax_id, idnr.is_valid),
    (identifiers.uk_nhs, nhs.is_valid),
    (identifiers.pl_pesel, pesel.is_valid),
    (identifiers.pt_nif_number, pt_nif.is_valid),
    (identifiers.nl_bsn, bsn.is_valid),
    (identifiers.us_ssn, lambda text: ssn.is_valid(digits(text))),
]


@pytest.mark.parametrize(("generator", "valid"), VALID, ids=lambda one: getattr(one, "__name__", ""))
def test_every_identifier_has_valid_check_digits(generator: Generator, valid: Callable[[str], bool]) -> None:
    values = [generator(draw, None) for draw in draws()]
    assert [value.text for value in values if not valid(value.text)] == []
    assert all(value.extents == ((0, len(value.text)),) for value in values)


INVALID: list[tuple[Generator, Callable[[str], bool]]] = [
    (negatives.not_iban, lambda text: iban.is_valid(plain(text))),
    (negatives.not_card, lambda text: luhn.is_valid(digits(text))),
    (negatives.not_fiscal_code, codicefiscale.is_valid),
    (negatives.not_vat, lambda text: iva.is_valid(digits(text))),
    (negatives.not_nif, lambda text: nif.is_valid(plain(text))),
    (negatives.not_nir, lambda text: nir.is_valid(plain(text))),
    (negatives.not_tax_id, idnr.is_valid),
    (negatives.barcode, luhn.is_valid),
]


@pytest.mark.parametrize(("generator", "valid"), INVALID, ids=lambda one: getattr(one, "__name__", ""))
def test_what_must_not_be_found_has_wrong_check_digits(generator: Generator, valid: Callable[[str], bool]) -> None:
    values = [generator(draw, None) for draw in draws()]
    assert [value.text for value in values if valid(value.text)] == []
    assert all(value.extents == () for value in values)


def test_books_and_devices_have_valid_numbers_of_their_own() -> None:
    assert all(isbn.is_valid(negatives.book(draw, None).text) for draw in draws(40))
    assert all(imei.is_valid(negatives.imei(draw, None).text) for draw in draws(40))


def test_every_country_of_the_registry_gives_an_iban() -> None:
    draw = Draw(random.Random(2))
    countries = identifiers.iban_structures()
    assert len(countries) > 80
    assert all(iban.is_valid(identifiers.iban_compact(draw, country)) for country in countries)


def test_cards_come_from_every_range_with_the_length_of_the_brand() -> None:
    numbers = [digits(identifiers.card(draw, None).text) for draw in draws(2_000)]
    for _, low, high, length, _ in identifiers.CARD_RANGES:
        prefixes = tuple(str(prefix) for prefix in range(low, high + 1))
        assert any(number.startswith(prefixes) and len(number) == length for number in numbers)


@pytest.mark.parametrize("variant", ["national", "international", "faker"])
def test_every_phone_number_is_of_a_numbering_plan(variant: str) -> None:
    regions = {"it": ["IT"], "en": ["US", "GB", "IE"], "fr": ["FR", "BE"], "de": ["DE", "AT"], "es": ["ES"]}
    for draw in draws(250):
        text = phones.phone(draw, variant).text
        readings = []
        for region in regions[draw.language]:
            try:
                readings.append(phonenumbers.parse(text, region))
            except phonenumbers.NumberParseException:
                continue
        assert any(phonenumbers.is_valid_number(number) for number in readings), text


def test_wallets_match_the_published_examples() -> None:
    # BIP 173 and BIP 350: the key hash and the output key that their test vectors encode; Bitcoin's first address.
    key_hash = bytes.fromhex("751e76e8199196d454941c45d1b3a323f1433bd6")
    assert internet.bech32(0, key_hash) == "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
    output_key = bytes.fromhex("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798")
    assert internet.bech32(1, output_key) == "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"
    assert internet.base58check(b"\0" + key_hash) == "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH"


def test_the_code_holds_no_whole_token() -> None:
    shapes = re.compile(
        r"(AKIA|ASIA)[A-Z2-7]{16}|gh[posu]_\w{36}|sk_live_\w{20}|AIza[\w-]{35}|BEGIN [A-Z ]*PRIVATE KEY-----\n\w{20}"
    )
    for path in (DATA.parents[1]).rglob("*.*"):
        if path.suffix in {".py", ".txt"}:
            assert not shapes.search(path.read_text(encoding="utf-8")), path


@pytest.mark.parametrize("kind", ["token", "key", "connection", "assigned", "bearer", "spoken"])
def test_the_first_extent_of_a_secret_is_the_secret_and_the_last_character_of_it_counts(kind: str) -> None:
    for draw in draws(60):
        value = credentials.secret(draw, kind)
        start, end = value.extents[0]
        assert value.text[start:end].strip() == value.text[start:end]
        assert all(0 <= first < last <= len(value.text) for first, last in value.extents)


def test_every_truth_stands_where_it_says() -> None:
    assert list(sets.misplaced(ITEMS)) == []


def test_a_misplaced_truth_would_be_told() -> None:
    first = ITEMS[0]
    moved = type(first)("x" + first.text, first.truths, first.language, first.family)
    assert len(list(sets.misplaced([moved]))) >= 1


def test_every_entity_is_asked_for_in_every_set() -> None:
    asked = {truth.entity for item in ITEMS for truth in item.truths}
    assert asked >= set(sets.ENTITIES)
    assert {item.language for item in ITEMS} == set(LANGUAGES)
    assert any(not item.truths for item in ITEMS)


def test_the_same_seed_gives_the_same_set_and_another_seed_another() -> None:
    assert sets.digest(sets.value_items(6)) == sets.digest(ITEMS)
    assert sets.digest(sets.value_items(6, seed=1)) != sets.digest(ITEMS)


def test_texts_without_data_hold_none() -> None:
    assert all(not item.truths for item in ITEMS if item.family == "negatives")


def test_prompts_are_different_and_of_the_size_asked_for() -> None:
    texts = sets.prompts(40, 1024)
    assert len(set(texts)) == 40
    assert all(1021 <= len(text.encode()) <= 1024 for text in texts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_slot_of_the_wording_has_a_generator(language: str) -> None:
    words = wording(language)
    frames = [frame for family in words.frames.values() for frame in family]
    used = {slot for line in (*words.sentences, *words.negatives, *words.prose, *frames) for slot in slots(line)}
    used |= {name.partition(":")[0] for name in (*words.labels, *keys())}
    assert used <= {*sets.GENERATORS, "BODY"}
    assert all("<BODY>" in frame for frame in frames)


def test_wording_without_slots_holds_no_data() -> None:
    for language in LANGUAGES:
        words = wording(language)
        for line in (*words.sentences, *words.negatives, *words.prose):
            assert not re.search(r"\d{6,}|@\w+\.\w{2,}|https?:", line.replace("@types/node@20.1.0", "")), line


def test_logs_are_the_same_for_one_seed_and_hold_no_phone_or_mail() -> None:
    texts = logs.logs(60_000)
    assert texts == logs.logs(60_000)
    assert not any("@" in text or "+39" in text for text in texts)
    assert sum(len(text) for text in texts) >= 60_000


def test_pieces_are_the_whole_text_again() -> None:
    texts = logs.logs(20_000)
    assert "".join(corpora.pieces(texts, 500)) == "".join(texts)


def test_hostile_texts_have_the_size_asked_for() -> None:
    texts = hostile.hostile_texts(4_096)
    assert len(texts) >= 20
    assert all(4_096 - 16 <= len(text.encode()) <= 4_096 for text in texts.values())
