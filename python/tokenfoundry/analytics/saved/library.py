"""The saved reports that there are: those of the package, and a user's own.

A report is a file of one SELECT with a head of comments:

    -- title: Cost by model
    -- about: What it says, in a sentence or more; may be repeated.
    -- grain: day               (it reads token_counts, which are of whole days; else hour)
    -- show: heatmap            (how a terminal shows it; else table)
    -- param: limit = 20        (a whole number that the query calls $limit, and what it is unless it is given)

A query may also say $tz, the IANA zone of its calendar. Columns whose names end in `_nano` are money in nano units, and
are shown in units of the currency without that ending.
"""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from tokenfoundry.errors import InvalidInput, NotFound

Grain = Literal["hour", "day"]
Show = Literal["table", "heatmap"]

_HEAD = re.compile(r"--\s*(\w+):\s*(.*?)\s*")
_PARAM = re.compile(r"([a-z]\w*)\s*=\s*(\d+)")
_SUFFIX = ".sql"


class SavedReport(msgspec.Struct, frozen=True, kw_only=True):
    """A query and what its head says of it. `place` is its file, for messages."""

    name: str
    title: str
    about: str
    sql: str
    place: str
    grain: Grain = "hour"
    show: Show = "table"
    params: dict[str, int] = {}

    def uses(self, param: str) -> bool:
        """Whether the query says $param."""
        return re.search(rf"\${param}\b", self.sql) is not None

    @property
    def uses_budgets(self) -> bool:
        """Whether the query reads what a configuration says of budgets."""
        return re.search(r"\bbudgets\b", self.sql) is not None

    @property
    def uses_roots(self) -> bool:
        """Whether the query reads which calls are under which."""
        return re.search(r"\broots\b", self.sql) is not None


def parse_report(text: str, *, name: str, place: str) -> SavedReport:
    """The report of a file's text. Raises `InvalidInput` naming the line.

    >>> parse_report("-- title: All\\nselect 1 as one", name="all", place="all.sql").title
    'All'
    """
    fields: dict[str, Any] = {"title": name, "about": "", "params": {}}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("--"):
            break
        found = _HEAD.fullmatch(line)
        if found is not None:
            _add(fields, found[1], found[2], f"{place}, line {number}")
    report = SavedReport(name=name, sql=text, place=place, **fields)
    for param in sorted({found[1] for found in re.finditer(r"\$([a-z]\w*)", text)} - {"tz", *report.params}):
        raise InvalidInput(f"{place}: it says ${param}, which no line of its head states: -- param: {param} = 20")
    return report


def _add(fields: dict[str, Any], key: str, value: str, where: str) -> None:
    if key == "title":
        fields["title"] = value
    elif key == "about":
        fields["about"] = f"{fields['about']} {value}".strip()
    elif key in ("grain", "show"):
        known = get_args(Grain if key == "grain" else Show)
        if value not in known:
            raise InvalidInput(f"{where}: {key} is {' or '.join(known)}, not {value!r}")
        fields[key] = value
    elif key == "param":
        stated = _PARAM.fullmatch(value)
        if stated is None:
            raise InvalidInput(f"{where}: a param is a name and a whole number, such as limit = 20, not {value!r}")
        fields["params"][stated[1]] = int(stated[2])


def built_in_reports() -> dict[str, SavedReport]:
    """By name."""
    folder = files("tokenfoundry.analytics.saved").joinpath("reports")
    found = sorted((each for each in folder.iterdir() if each.name.endswith(_SUFFIX)), key=lambda each: each.name)
    return {
        name: parse_report(each.read_text(encoding="utf-8"), name=name, place=f"the report {name}")
        for each in found
        for name in [each.name.removesuffix(_SUFFIX)]
    }


def reports_in(folder: Path) -> dict[str, SavedReport]:
    """A user's own, by the names of the files in `folder`; none when there is no such folder. Raises `InvalidInput`."""
    return {file.stem: read_report(file) for file in sorted(folder.glob(f"*{_SUFFIX}"))}


def read_report(file: Path) -> SavedReport:
    """Raises `InvalidInput` for what cannot be read."""
    try:
        return parse_report(file.read_text(encoding="utf-8"), name=file.stem, place=str(file))
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{file} is not UTF-8 text: byte {error.start}") from None
    except OSError as error:
        raise InvalidInput(f"cannot read {file}: {error.strerror}") from None


def find_report(name: str, own: Path | None = None) -> SavedReport:
    """The report of that name, a user's own in `own` before one of the package; or the file of that path, which ends in
    .sql. Raises `NotFound`, `InvalidInput`.
    """
    if name.endswith(_SUFFIX):
        return read_report(Path(name))
    known = built_in_reports() | (reports_in(own) if own is not None else {})
    if name not in known:
        raise NotFound(
            f"no report is called {name!r}; there is {', '.join(known)}, or a file of yours that ends in .sql"
        )
    return known[name]
