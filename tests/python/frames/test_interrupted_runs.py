"""A run that is cut off anywhere leaves no output, or the whole one, and what it needs to go on to the same bytes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tokenfoundry import Detector, Redactor
from tokenfoundry.errors import Conflict, DataLoss, InvalidInput, StoreError
from tokenfoundry.frames.files import ValueMap, outputs, records, redact_file, restore_file
from tokenfoundry.frames.files.progress import Pace
from tokenfoundry.frames.report import Report
from tokenfoundry.privacy.sealed_log import LogWriter

REDACTOR = Redactor(Detector(["EMAIL_ADDRESS"]))
ROWS = 600


class Cut(Exception):
    """Stands for a process that is gone."""


def write_input(path: Path) -> None:
    notes = [f"riga {at}: anna{at % 40}@example.it e mario{at}@example.it" for at in range(ROWS)]
    if path.suffix == ".parquet":
        pq.write_table(pa.table({"id": range(ROWS), "note": notes}), path, row_group_size=50)
    elif path.suffixes[0] == ".jsonl":
        lines = b"".join(json.dumps({"note": note}).encode() + b"\n" for note in notes)
        write_bytes(path, lines)
    else:
        write_bytes(path, b"id;note\r\n" + b"".join(f'{at};"{note}"\r\n'.encode() for at, note in enumerate(notes)))


def write_bytes(path: Path, content: bytes) -> None:
    part = outputs.PartFile(path, {".gz": "gz", ".zst": "zst"}.get(path.suffix, ""))  # type: ignore[arg-type]
    part.write(content)
    part.finish()


def content_of(path: Path) -> Any:
    if path.suffix == ".parquet":
        return pq.read_table(path)
    return b"".join(block.text.encode() for block in _blocks(path))


def _blocks(path: Path) -> Any:
    from tokenfoundry.frames.files.formats import format_of
    from tokenfoundry.frames.files.sources import Source

    of = format_of(path)
    with Source(path, of.compression) as source:
        yield from records.blocks(source, of.records(["note"], None))


NAMES = ["in.csv", "in.csv.gz", "in.jsonl.zst", "in.parquet"]


def redact(folder: Path, name: str, **options: Any) -> Report:
    return redact_file(
        folder / name, folder / f"out-{name}", columns=["note"], redactor=REDACTOR, pace=Pace(every_bytes=1), **options
    )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("with_map", [False, True])
def test_a_run_cut_off_between_any_two_steps_goes_on_to_the_same_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, with_map: bool
) -> None:
    """Every write to a part file, a journal or a map, every fsync and every rename is cut off once."""
    monkeypatch.setattr(records, "_BLOCK_BYTES", 4000)
    write_input(tmp_path / name)
    whole = tmp_path / "whole"
    whole.mkdir()
    write_input(whole / name)
    expected = redact(whole, name, map=whole / "map.sealed" if with_map else None).to_dict()
    steps = _Steps(monkeypatch)
    options = {"map": tmp_path / "map.sealed"} if with_map else {}
    cut_at = 0
    while True:
        steps.left = cut_at
        try:
            redact(tmp_path, name, **options)
            break
        except Cut:
            pass
        out = tmp_path / f"out-{name}"
        if out.exists():  # Cut off after the rename: it is whole.
            assert content_of(out) == content_of(whole / f"out-{name}")
        steps.left = 10**9
        assert redact(tmp_path, name, resume=True, **options).to_dict() == expected
        assert content_of(out) == content_of(whole / f"out-{name}")
        assert {path.name for path in tmp_path.iterdir()} - {"map.sealed", "map.sealed.key", "whole"} == {
            name,
            out.name,
        }
        if with_map:
            restore_file(out, tmp_path / f"back-{name}", map=tmp_path / "map.sealed")
            assert content_of(tmp_path / f"back-{name}") == content_of(tmp_path / name)
            for extra in ("map.sealed", "map.sealed.key", f"back-{name}"):
                (tmp_path / extra).unlink()
        out.unlink()
        cut_at += 1 if cut_at < 12 else 5
    assert cut_at > 20


class _Steps:
    """Cuts a run off once so many steps were made."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left = 10**9
        for owner, name in ((outputs.PartFile, "write"), (os, "fsync"), (os, "replace"), (LogWriter, "append")):
            monkeypatch.setattr(owner, name, self._counted(getattr(owner, name)))

    def _counted(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any) -> Any:
            self.left -= 1
            if self.left < 0:
                raise Cut
            return function(*arguments)

        return counted


KILLED = """
import sys, time
from pathlib import Path
from tokenfoundry import Detector, Redactor
from tokenfoundry.frames.files import redact_file, records
from tokenfoundry.frames.files.progress import Pace
records._BLOCK_BYTES = 2000
def tell(taken_bytes, rows):
    print(rows, flush=True)
    sys.stdin.readline()
redact_file(sys.argv[1], sys.argv[2], columns=["note"], redactor=Redactor(Detector(["EMAIL_ADDRESS"])),
            map=sys.argv[3], resume=True, pace=Pace(every_bytes=1), progress=tell)
"""


@pytest.mark.parametrize("name", ["in.csv", "in.parquet"])
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_process_that_is_killed_again_and_again_ends_with_the_whole_output(
    tmp_path: Path, name: str, how: signal.Signals
) -> None:
    write_input(tmp_path / name)
    out, sealed = tmp_path / f"out-{name}", tmp_path / "map.sealed"
    reached = 0
    for steps in (3, 5, 4):
        command = [sys.executable, "-c", KILLED, str(tmp_path / name), str(out), str(sealed)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            for _ in range(steps):
                rows = int(process.stdout.readline())
                process.stdin.write("\n")
                process.stdin.flush()
            process.send_signal(how)
            process.stdin.close()
            process.wait(30)
        assert rows >= reached, "went on where it was"
        reached = rows
        assert not out.exists()
    redact_file(tmp_path / name, out, columns=["note"], redactor=REDACTOR, map=sealed, resume=True)
    restore_file(out, tmp_path / f"back-{name}", map=sealed)
    assert content_of(tmp_path / f"back-{name}") == content_of(tmp_path / name)


FULL = """
import resource, signal, sys
from tokenfoundry.errors import StoreError
from tokenfoundry.frames.files import redact_file, records
from tokenfoundry.frames.files.progress import Pace
from tokenfoundry import Detector, Redactor
records._BLOCK_BYTES = 2000
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
try:
    redactor = Redactor(Detector(["EMAIL_ADDRESS"]))
    redact_file(sys.argv[1], sys.argv[2], columns=["note"], redactor=redactor, pace=Pace(every_bytes=1))
except StoreError as error:
    print(error)
"""


def test_a_full_disk_is_told_and_the_run_goes_on_once_there_is_room(tmp_path: Path) -> None:
    """The limit of a file's size stands for the disk: the system refuses the write all the same."""
    write_input(tmp_path / "in.csv")
    out = tmp_path / "out-in.csv"
    command = [sys.executable, "-c", FULL, str(tmp_path / "in.csv"), str(out), "20000"]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    assert said.startswith("the disk is full")
    assert said.strip().endswith("with --resume")
    assert not out.exists()
    marks = (tmp_path / "out-in.csv.journal").read_text(encoding="utf-8").splitlines()
    assert len(marks) > 3
    assert redact(tmp_path, "in.csv", resume=True).rows == ROWS
    (tmp_path / "whole").mkdir()
    write_input(tmp_path / "whole" / "in.csv")
    redact(tmp_path / "whole", "in.csv")
    assert out.read_bytes() == (tmp_path / "whole" / "out-in.csv").read_bytes()


def test_a_disk_that_is_full_from_the_beginning_is_told_too(tmp_path: Path) -> None:
    write_input(tmp_path / "in.csv")
    command = [sys.executable, "-c", FULL, str(tmp_path / "in.csv"), str(tmp_path / "out-in.csv"), "10"]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    assert said.startswith("the disk is full")
    assert redact(tmp_path, "in.csv", resume=True).rows == ROWS


@pytest.fixture
def interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a run that was cut off in the middle."""
    monkeypatch.setattr(records, "_BLOCK_BYTES", 4000)
    write_input(tmp_path / "in.csv")

    def cut(taken_bytes: int, rows: int) -> None:
        if rows > 300:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        redact(tmp_path, "in.csv", progress=cut)
    return tmp_path


def test_the_journal_holds_no_value(interrupted: Path) -> None:
    journal = (interrupted / "out-in.csv.journal").read_text(encoding="utf-8")
    assert "example.it" not in journal
    assert (interrupted / "out-in.csv.journal").stat().st_mode & 0o077 == 0


def test_what_was_begun_is_not_overwritten_by_chance(interrupted: Path) -> None:
    with pytest.raises(Conflict, match="--resume goes on, --force starts anew"):
        redact(interrupted, "in.csv")
    with pytest.raises(Conflict, match="go on with it, or --force to forget it"):
        redact_file(None, interrupted / "out-in.csv", columns=["note"], redactor=REDACTOR)
    assert redact(interrupted, "in.csv", force=True).rows == ROWS


def test_another_input_policy_or_map_is_refused(interrupted: Path) -> None:
    with pytest.raises(Conflict, match="another policy"):
        redact_file(
            interrupted / "in.csv",
            interrupted / "out-in.csv",
            columns=["note"],
            redactor=Redactor(Detector(["EMAIL_ADDRESS"]), policy={"default": "redact"}),
            resume=True,
        )
    with pytest.raises(Conflict, match="another map"):
        redact(interrupted, "in.csv", resume=True, map=interrupted / "map.sealed")
    status = (interrupted / "in.csv").stat()
    content = bytearray((interrupted / "in.csv").read_bytes())
    content[-20] ^= 1
    (interrupted / "in.csv").write_bytes(content)
    os.utime(interrupted / "in.csv", ns=(status.st_atime_ns, status.st_mtime_ns))
    with pytest.raises(Conflict, match="the input is not what it was"):
        redact(interrupted, "in.csv", resume=True)
    (interrupted / "out-in.csv.part").unlink()
    content[-20] ^= 1
    (interrupted / "in.csv").write_bytes(content)
    os.utime(interrupted / "in.csv", ns=(status.st_atime_ns, status.st_mtime_ns))
    with pytest.raises(Conflict, match=r"what was begun of .* is gone"):
        redact(interrupted, "in.csv", resume=True)


def test_two_runs_do_not_write_one_output(tmp_path: Path) -> None:
    write_input(tmp_path / "in.csv")

    def meanwhile(taken_bytes: int, rows: int) -> None:
        with pytest.raises(Conflict, match="another process writes"):
            redact(tmp_path, "in.csv", force=True)
        with pytest.raises(Conflict, match="another process uses the map"):
            ValueMap(tmp_path / "map.sealed")

    assert redact(tmp_path, "in.csv", map=tmp_path / "map.sealed", progress=meanwhile).rows == ROWS


def test_an_output_that_is_there_is_only_replaced_when_asked(tmp_path: Path) -> None:
    write_input(tmp_path / "in.csv")
    (tmp_path / "out-in.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(Conflict, match="--force to replace it"):
        redact(tmp_path, "in.csv")
    assert (tmp_path / "out-in.csv").read_text(encoding="utf-8") == "mine"
    (tmp_path / "out-in.csv").chmod(0o640)
    redact(tmp_path, "in.csv", force=True)
    assert (tmp_path / "out-in.csv").stat().st_mode & 0o777 == 0o640
    (tmp_path / "link.csv").symlink_to(tmp_path / "in.csv")
    with pytest.raises(InvalidInput, match="the output is the input"):
        redact_file(tmp_path / "in.csv", tmp_path / "link.csv", columns=["note"], force=True)
    with pytest.raises(InvalidInput, match="there is no directory"):
        redact_file(tmp_path / "in.csv", tmp_path / "no" / "out.csv", columns=["note"])


def test_a_value_has_one_placeholder_in_all_files_of_a_map(tmp_path: Path) -> None:
    sealed = tmp_path / "map.sealed"
    (tmp_path / "a.csv").write_text("note\nanna@example.it mario@example.it\n", encoding="utf-8")
    (tmp_path / "b.jsonl").write_text('{"said": "mario@example.it [EMAIL_ADDRESS_1]"}\n', encoding="utf-8")
    redact_file(tmp_path / "a.csv", tmp_path / "a-out.csv", columns=["note"], redactor=REDACTOR, map=sealed)
    redact_file(tmp_path / "b.jsonl", tmp_path / "b-out.jsonl", columns=["said"], redactor=REDACTOR, map=sealed)
    assert (tmp_path / "b-out.jsonl").read_text(encoding="utf-8") == '{"said": "[EMAIL_ADDRESS_2] [LITERAL_1]"}\n'
    assert b"example.it" not in sealed.read_bytes()
    assert sealed.stat().st_mode & 0o077 == 0
    with ValueMap(sealed) as kept:
        assert (kept.columns, repr(kept)) == (["note", "said"], "ValueMap(3 values)")
    restore_file(tmp_path / "b-out.jsonl", tmp_path / "b-back.jsonl", map=sealed, columns=["said"])
    assert (tmp_path / "b-back.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()


@pytest.mark.parametrize("is_lost", ["the end", "all"])
def test_a_placeholder_without_a_value_is_never_left_in_what_is_restored(tmp_path: Path, is_lost: str) -> None:
    sealed = tmp_path / "map.sealed"
    (tmp_path / "a.csv").write_text("note\nanna@example.it\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("note\nanna@example.it\nmario@example.it\n", encoding="utf-8")
    for name in ("a", "b"):
        redact_file(
            tmp_path / f"{name}.csv", tmp_path / f"{name}-out.csv", columns=["note"], redactor=REDACTOR, map=sealed
        )
    os.truncate(sealed, sealed.stat().st_size - 1 if is_lost == "the end" else 0)
    row, lost = (2, 2) if is_lost == "the end" else (1, 1)
    said = rf"row {row} of column 'note': \[EMAIL_ADDRESS_{lost}\] has no value in the map: it is cut short"
    with pytest.raises(InvalidInput, match=said):
        restore_file(tmp_path / "b-out.csv", tmp_path / "back.csv", map=sealed, columns=["note"])
    assert not list(tmp_path.glob("back.csv*"))
    if is_lost == "the end":
        restore_file(tmp_path / "a-out.csv", tmp_path / "back.csv", map=sealed)
        assert (tmp_path / "back.csv").read_bytes() == (tmp_path / "a.csv").read_bytes()


def test_nothing_is_numbered_behind_a_cut_wherever_a_map_was_cut(tmp_path: Path) -> None:
    sealed = tmp_path / "map.sealed"
    for name in ("anna", "mario"):
        (tmp_path / f"{name}.csv").write_text(f"note\n{name}@example.it\n", encoding="utf-8")
        redact_file(
            tmp_path / f"{name}.csv", tmp_path / f"{name}-out.csv", columns=["note"], redactor=REDACTOR, map=sealed
        )
    whole = sealed.read_bytes()
    for size in range(len(whole)):
        sealed.write_bytes(whole[:size])
        with pytest.raises(DataLoss, match="was cut short"):
            ValueMap(sealed)
        assert sealed.read_bytes() == whole[:size]
    sealed.write_bytes(whole)
    with ValueMap(sealed) as kept:
        assert kept.values == {"[EMAIL_ADDRESS_1]": "anna@example.it", "[EMAIL_ADDRESS_2]": "mario@example.it"}
    sealed.write_bytes(whole + b"\x40\0\0\0 what a killed process began to write")
    with ValueMap(sealed) as kept:  # Nobody saw a placeholder of that.
        kept.keep({"[EMAIL_ADDRESS_3]": "paolo@example.it"})
    with ValueMap(sealed) as kept:
        assert len(kept.values) == 3


def test_a_map_opens_with_its_key_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = tmp_path / "map.sealed"
    write_input(tmp_path / "in.csv")
    monkeypatch.setenv("TOKENFOUNDRY_MAP_KEY", "kept elsewhere")
    redact(tmp_path, "in.csv", map=sealed)
    assert not (tmp_path / "map.sealed.key").exists()
    monkeypatch.setenv("TOKENFOUNDRY_MAP_KEY", "another")
    with pytest.raises(DataLoss, match="another key"):
        ValueMap(sealed)
    monkeypatch.delenv("TOKENFOUNDRY_MAP_KEY")
    with pytest.raises(InvalidInput, match=r"the key of .* is missing"):
        ValueMap(sealed)
    assert not (tmp_path / "map.sealed.key").exists()
    with pytest.raises(InvalidInput, match="there is no map"):
        restore_file(tmp_path / "in.csv", tmp_path / "back.csv", map=tmp_path / "none.sealed")
    assert not (tmp_path / "none.sealed").exists()


def test_a_disk_that_fails_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_input(tmp_path / "in.csv")

    def fails(descriptor: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(StoreError, match=r"cannot be written: Input/output error"):
        redact(tmp_path, "in.csv")
    assert not (tmp_path / "out-in.csv").exists()


@pytest.mark.parametrize("action", ["surrogate", "hash", "on_prem"])
def test_every_action_keeps_its_promise_through_a_file(tmp_path: Path, action: str) -> None:
    redactor = Redactor(Detector(["EMAIL_ADDRESS"]), policy={"default": action}, key=b"at least sixteen bytes")
    write_input(tmp_path / "in.csv")
    sealed, out, back = (tmp_path / name for name in ("map.sealed", "out.csv", "back.csv"))
    redact_file(tmp_path / "in.csv", out, columns=["note"], redactor=redactor, map=sealed)
    assert "anna7@example.it" not in out.read_text(encoding="utf-8")
    restore_file(out, back, map=sealed)
    assert (back.read_bytes() == (tmp_path / "in.csv").read_bytes()) == (action != "hash")
    again = tmp_path / "again.csv"
    redact_file(tmp_path / "in.csv", again, columns=["note"], redactor=redactor, map=sealed)
    restore_file(again, back, map=sealed, force=True)
    if action == "surrogate":  # A later run chooses others; both come back.
        assert back.read_bytes() == (tmp_path / "in.csv").read_bytes()
    else:
        assert again.read_bytes() == out.read_bytes()
    other = Redactor(Detector(["EMAIL_ADDRESS"]), policy={"default": action}, key=b"another key of 16 bytes")
    assert other.key_mark != redactor.key_mark
