"""CSV and JSON lines: what is found is replaced, and every other byte stays, however the file is cut into blocks."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tokenfoundry import BlockedContent, Detector, Redactor
from tokenfoundry.errors import InvalidInput
from tokenfoundry.frames.files import count_file, records, redact_file, restore_file

REDACTOR = Redactor(Detector(["EMAIL_ADDRESS", "SECRET"]), policy={"SECRET": "block"})
SECRET = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"


def redacted(folder: Path, name: str, content: bytes, **options: object) -> bytes:
    (folder / name).write_bytes(content)
    redact_file(folder / name, folder / f"out-{name}", redactor=REDACTOR, force=True, **options)  # type: ignore[arg-type]
    return (folder / f"out-{name}").read_bytes()


# What is read, with {a} and {b} for the two addresses; what is written has their placeholders.
CSV = [
    "id,note\n1,{a}\n",
    "id,note\r\n1,{a}\r\n",
    "id,note\r1,{a}\r",
    "\ufeffnote\n{a}",
    'id;note\n1;"{a}"\n',
    "id\tnote\n1\t{a}\n2\t\n",
    "id|note\n1|x\n\n2|{a}\n",
    '"id","note"\n"1","dice ""{a}"",\n\r\nciao"\n',
    'id,note\n1,"plain"\n2,""\n3,\n"4",x"y\n',
    "id,note\n1,{a} {b} {a}\n2,{a}\n",
    "id,note\n1,🍋 è {a} €\n",
]
PLACED = {"a": "[EMAIL_ADDRESS_1]", "b": "[EMAIL_ADDRESS_2]"}
WRITTEN = {"a": "a@example.it", "b": "b@example.it"}


@pytest.mark.parametrize("form", CSV)
@pytest.mark.parametrize("block_bytes", [1, 7, 2**20])
def test_the_dialect_of_csv_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, block_bytes: int) -> None:
    monkeypatch.setattr(records, "_BLOCK_BYTES", block_bytes)
    made = redacted(tmp_path, "in.csv", form.format(**WRITTEN).encode(), columns=["note"])
    assert made.decode() == form.format(**PLACED)


def test_a_value_that_needs_quotes_gets_them(tmp_path: Path) -> None:
    content = b"id_note_x\n1_a@example.it_2\n"
    made = redacted(tmp_path, "in.csv", content, columns=["note"], delimiter="_")
    assert made == b'id_note_x\n1_"[EMAIL_ADDRESS_1]"_2\n'


JSONL = [
    '{"note":"<a>"}\n',
    '{ "x" : 1.50, "note"\t:  "<a>" , "y":[1,{"deep":"a@example.it"}] }\r\n',
    '\ufeff{"note":null}\n\n{"other":1e400}\n{"note":"<a>","note":"<b>"}',
    '{"no\\u0074e":"\\u00e8 <a>"}\n',
    '{"note":["<a>",["b"],null]}\n{"n":' + "9" * 5000 + "}\n",
    '{"note":"è \\"<a>\\""}\n',
]


@pytest.mark.parametrize("form", JSONL)
@pytest.mark.parametrize("block_bytes", [1, 7, 2**20])
def test_all_else_in_json_lines_stays_to_the_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, block_bytes: int
) -> None:
    monkeypatch.setattr(records, "_BLOCK_BYTES", block_bytes)
    content = form.replace("<a>", WRITTEN["a"]).replace("<b>", WRITTEN["b"])
    made = redacted(tmp_path, "in.jsonl", content.encode(), columns=["note"])
    assert made.decode() == form.replace("<a>", PLACED["a"]).replace("<b>", PLACED["b"])


def test_a_path_leads_through_objects_and_arrays(tmp_path: Path) -> None:
    line = {
        "messages": [
            {"role": "user", "content": "Sono a@example.it"},
            {"role": "user", "content": [{"type": "text", "text": "e b@example.it"}, {"type": "image"}]},
        ],
        "a.b": "c@example.it",
    }
    made = redacted(
        tmp_path,
        "in.jsonl",
        json.dumps(line).encode(),
        columns=["messages.content", "messages.content.text", "a\\.b"],
    )
    assert json.loads(made) == {
        "messages": [
            {"role": "user", "content": "Sono [EMAIL_ADDRESS_1]"},
            {"role": "user", "content": [{"type": "text", "text": "e [EMAIL_ADDRESS_2]"}, {"type": "image"}]},
        ],
        "a.b": "[EMAIL_ADDRESS_3]",
    }


TEXTS_WHERE_OBJECTS_ARE_WANTED = [
    '{"messages":[{"content":"a@example.it"}]}',
    '{"messages":[{"content":["a@example.it"]}]}',
    '{"messages":[{"content":[{"text":"x"},"a@example.it"]}]}',
]


@pytest.mark.parametrize("line", TEXTS_WHERE_OBJECTS_ARE_WANTED)
def test_a_text_where_the_path_leads_on_is_never_passed_over(tmp_path: Path, line: str) -> None:
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text('{"messages":[{"content":""},{"content":null},{"content":[{"text":"y"}]}]}\n' + line + "\n")
    columns = ["note", "messages.content.text"]
    said = (
        "line 2: messages.content is text, in which messages.content.text cannot be; "
        "name both: --columns messages.content,messages.content.text"
    )
    with pytest.raises(InvalidInput, match=re.escape(said)):
        redact_file(source, target, columns=columns, redactor=REDACTOR)
    assert not target.exists()
    with pytest.raises(InvalidInput, match=re.escape(said)):
        count_file(source, columns=columns)
    both = ["messages.content", "messages.content.text"]
    redact_file(source, target, columns=both, redactor=REDACTOR)
    assert "[EMAIL_ADDRESS_1]" in target.read_text()
    assert "a@example.it" not in target.read_text()


def test_a_dot_in_a_name_is_written_in_the_advice_as_in_the_path(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"a.b":"x"}\n')
    with pytest.raises(InvalidInput, match=re.escape("--columns a\\.b,a\\.b.text")):
        redact_file(tmp_path / "in.jsonl", tmp_path / "out.jsonl", columns=["a\\.b.text"], redactor=REDACTOR)


def test_a_compressed_file_is_unpacked_and_packed_by_its_suffix(tmp_path: Path) -> None:
    plain = b"id,note\n" + b"1,a@example.it\n" * 10_000
    expected = b"id,note\n" + b"1,[EMAIL_ADDRESS_1]\n" * 10_000
    gz = redacted(tmp_path, "in.csv.gz", gzip.compress(plain), columns=["note"])
    assert gzip.decompress(gz) == expected
    two_frames = zstandard.compress(plain[:5000]) + zstandard.compress(plain[5000:])
    redacted(tmp_path, "in.csv.zst", two_frames, columns=["note"])
    with zstandard.open(tmp_path / "out-in.csv.zst") as made:
        assert made.read() == expected


@pytest.mark.parametrize("content", [b"", b"\n", b"\xef\xbb\xbf", b"\r\n  \n"])
@pytest.mark.parametrize("name", ["in.jsonl", "in.jsonl.gz"])
def test_json_lines_without_a_record_stay_what_they_are(tmp_path: Path, name: str, content: bytes) -> None:
    is_packed = name.endswith(".gz")
    made = redacted(tmp_path, name, gzip.compress(content) if is_packed else content, columns=["note"])
    assert (gzip.decompress(made) if is_packed else made) == content
    (tmp_path / "one.jsonl").write_bytes(b'{"text": "x"}\n')
    with pytest.raises(InvalidInput, match="no line of the file has a text at 'note'"):
        redact_file(tmp_path / "one.jsonl", tmp_path / "out.jsonl", columns=["note"], redactor=REDACTOR)


BAD = [
    ("in.csv", b"id,note\n1\n", "line 2 has not as many fields as the header, which has 2"),
    ("in.csv", b'id,note\n1,x\n2,"a"b\n', "line 3 is not CSV"),
    ("in.csv", b'id,note\n1,x\n2,"a\n', "line 3 is not CSV"),
    ("in.csv", b"id,text\n1,x\n", "no column 'note'; it has id, text"),
    ("in.csv", b"note,note\n1,x\n", "two columns"),
    ("in.csv", b"", "no column 'note'"),
    ("in.csv", b"id,note\n1,ok\n2,caff\xe8\n", "line 3 is not UTF-8 text"),
    ("in.csv", b"id,note\n1," + SECRET.encode() + b"\n", "row 1 of column 'note' holds SECRET"),
    ("in.csv.gz", b"id,note\n1,x\n", "damaged, or not what its suffix says"),
    ("in.csv.gz", gzip.compress(b"id,note\n1,x\n", mtime=0)[:-9], "damaged, or not what its suffix says"),
    ("in.csv.zst", b"id,note\n1,x\n", "damaged, or not what its suffix says"),
    ("in.jsonl", b'{"note":"x"}\n{"note":"x"\n', "line 2 is not JSON"),
    ("in.jsonl", b'{"note":"x"}\n[1]\n', "line 2 is not JSON"),
    ("in.jsonl", b'{"note":"x"} {}\n', "line 1 is not one JSON object: something stands after it"),
    ("in.jsonl", b'{"note":"x",\n"y":1}\n', "line 1 is not JSON"),
    ("in.jsonl", b'{"note":5}\n', "line 1: note is a number, and not text"),
    ("in.jsonl", b'{"note":{"text":"x"}}\n', "note is an object, and not text; name what is inside, such as note.text"),
    ("in.jsonl", b'{"text":"x"}\n', "no line of the file has a text at 'note'"),
    ("in.jsonl", b'{"note":"\\ud83d"}\n', "row 1, column note: half a character"),
    ("in.jsonl", b'{"note":' + b"[" * 100_000 + b"\n", "line 1 is not JSON: it is nested too deep"),
    ("in.jsonl", b'{"x":' + b"[" * 100_000 + b"\n", "line 1 is not JSON"),
    ("in.txt", b"note\n", "its name does not say what it is; state --format"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "message"), BAD)
def test_a_mistake_in_the_input_is_one_clear_sentence_and_leaves_nothing(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    with pytest.raises((InvalidInput, BlockedContent)) as caught:
        redacted(tmp_path, name, content, columns=["note"])
    assert message in str(caught.value)
    assert SECRET not in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_quote_that_is_never_closed_is_told_and_not_read_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "LONGEST_RECORD_CHARACTERS", 10_000)
    monkeypatch.setattr(records, "_BLOCK_BYTES", 1000)
    with pytest.raises(InvalidInput, match="line 3 begins a record of over 64 MiB: is a quote not closed"):
        redacted(tmp_path, "in.csv", b'id,note\n1,x\n2,"' + b"x,\n" * 20_000, columns=["note"])


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
values = st.one_of(st.just("anna@example.it"), st.just("[EMAIL_ADDRESS_1]"), text)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(values, values), max_size=8), block_bytes=st.integers(1, 60))
def test_redacted_and_restored_a_file_is_what_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[tuple[str, str]], block_bytes: int
) -> None:
    monkeypatch.setattr(records, "_BLOCK_BYTES", block_bytes)
    lines = ["a,b"] + [",".join('"' + field.replace('"', '""') + '"' for field in row) for row in rows]
    files = {
        "in.csv": ("\n".join(lines).encode(), ["a", "b"]),
        "in.jsonl": (
            "\n".join(json.dumps({"a": a, "b": {"c": b}}) for a, b in [("x", "y"), *rows]).encode(),
            ["a", "b.c"],
        ),
    }
    for name, (content, columns) in files.items():
        sealed = tmp_path / f"{name}.sealed"
        made = redacted(tmp_path, name, content, columns=columns, map=sealed)
        assert b"anna@example.it" not in made
        restore_file(
            tmp_path / f"out-{name}", tmp_path / "back", map=sealed, columns=columns, format=name[3:], force=True
        )
        assert (tmp_path / "back").read_bytes() == content
