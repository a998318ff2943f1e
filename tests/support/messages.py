"""Texts as Hypothesis makes them, in which personal data is likely: fragments of both, and anything."""

from __future__ import annotations

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
