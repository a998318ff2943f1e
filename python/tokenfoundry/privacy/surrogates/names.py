"""Names word by word: which are given and which are family names, in what language, and another one for each.

The words of a name are exchanged one by one, so that a person who is called by the whole name here and by the family
name there stays one person, and a family stays a family.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tokenfoundry.privacy.surrogates.draw import Draw
from tokenfoundry.privacy.surrogates.name_tables import FAMILY_NAMES, GIVEN_NAMES

WOMAN, MAN, FAMILY = 0, 1, 2

_WORD = re.compile(r"\w+(?:['\u2019-]\w+)*")
_MOST_WORDS = 6
# What joins the words of a name, and titles.
_JOINING = """
    da dal de degli dei del della delle den der des di do dos du e el la las le les lo los van von y zu zum zur
    avv dott dottor dottoressa dr dra frau herr ing madame mme monsieur mr mrs ms prof professor professore
    professoressa senor senora sig signor signora signorina
"""
_KEPT: Final = frozenset(_JOINING.split())

_KNOWN_GIVEN = {
    name.casefold(): (language, gender)
    for language, genders in GIVEN_NAMES.items()
    for gender, names in enumerate(genders)
    for name in names
}
_KNOWN_GIVEN |= {"mario": ("it", MAN), "anna": ("it", WOMAN), "maria": ("it", WOMAN), "marco": ("it", MAN)}
_KNOWN_GIVEN |= {"john": ("en", MAN), "mary": ("en", WOMAN), "jean": ("fr", MAN), "marie": ("fr", WOMAN)}
_KNOWN_GIVEN |= {"peter": ("de", MAN), "thomas": ("de", MAN), "sabine": ("de", WOMAN), "jose": ("es", MAN)}
_KNOWN_FAMILY = {name.casefold(): language for language, names in FAMILY_NAMES.items() for name in names}

# What words end in, by language; the first that fits.
_ENDINGS = (
    ("es", re.compile(r"\w{2,}(?:ez|\u00f1o|illo|ero|ado|edo)")),
    (
        "de",
        re.compile(
            r"\w*(?:mann|berg|stein|bauer|meier|meyer|m\u00fcller|schmidt|tz|sch|hardt|[\u00e4\u00f6\u00fc\u00df]\w*)"
        ),
    ),
    ("fr", re.compile(r"\w*(?:eau|eaux|oux|ault|ard|ont|ois|ier|[\u00e8\u00ea\u00e7]\w*)")),
    ("it", re.compile(r"\w{3,}[aeio\u00e0\u00ec\u00f2\u00f9]")),
)


def pieces_of(name: str) -> Iterator[tuple[str, int | None]]:
    """The words of a name and what stands between them, in order; a word that is to be exchanged with `WOMAN`, `MAN` or
    `FAMILY`, all else with None. Nothing for what is no name of words.

    >>> list(pieces_of("Mario Rossi"))
    [('Mario', 1), (' ', None), ('Rossi', 2)]
    """
    words = list(_WORD.finditer(name))
    exchanged = [word for word in words if len(word[0]) == 1 or word[0].casefold() not in _KEPT]
    if not 1 <= len(exchanged) <= _MOST_WORDS or any(character.isdigit() or character in "[]_" for character in name):
        return
    family_first = "," in name or _is_family_first(exchanged[0][0], exchanged[-1][0])
    done, place = 0, 0
    for word in words:
        if word.start() > done:
            yield name[done : word.start()], None
        if word in exchanged:
            yield word[0], _kind_of(word[0], place, len(exchanged), family_first=family_first)
            place += 1
        else:
            yield word[0], None
        done = word.end()
    if done < len(name):
        yield name[done:], None


def language_of(name: str) -> str:
    """The language that a name seems to be of.

    >>> language_of("Mario Rossi"), language_of("Hans Schmidt"), language_of("Ana Fernandez"), language_of("Bob Hill")
    ('it', 'de', 'es', 'en')
    """
    words = [word.casefold() for word in reversed(_WORD.findall(name))]  # The family's says more.
    for word in words:
        if word in _KNOWN_FAMILY:
            return _KNOWN_FAMILY[word]
        for language, endings in _ENDINGS:
            if word not in _KNOWN_GIVEN and endings.fullmatch(word):
                return language
    return next((_KNOWN_GIVEN[word][0] for word in words if word in _KNOWN_GIVEN), "en")


def drawn_name(kind: int, language: str, attempt: int, draw: Draw) -> str:
    """Another name of that kind and language; after some attempts, two names joined."""
    names = FAMILY_NAMES[language] if kind == FAMILY else GIVEN_NAMES[language][kind]
    first = draw.one_of(names)
    return first if attempt < len(names) else f"{first}-{draw.one_of(names)}"


def cased_as(word: str, name: str) -> str:
    """`name` in capitals or small letters where `word` is.

    >>> cased_as("ROSSI", "Brambilla"), cased_as("rossi", "Brambilla"), cased_as("McDonald", "Fletcher")
    ('BRAMBILLA', 'brambilla', 'Fletcher')
    """
    if len(word) > 1 and word.isupper():
        return name.upper()
    return name.lower() if word.islower() else name


def initial_for(letter: str, draw: Draw) -> str:
    """Another letter for an initial."""
    others = [other for other in "ABCDEFGILMNPRST" if other != letter.upper()]
    return cased_as(letter, draw.one_of(others)) if letter.islower() else draw.one_of(others)


def _is_family_first(first: str, last: str) -> bool:
    first, last = first.casefold(), last.casefold()
    return first != last and last in _KNOWN_GIVEN and first not in _KNOWN_GIVEN


def _kind_of(word: str, place: int, count: int, *, family_first: bool) -> int:
    small = word.casefold()
    is_family = place == 0 if family_first else place == count - 1
    if count == 1 or 0 < place < count - 1:
        is_family = small not in _KNOWN_GIVEN
    if is_family:
        return FAMILY
    if small in _KNOWN_GIVEN:
        return _KNOWN_GIVEN[small][1]
    return WOMAN if small.endswith("a") else MAN
