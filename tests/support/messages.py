"""Texts as Hypothesis makes them, in which personal data is likely: fragments of both, and anything; and such texts in
JSON, with escapes and inside each other.
"""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

FRAGMENTS = (
    "mario@example.it",
    "anna.bianchi@example.it",
    "IT60X0542811101000000123456",
    "+39 333 1234567",
    "RSSMRA85T10A562S",
    "Mario Rossi",
    "la signora Anna Bianchi",
    "https://example.it/x?mail=mario@example.it",
    "192.168.1.20",
    "[EMAIL_ADDRESS_1]",
    "[EMAIL_ADDRESS_1",
    "[[A_1]]",
    "[IBAN_CODE]",
    "[ email_address_2 ]",
    "[badge_1]",
    r"\[EMAIL\_ADDRESS\_1\]",
    "&#91;EMAIL_ADDRESS_1&#93;",
    "【PERSON_1】",
    r"\u005bIBAN_CODE_1]",
    "partita IVA 07643520567",
    "password: Xy1!aaaa",
    " ",
    "\n",
    ", ",
    " è ",
    "😀",
    "\\n",
)

messages = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=12)), max_size=8).map("".join)


_NAMES = ("nota", "telefono", "partita_iva", "nato il", "Niccolò Fabbrizi", 'a\n"b')
_leaves = st.one_of(messages, st.sampled_from(("Sono Niccolò Fabbrizi", "Via Garibaldi 14\n20121 Milano")))


def json_of(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[str]:
    """Objects and lists of `leaves`, written with more or fewer escapes, and as text inside each other."""

    def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        inside = st.one_of(inner, inner.map(json.dumps))
        return st.one_of(st.lists(inside, max_size=3), st.dictionaries(st.sampled_from(_NAMES), inside, max_size=3))

    values = nested(st.recursive(leaves, nested, max_leaves=4))
    return st.builds(_written, values, st.booleans(), st.sampled_from((None, 1)), st.booleans())


def _written(value: Any, is_ascii: bool, indent: int | None, has_more_escapes: bool) -> str:
    text = json.dumps(value, ensure_ascii=is_ascii, indent=indent)
    return text.replace("@", "\\u0040").replace("/", "\\/") if has_more_escapes else text


json_texts = json_of(st.one_of(_leaves, st.integers(), st.sampled_from((None, True, 3331234567, 1.5e9))))
