"""Words that name somebody where a title stands before them: the "Hill" of Tom Hill in "Mr Hill paid"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tokenfoundry.privacy.known_values import both_ways

_TITLES: Final = """
    sig sig.ra sig.na signor signora signorina dott dott.ssa dottor dottoressa avv avvocato ing ingegner prof prof.ssa
    professor professoressa geom rag arch
    mr mrs ms miss mister dr doctor sir madam
    herr herrn frau fr
    m mm mme mlle monsieur madame mademoiselle me
    sr sra srta señor señora señorita don doña dña
"""
_TITLE = "|".join(re.escape(title) for title in sorted(_TITLES.split(), key=len, reverse=True))
_TITLE_BEFORE = re.compile(rf"(?<!\w)(?:{_TITLE})(?:\.[ \u00a0]?|[ \u00a0])\Z", re.IGNORECASE)
_LONGEST_TITLE: Final = 20
_IN_NAME = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?")


def words_that_begin_as_names(name: str) -> Iterator[str]:
    """The words of a name of several words with a capital letter, each in both ways in which names are written."""
    for word in _IN_NAME.findall(name):
        if word[0].isupper() and word != name:
            yield from both_ways(word)


def is_addressed(text: str, at: int) -> bool:
    """Whether a title stands before that place.

    >>> is_addressed("Mr Hill went up the Hill", 3), is_addressed("Mr Hill went up the Hill", 20)
    (True, False)
    """
    return _TITLE_BEFORE.search(text, max(0, at - _LONGEST_TITLE), at) is not None
