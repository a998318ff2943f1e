r"""However a model writes a placeholder, it is restored, wherever a stream cuts it; what a user wrote so comes back."""

from __future__ import annotations

import itertools
import json as json_module
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import tokenfoundry as tf
from tokenfoundry.privacy.forms import forms_in

VALUE = 'EMP"7"\\\n🍋'
REDACTOR = tf.Redactor(tf.Detector(patterns=[tf.Pattern("B", r"EMP\S+\s\S+"), tf.Pattern("C_D", r"ID-\d+")]))


def session_of(*texts: str) -> tf.RedactionSession:
    session = REDACTOR.session()
    for text in texts:
        session.redact(text)
    return session


SESSION = session_of(VALUE, "ID-1 ID-2 ID-3 ID-4 ID-5 ID-6 ID-7 ID-8 ID-9 ID-10")
assert SESSION.values["[B_1]"] == VALUE
assert SESSION.values["[C_D_10]"] == "ID-10"

FORMS = [
    "[B_1]",
    "[b_1]",
    "[ B_1 ]",
    "[\tB_1]",
    r"[B\_1]",
    r"\[B_1\]",
    r"\[b\_1\]",
    "&#91;B_1&#93;",
    "&#x5B;b_1&#x5d;",
    "&lbrack;B_1&rbrack;",
    "&lsqb;B_1&rsqb;",
    "[B&#95;1]",
    "\uff3bB_1\uff3d",
    "\u3010B_1\u3011",
]
# What a form is like that has lost something, or is none of ours.
OTHERS = [
    "[B_1",
    "B_1]",
    "B_1",
    "[B_01]",
    "[B_2]",
    "[B 1]",
    "[B_1)",
    "(B_1)",
    "[[B_1",
    "[     B_1]",
    "[B_]",
    "[_1]",
    "[C_1]",
    "&#91;B_1]",
    "&amp;#91;B_1&amp;#93;",
    "[B\n_1]",
]
JSON_FORMS = [json_module.dumps(form)[1:-1] for form in FORMS] + [
    r"\u005bB_1\u005d",
    r"\u005BB\u005f1\u005D",
    r"[\u0042_1]",
    r"\\\u005bB_1\u005c]",
    r"\u005c\u005bB_1\\\u005d",
    r"[B_\u0031]",
    r"[\tB_1]",
]
JSON_OTHERS = [r"\\u005bB_1]", r"\\\\u005bB_1\\u005d", r"\"[B_2]", r"\u005b\"B_1\u005d", r"[B\u00e8_1]"]


def restored(pieces: list[str], *, json: bool = False) -> str:
    stream = SESSION.stream(json=json)
    return "".join([*(stream.feed(piece) for piece in pieces), stream.close()])


def compositions(text: str) -> Iterator[list[str]]:
    places = range(1, len(text))
    for count in range(len(text)):
        for cuts in itertools.combinations(places, count):
            borders = [0, *cuts, len(text)]
            yield [text[a:b] for a, b in itertools.pairwise(borders)]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "around", ["%s", "**%s**", "`%s`", "<b>%s</b>", "a%sb", "[%s]", "\\%s\\", "&%s;", "%s%s", "([%s])"]
)
def test_each_form_is_restored_and_what_stands_around_it_stays(form: str, around: str) -> None:
    text = around.replace("%s", form)
    # A backslash before a bracket belongs to it when there is one before the other bracket too.
    assert SESSION.restore(text) == around.replace("%s", VALUE)


@pytest.mark.parametrize("text", OTHERS)
def test_what_is_no_form_of_a_known_placeholder_stays(text: str) -> None:
    assert SESSION.restore(text) == text


@pytest.mark.parametrize("form", JSON_FORMS)
def test_each_form_is_restored_inside_json(form: str) -> None:
    assert json_module.loads(SESSION.restore(f'{{"a": "x{form}y"}}', json=True)) == {"a": f"x{VALUE}y"}


@pytest.mark.parametrize("text", JSON_OTHERS)
def test_what_is_no_form_inside_json_stays(text: str) -> None:
    assert SESSION.restore(text, json=True) == text


@pytest.mark.parametrize("text", [*FORMS, *OTHERS, "\\[B_1]", "[C\\_D_1", "\\[B\\", "&&#91;B"])
def test_every_way_to_cut_a_text_gives_the_whole(text: str) -> None:
    whole = SESSION.restore(text)
    for pieces in compositions(text[:16]):
        rest = [text[16:]] if text[16:] else []
        assert restored([*pieces, *rest]) == whole


@pytest.mark.parametrize("text", [*JSON_FORMS, *JSON_OTHERS, r"\\", r"\"[B_1]", r"\ud83c\udf4b", r"\\\u005bB"])
def test_every_way_to_cut_json_gives_the_whole(text: str) -> None:
    whole = SESSION.restore(text, json=True)
    for pieces in compositions(text[:14]):
        rest = [text[14:]] if text[14:] else []
        assert restored([*pieces, *rest], json=True) == whole


PIECES = [*FORMS, *OTHERS, "[c_d_10]", "[C_D_1", "0]", "\\", "\\\\", "[", "]", "&", "&#9", "è🍋", " ", "_", "1"]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_every_cut_in_two_of_a_long_text_gives_the_whole(text: str) -> None:
    whole = SESSION.restore(text)
    for cut in range(len(text) + 1):
        assert restored([text[:cut], text[cut:]]) == whole


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from([*PIECES, '"', "\n", "\t", "\ud83c", "\u0001"]), max_size=10).map("".join),
    st.booleans(),
)
def test_every_cut_in_two_of_json_parses_to_the_restored_text(text: str, ascii_only: bool) -> None:
    written = json_module.dumps({"a": [text]}, ensure_ascii=ascii_only)
    whole = SESSION.restore(written, json=True)
    assert json_module.loads(whole) == {"a": [SESSION.restore(text, json=None)]}
    for cut in range(len(written) + 1):
        assert restored([written[:cut], written[cut:]], json=True) == whole


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from([*PIECES, *JSON_FORMS, *JSON_OTHERS]), max_size=8).map("".join), st.data())
def test_any_cuts_of_what_is_no_json_give_the_whole(text: str, data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=8))
    pieces = [text[a:b] for a, b in itertools.pairwise([0, *sorted(cuts), len(text)])]
    for json in (False, True):
        assert restored(pieces, json=json) == SESSION.restore(text, json=json)


# What a user may write: values, forms of placeholders, and what may grow to one beside a value.
WRITTEN = [*PIECES, *JSON_FORMS, VALUE, "ID-1", "ID-2", "[LITERAL_1]", "\\[literal_1\\]", "x", "\\_", "u005b", "#91;"]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(WRITTEN), max_size=10).map("".join))
@example("\\ID-1\\")
@example("[ID-1]")
@example("&#91;ID-1&#93;")
@example("\\[C_D_1\\]ID-1")
def test_what_a_user_writes_comes_back_as_it_was(text: str) -> None:
    session = REDACTOR.session()
    sent = session.redact(text)
    assert session.restore(sent) == text
    assert json_module.loads(session.restore(json_module.dumps([sent]), json=True)) == [text]


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_any_text_at_all_comes_back_as_it_was(text: str) -> None:
    session = REDACTOR.session()
    try:
        sent = session.redact(text)
    except tf.InvalidInput:
        return  # A lone surrogate.
    assert session.restore(sent) == text


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(WRITTEN), max_size=10).map("".join))
def test_every_form_in_what_is_sent_is_our_own(text: str) -> None:
    session = REDACTOR.session()
    sent = session.redact(text)
    known = [form for form in forms_in(sent) if form.placeholder in session.values]
    assert all(sent[form.start : form.end] == form.placeholder for form in known)


def test_the_names_of_code_are_left_as_they_are() -> None:
    code = "total = rows[row_1] + d['x'][key_2]; re.sub(r'\\[b_c\\]', '&lt;', s)"
    assert REDACTOR.session().redact(code) == code


def test_only_what_may_become_a_placeholder_of_these_values_is_held_back() -> None:
    passed_on_at_once = ["ciao [1", "[A", "[x_", "\\n", "&amp;", "\\[A", "[C_E", "[B_2", "[C_D_11", "[c_d_0", "[B 1"]
    for text in passed_on_at_once:
        assert SESSION.stream().feed(text) == text, text
    held = ["[", "[c", "[C_D_1", "\\", "\\[", "\\[B\\", "&", "&#9", "&#91;B_1&", "[ ", "[B_1 ", "\u3010C\\_", "[B&#9"]
    for text in held:
        assert SESSION.stream().feed(f"ciao {text}") == "ciao ", text


def test_inside_json_an_escape_that_began_is_held_back_only_where_it_may_be_a_bracket() -> None:
    for text in ["\\", "\\u", "\\u005", "\\\\", "\\u00", "\\uff", "[B\\u00", "\\u3"]:
        assert SESSION.stream(json=True).feed(f"x{text}") == "x", text
    for text in ["\\ud8", "\\u00e", "\\n", '\\"', "\\ud83c", "\\u1"]:
        assert SESSION.stream(json=True).feed(f"x{text}") == f"x{text}", text


def test_what_a_chunk_costs_does_not_grow_with_what_came_before() -> None:
    stream = SESSION.stream()
    longest = 0
    for _ in range(2000):
        stream.feed("[&#91;\\[B&#95;")
        longest = max(longest, len(stream._held))
    assert longest < 64


@pytest.mark.parametrize("size", [1000, 777])
def test_what_a_user_wrote_is_not_cut_where_a_long_text_is_read_in_pieces(size: int) -> None:
    text = "[EMAIL_ADDRESS_1]" * 10_000
    session = tf.Redactor().session()
    stream = session.incoming()
    pieces = [stream.feed(text[at : at + size]) for at in range(0, len(text), size)]
    sent = "".join([*pieces, stream.close()])
    assert "EMAIL" not in sent
    assert session.restore(sent) == text
