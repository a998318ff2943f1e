"""Which expressions can be had, what they become, and with what words the others are refused."""

from __future__ import annotations

import re
import time
from itertools import pairwise, product

import pytest

from tokenfoundry.compat.presidio.matcher import Matcher, Rule, Words
from tokenfoundry.compat.presidio.syntax import Unsupported
from tokenfoundry.compat.presidio.translate import cases
from tokenfoundry.errors import InvalidInput

REFUSED = [
    (r"(\w)\1", "few texts"),
    (r"(\d*)-\1", "few texts"),
    (r"(-)?1\1", "optional or repeated"),
    (r"(?:(-)|a)\1", "optional or repeated"),
    (r"\1(-)", "no group before"),
    (r"(?P=x)", "no group before"),
    (r"(?(1)a|b)", "not supported"),
    (r"(a)|(?R)", "not supported"),
    (r"(?:foo){e<=1}", "fuzzy"),
    (r"(?=.*\d)\w+", "no bound"),
    (r"(?<=id\s*)\d+", "no bound"),
    (r"(?:\ba)+", "inside a repeat"),
    (r"<.*?>", "lazy"),
    (r"\d*+\d", "possessive"),
    (r"(?:a+?b)+", "lazy or possessive"),
    (r"[[:alpha:]]", "POSIX"),
    (r"\p{Script=Greek}", "general categories"),
    (r"\Ga", r"\\G"),
    (r"a**{2000}", "over 1000"),
    (r"a{3,2}", "reversed"),
    (r"(a", "no end"),
    (r"a)", "unbalanced"),
    (r"[a", "too early"),
    (r"*a", "nothing to repeat"),
    (r"a\b\Bb", "match nothing"),
    (r"[z-a]", "range"),
    ("(" * 60 + "a" + ")" * 60, "nested"),
    (r"\b".join("[a.]" * 12), "too many cases"),
    (r"(?=a{15}b)(?:a|a|a|a|a){16}c", "too many cases"),
    ("([ab])" * 9 + r"\1\2\3\4\5\6\7\8\9", "too many cases"),
    ("a" * 60_000, "longer than"),
    (r"(?=" + "(?:a|b|c)" * 12 + r")\w", "too many cases"),
    (r"a\b?", "is repeated"),
]


@pytest.mark.parametrize(("expression", "reason"), REFUSED)
def test_what_cannot_be_had_is_refused_with_the_reason(expression: str, reason: str) -> None:
    with pytest.raises(Unsupported, match=reason):
        cases(expression, 0)


def test_a_refusal_names_the_rule() -> None:
    with pytest.raises(InvalidInput, match=r"^recognizer Ids, pattern two: back-references are supported only"):
        Matcher((Rule("recognizer Ids, pattern one", "a"), Rule("recognizer Ids, pattern two", r"(\w)\1")))


def test_what_does_not_compile_is_refused_with_the_name_of_the_rule() -> None:
    with pytest.raises(InvalidInput, match=r"^recognizer Mail: it does not compile: Pattern is too large"):
        Matcher((Rule("recognizer Mail", r"[\w.]{1,200}x"),))


def test_verbose_expressions_are_refused() -> None:
    with pytest.raises(Unsupported, match="VERBOSE"):
        cases("a b", int(re.VERBOSE))


def test_flags_may_stand_in_the_middle_and_hold_for_the_whole() -> None:
    (found,) = Matcher((Rule("rule", r"\b(?i)ab\b", 0),)).matches("AB ab xab")
    assert found == [(0, 2), (3, 5)]


@pytest.mark.parametrize(
    ("expression", "text", "spans"),
    [
        (r"\d{4}", "123456789", [(0, 4), (4, 8)]),
        (r"[ab]{2,5}", "abababab", [(0, 5), (5, 8)]),
        (r"(?<=a)b?a{1,3}", "aaaaaaab", [(1, 4), (4, 7)]),
        (r"a|ab", "ab", [(0, 2)]),
        (r"(?<!\d)\d\d(?!\d)", "12 34 567", [(0, 2), (3, 5)]),
        (r"\b\w+\b", "Nicolò", [(0, 6)]),
        (r"\d*", "a12", [(1, 3)]),
        (r".+", "a\U0001f600b", [(0, 3)]),
    ],
)
def test_matches_are_the_longest_and_disjoint(expression: str, text: str, spans: list[tuple[int, int]]) -> None:
    assert Matcher((Rule("rule", expression, int(re.DOTALL)),)).matches(text) == [spans]


def test_what_a_judge_refuses_leaves_its_place_to_another_match() -> None:
    matcher = Matcher((Rule("rule", r"\d{3}", 0),))
    assert matcher.matches("12345", accepted=lambda text: text.startswith("2")) == [[(1, 4)]]


def test_words_stand_between_what_is_no_word() -> None:
    matcher = Matcher((Words("rule", ("Mr.", "C++", "Rossi")),))
    (found,) = matcher.matches("mr. rossi, Rossini, C++ Mr.X, èrossi “ROSSI”")
    assert found == [(0, 3), (4, 9), (20, 23), (38, 43)]


def test_of_words_in_words_the_longest_that_stands_alone_is_found() -> None:
    words = ("Mr.", "Mr. X", "Anna", "Maria Anna", "Maria", "a b", "b")
    (found,) = Matcher((Words("rule", words),)).matches("Mr. Xavier, Mr. X, xMaria Anna, Maria Anna, xa b")
    text = "Mr. Xavier, Mr. X, xMaria Anna, Maria Anna, xa b"
    assert [text[start:end] for start, end in found] == ["Mr.", "Mr. X", "Anna", "Maria Anna", "b"]


def test_case_counts_when_the_flags_say_so() -> None:
    assert Matcher((Words("rule", ("Rossi", "ROSSI"), 0),)).matches("Rossi rossi ROSSI") == [[(0, 5), (12, 17)]]


def test_a_list_of_thousands_of_words_is_taken() -> None:
    words = tuple("".join(letters) for letters in product("abcdefgh", repeat=4))
    assert Matcher((Words("rule", words),)).matches("abcd, hhhh. aaaai") == [[(0, 4), (6, 10)]]


def test_a_text_of_one_letter_takes_time_in_proportion() -> None:
    """Python's `re` would need longer than the universe is old for the first two, and the last is searched again."""
    expressions = (r"(?:a+)+b", r"(?:a|aa)+(?!a)c", r"a{2,5}")
    matcher = Matcher(tuple(Rule("rule", expression, 0) for expression in expressions))
    started = time.perf_counter()
    found = matcher.matches("a" * 100_000)
    assert time.perf_counter() - started < 10
    assert found[:2] == [[], []]
    assert [found[2][0], found[2][-1][1]] == [(0, 5), 100_000]
    assert all(end == start for (_, end), (start, _) in pairwise(found[2]))


def test_a_text_made_to_be_searched_again_is_found_whole_in_the_end() -> None:
    matcher = Matcher((Rule("rule", r"ab?(?:ab)?|b(?:ab){9}a", 0),))
    (found,) = matcher.matches("ab" * 20_000)
    assert found[0][0] == 0
    assert all(end <= start for (_, end), (start, _) in pairwise(found))
    assert sum(end - start for start, end in found) == 40_000
