"""The evaluation sets: prompts with values whose places are known. Seeded, so that every run asks the same."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator, Sequence

from pii import credentials, dates, identifiers, internet, phones, places
from pii.items import Draw, Generator, Item, Value, joined, nothing, render, whole
from pii.negatives import NEGATIVES
from pii.wording import LANGUAGES, keys, wording

SEED = 20260115

ENTITIES: dict[str, Generator] = {
    "EMAIL_ADDRESS": internet.email,
    "IBAN_CODE": identifiers.iban,
    "CREDIT_CARD": identifiers.card,
    "IT_FISCAL_CODE": identifiers.fiscal_code,
    "IT_VAT_CODE": identifiers.it_vat,
    "ES_NIF": identifiers.es_nif,
    "ES_NIE": identifiers.es_nie,
    "FR_NIR": identifiers.fr_nir,
    "DE_TAX_ID": identifiers.de_tax_id,
    "UK_NINO": identifiers.uk_nino,
    "UK_NHS": identifiers.uk_nhs,
    "PL_PESEL": identifiers.pl_pesel,
    "PT_NIF": identifiers.pt_nif_number,
    "NL_BSN": identifiers.nl_bsn,
    "US_SSN": identifiers.us_ssn,
    "PHONE_NUMBER": phones.phone,
    "IP_ADDRESS": internet.ip,
    "MAC_ADDRESS": internet.mac,
    "URL": internet.url,
    "CRYPTO": internet.crypto,
    "SECRET": credentials.secret,
    "BIC": identifiers.bic,
    "DATE_TIME": dates.date_time,
    "STREET_ADDRESS": places.street_address,
    "LICENSE_PLATE": places.license_plate,
}


def _person(draw: Draw, variant: str | None = None) -> Value:
    return whole(f"{draw.faker().first_name()} {draw.faker().last_name()}")


GENERATORS: dict[str, Generator] = {
    **ENTITIES,
    **NEGATIVES,
    "PERSON": _person,  # Truths of the text, scored on the files of names and not here: `names.py`.
    "EXPIRY": dates.expiry,
    "COMPANY": lambda draw, _: nothing(draw.faker().company()),
    "CITY": lambda draw, _: nothing(draw.faker().city()),
}

_STRUCTURED = ("form", "csv", "json", "markdown")


def _slot(entity: str, names: dict[str, tuple[str, ...]], draw: Draw) -> str | None:
    """A slot of the entity that has a label or key of its own: for `SECRET`, `SECRET:spoken` and `SECRET:token`."""
    candidates = [name for name in names if name.partition(":")[0] == entity]
    return draw.random.choice(candidates) if candidates else None


def _sentence(entity: str, draw: Draw) -> str | None:
    candidates = wording(draw.language).sentences_with(entity)
    return draw.random.choice(candidates) if candidates else None


def _prose(entity: str, draw: Draw) -> Item | None:
    """A sentence with the value, perhaps with others around it, in a frame."""
    first = _sentence(entity, draw)
    if first is None:
        return None
    words = wording(draw.language)
    sentences = [first]
    for _ in range(draw.random.choices([0, 1, 2, 3], [25, 35, 25, 15])[0]):
        source = draw.random.choices([words.prose, words.negatives, words.sentences], [50, 30, 20])[0]
        sentences.append(draw.random.choice(source))
    draw.random.shuffle(sentences)
    family = draw.random.choice(list(words.frames))
    frame = draw.random.choice(words.frames[family])
    body = draw.random.choice([" ", " ", "\n"]).join(sentences)
    return render(frame.replace("<BODY>", body), draw, GENERATORS, family=family)


def _others(names: dict[str, tuple[str, ...]], count: int, draw: Draw) -> list[str]:
    common = (
        "PERSON",
        "EMAIL_ADDRESS",
        "PHONE_NUMBER",
        "IBAN_CODE",
        "DATE_TIME:birth",
        "STREET_ADDRESS",
        "CREDIT_CARD",
        "IP_ADDRESS",
    )
    return draw.random.sample([name for name in common if name in names], count)


def _form(entity: str, draw: Draw) -> Item | None:
    labels = wording(draw.language).labels
    slot = _slot(entity, labels, draw)
    if slot is None:
        return None
    fields = list(dict.fromkeys([slot, *_others(labels, draw.random.randint(1, 4), draw)]))
    draw.random.shuffle(fields)
    between = draw.random.choices([": ", " : ", ":\t", ":\n", " - "], [60, 12, 10, 10, 8])[0]
    template = "\n".join(f"{draw.random.choice(labels[field])}{between}<{field}>" for field in fields)
    return render(template, draw, GENERATORS, family="form")


def _markdown(entity: str, draw: Draw) -> Item | None:
    labels = wording(draw.language).labels
    slot = _slot(entity, labels, draw)
    if slot is None:
        return None
    fields = list(dict.fromkeys([slot, *_others(labels, 2, draw)]))
    names = [draw.random.choice(labels[field]) for field in fields]
    if draw.likely(0.5):
        template = "\n".join(f"- **{name}**: <{field}>" for name, field in zip(names, fields, strict=True))
    else:
        rows = [" | ".join(f"<{field}>" for field in fields) for _ in range(2)]
        template = "\n".join(f"| {line} |" for line in [" | ".join(names), " | ".join("---" for _ in fields), *rows])
    return render(template, draw, GENERATORS, family="markdown")


def _csv(entity: str, draw: Draw) -> Item | None:
    slot = _slot(entity, keys(), draw)
    if slot is None:
        return None
    fields = list(dict.fromkeys([slot, *_others(keys(), 2, draw)]))
    draw.random.shuffle(fields)
    delimiter = ";" if "STREET_ADDRESS" in fields else draw.random.choice([",", ";", "\t"])
    header = delimiter.join(["id", *(draw.random.choice(keys()[field]) for field in fields)])
    rows = [delimiter.join([str(number), *(f"<{field}>" for field in fields)]) for number in (1, 2, 3)]
    return render("\n".join([header, *rows]), draw, GENERATORS, family="csv")


def _json(entity: str, draw: Draw) -> Item | None:
    slot = _slot(entity, keys(), draw)
    if slot is None:
        return None
    fields = list(dict.fromkeys([slot, *_others(keys(), draw.random.randint(1, 3), draw)]))
    value = {draw.random.choice(keys()[field]): f"<{field}>" for field in fields}
    nested = {"id": draw.random.randint(1, 99_999), "customer": value} if draw.likely(0.4) else value
    template = json.dumps(nested, indent=draw.random.choice([None, 2]), ensure_ascii=False)
    return render(template, draw, GENERATORS, family="json")


def _one(entity: str, draw: Draw) -> Item:
    makers = {"form": _form, "csv": _csv, "json": _json, "markdown": _markdown}
    for _ in range(1000):
        draw.language = draw.random.choice(LANGUAGES)
        family = draw.random.choice(_STRUCTURED) if draw.likely(0.35) else "prose"
        # Columns and fields are named alike in all languages, so that a number of one country belongs to its own.
        if family in {"csv", "json"} and entity not in _spoken_in(draw.language):
            continue
        item = (_prose if family == "prose" else makers[family])(entity, draw)
        if item is not None and any(truth.entity == entity for truth in item.truths):
            return item
    raise RuntimeError(f"no template has {entity}")


def _spoken_in(language: str) -> set[str]:
    return {name.partition(":")[0] for name in wording(language).labels}


def _only_negatives(draw: Draw) -> Item:
    draw.language = draw.random.choice(LANGUAGES)
    words = wording(draw.language)
    lines = [*draw.random.sample(words.negatives, draw.random.randint(2, 4)), draw.random.choice(words.prose)]
    draw.random.shuffle(lines)
    return render(draw.random.choice([" ", "\n"]).join(lines), draw, GENERATORS, family="negatives")


_MANY_FORMS = frozenset({"SECRET", "PHONE_NUMBER", "IBAN_CODE", "CREDIT_CARD", "URL"})  # Asked for twice as often.


def value_items(per_entity: int, seed: int = SEED) -> list[Item]:
    """`per_entity` texts for each entity, each with at least one of it, and four times as many without any.

    Deterministic for one `seed` and one version of Faker, phonenumbers and python-stdnum.
    """
    items: list[Item] = []
    for entity in ENTITIES:
        draw = Draw(random.Random(f"{seed} {entity}"))
        items += [_one(entity, draw) for _ in range(per_entity * (2 if entity in _MANY_FORMS else 1))]
    draw = Draw(random.Random(f"{seed} negatives"))
    return items + [_only_negatives(draw) for _ in range(4 * per_entity)]


def _prompt(draw: Draw, size_bytes: int) -> str:
    """Prose with a few values in it, cut at `size_bytes` of UTF-8."""
    values = [_one(draw.random.choice(["EMAIL_ADDRESS", "PHONE_NUMBER", "IBAN_CODE", "DATE_TIME", "URL"]), draw)]
    words = wording(draw.language)
    if draw.likely(0.7):
        values.append(_prose("EMAIL_ADDRESS", draw) or values[0])
    prose = Item(" ".join(draw.random.choices(words.prose, k=18)), (), draw.language, "prose")
    parts = [values[0], prose, *values[1:]]
    text = joined(parts, "\n\n", family="prompt").text
    while len(text.encode()) < size_bytes:
        text += " " + draw.random.choice(words.prose)
    return text.encode()[:size_bytes].decode(errors="ignore")


def prompts(count: int, size_bytes: int, seed: int = SEED) -> list[str]:
    """Different prompts of `size_bytes` of UTF-8 (or up to three less), as people write them: prose, some values."""
    draw = Draw(random.Random(f"{seed} prompts {size_bytes}"))
    found: dict[str, None] = {}
    while len(found) < count:
        found[_prompt(draw, size_bytes)] = None
    return list(found)


def misplaced(items: Sequence[Item]) -> Iterator[str]:
    """What is wrong with the sets themselves: nothing, or a sentence for each truth that is not where it says."""
    for item in items:
        for truth in item.truths:
            if item.text[truth.start : truth.end] != truth.value:
                yield f"{truth.entity} is not at {truth.start}: {item.text!r}"
            if not all(0 <= start < end <= len(item.text) for start, end in truth.extents):
                yield f"{truth.entity} has an extent outside of its text: {truth.extents}"


def digest(items: list[Item]) -> str:
    """The first digits of a hash over all texts and truths: two runs with the same were asked the same."""
    hashing = hashlib.sha256()
    for item in items:
        hashing.update(repr((item.text, item.truths)).encode())
    return hashing.hexdigest()[:12]
