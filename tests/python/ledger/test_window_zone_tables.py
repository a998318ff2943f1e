"""The zone tables against the files they come from, read here by hand: RFC 8536."""

import datetime
import itertools
import struct
import zoneinfo
from importlib import resources
from pathlib import Path

import pytest

from tokenfoundry.ledger.window import TABLE_STEP_S, zone_table

HEADER = struct.Struct(">4s16x6l")  # After the magic, the version and 15 unused bytes: six counts.


def file_of(tz: str) -> bytes:
    for directory in zoneinfo.TZPATH:
        path = Path(directory) / tz
        if path.is_file():
            return path.read_bytes()
    return resources.files("tzdata").joinpath("zoneinfo", *tz.split("/")).read_bytes()


def changes_in_file(tz: str) -> list[tuple[int, int]]:
    """(Unix seconds, offset) of every change of offset in the file's 64-bit block."""
    data = file_of(tz)

    def counts(at: int) -> tuple[int, int, int, int, int, int]:
        magic, *found = HEADER.unpack_from(data, at)
        assert magic == b"TZif"
        utc, standard, leaps, times, types, characters = found
        return utc, standard, leaps, times, types, characters

    utc, standard, leaps, times, types, characters = counts(0)
    begin = 44 + times * 5 + types * 6 + characters + leaps * 8 + standard + utc
    _, _, _, times, types, _ = counts(begin)
    begin += 44
    instants = struct.unpack_from(f">{times}q", data, begin)
    chosen = data[begin + 8 * times : begin + 9 * times]
    offsets = [struct.unpack_from(">lBB", data, begin + 9 * times + 6 * i)[0] for i in range(types)]
    found, last = [], offsets[0]
    for instant, index in zip(instants, chosen, strict=True):
        if offsets[index] != last:
            found.append((instant, offsets[index]))
        last = offsets[index]
    return found


@pytest.mark.parametrize(
    "tz", ["Europe/Rome", "America/New_York", "Pacific/Apia", "Africa/Monrovia", "America/Recife", "Asia/Gaza", "UTC"]
)
def test_the_table_has_every_change_that_the_file_states(tz: str) -> None:
    stated = [change for change in changes_in_file(tz) if change[0] > 0]
    table = [change for change in zone_table(tz) if change[0] > 0]
    assert table[: len(stated)] == stated
    assert zone_table(tz)[0][0] == 0


def test_the_table_goes_on_by_the_zone_s_rule_until_2100() -> None:
    spring, autumn = (datetime.datetime(2099, *day, 1, tzinfo=datetime.UTC) for day in ((3, 29), (10, 25)))
    assert zone_table("Europe/Rome")[-2:] == ((spring.timestamp(), 7200), (autumn.timestamp(), 3600))


def test_no_zone_keeps_an_offset_for_less_than_the_step_of_the_tables() -> None:
    # Two changes within a step of each other would be missed.
    for tz in sorted(zoneinfo.available_timezones()):
        instants = [instant for instant, _ in changes_in_file(tz) if instant > 0]
        for earlier, later in itertools.pairwise(instants):
            assert later - earlier > TABLE_STEP_S, tz
