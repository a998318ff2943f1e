"""A log of sealed pieces: what was written whole is read, what a crash cut off is dropped, a change is noticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tokenfoundry.errors import DataLoss
from tokenfoundry.privacy.sealed import Sealer
from tokenfoundry.privacy.sealed_log import MAX_PIECE_BYTES, LogReader, LogWriter, PieceTooLarge

SEALER = Sealer(bytes(32))
PIECES = [b"a", b"", b"c" * 1000]


def written(path: Path) -> None:
    with LogWriter(path, SEALER) as log:
        for piece in PIECES:
            log.append(piece)
        log.close()


def test_pieces_are_read_in_order_and_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "log"
    written(path)
    reader = LogReader(path, SEALER)
    assert list(reader) == PIECES
    assert [reader.at(place) for place in reversed(reader.places())] == PIECES[::-1]


def test_a_log_cut_off_anywhere_reads_up_to_there_and_is_written_on(tmp_path: Path) -> None:
    path = tmp_path / "log"
    written(path)
    whole = path.read_bytes()
    ends = [place.offset for place in LogReader(path, SEALER).places()] + [len(whole)]
    for size in range(len(whole) + 1):
        path.write_bytes(whole[:size])
        count = sum(end <= size for end in ends[1:])
        assert list(LogReader(path, SEALER)) == PIECES[:count]
        with LogWriter(path, SEALER) as log:
            log.append(b"more")
            log.close()
        assert list(LogReader(path, SEALER)) == [*PIECES[:count], b"more"]


def test_pieces_cannot_be_exchanged_or_left_out(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with LogWriter(path, SEALER) as log:
        for piece in (b"one", b"two"):
            log.append(piece)
        log.close()
    whole = path.read_bytes()
    half = len(whole) // 2
    for changed in (whole[half:] + whole[:half], whole[half:]):
        path.write_bytes(changed)
        with pytest.raises(DataLoss):
            list(LogReader(path, SEALER))


def test_what_is_no_log_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"\xff" * 100)
    with pytest.raises(DataLoss, match="damaged at byte 0"):
        LogReader(path, SEALER).places()


def test_a_piece_that_could_not_be_read_again_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "log"
    with LogWriter(path, SEALER) as log:
        with pytest.raises(PieceTooLarge):
            log.append(bytes(MAX_PIECE_BYTES + 1))
        log.append(bytes(MAX_PIECE_BYTES))
        log.close()
    assert [len(piece) for piece in LogReader(path, SEALER)] == [MAX_PIECE_BYTES]
