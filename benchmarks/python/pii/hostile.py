"""Texts made to be slow: much that nearly matches, over and over. The time for each must grow as the text does."""

from __future__ import annotations

import random


def hostile_texts(size_bytes: int) -> dict[str, str]:
    """Name to text of `size_bytes` of UTF-8, or a few bytes less."""
    chance = random.Random(5)
    noise = "".join(chance.choices("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@=+ ", k=4_096))
    capitals = " ".join(
        f"{chance.choice('ABCDEFGHIJKLMNOPRSTVZ')}{chance.choice(['nna', 'osa', 'ario', 'aul', 'ia', 'olf'])}"
        for _ in range(500)
    )
    units = {
        "digits": "1",
        "digits and spaces": "1 ",
        "digits and dashes": "12-",
        "digits and dots": "1.",
        "plus signs": "+",
        "+39": "+39 ",
        "at signs": "@",
        "a@": "a@",
        "a.": "a.",
        "e-mail without end": "a.b-c_d@e.",
        "IBAN starts": "IT60 X054 ",
        "IBAN letters": "DE",
        "card groups": "4111 1111 ",
        "addresses": "192.168.1.",
        "colons": "::",
        "hex pairs": "aa:",
        "schemes": "http://",
        "base64": "QUJD",
        "JWT starts": "eyJhbGciOiJ.",
        "PEM starts": "-----BEGIN RSA PRIVATE KEY-----\n",
        "passwords": "password=",
        "quotes": "\"'",
        "keys": "sk-ant-",
        "capitals": capitals + " ",
        "initials": "A. ",
        "one name": "Rossi ",
        "spaces": " ",
        "newlines": "\n",
        "emoji": "👩🏽‍🚀",
        "accents": "è",
        "combining marks": "e\u0301",
        "noise": noise,
        "dates": "01/02/",
        "brackets": "(",
        "zeros": "0x0",
        "streets": "via ",
    }
    return {
        name: (unit * (size_bytes // len(unit.encode()) + 1)).encode()[:size_bytes].decode(errors="ignore")
        for name, unit in units.items()
    }
