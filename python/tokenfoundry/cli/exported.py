"""The exported rows that commands read: those of a folder, or of the configured data directory, brought up to date."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tokenfoundry.analytics.demo_data.generate import CONFIGURATION_FILE
from tokenfoundry.analytics.rows import ExportDirectory, export_ledger
from tokenfoundry.cli.access import administration
from tokenfoundry.cli.output import err
from tokenfoundry.clock import system_clock
from tokenfoundry.errors import NotFound, TokenFoundryError
from tokenfoundry.ledger import Ledger
from tokenfoundry.pricing.reservations import fx_of, reservations_of
from tokenfoundry.rented_hours import RentedHours
from tokenfoundry.settings import Settings

EXPORTS = "exports"  # In the data directory.


def open_books(settings: Settings) -> Ledger:
    """The books, to read them, also while a server writes them; hours of reserved endpoints that are due are in them.
    Raises `NotFound`.
    """
    books = Path(settings.data_dir) / "books"
    if not books.exists():
        raise NotFound(f"there are no books in {settings.data_dir}: nothing was ever served from it")
    ledger = Ledger.open(books, read_only=True)
    if not settings.reservations:
        return ledger
    hours = RentedHours(ledger, clock=system_clock)
    hours.use(reservations_of(settings), fx_of(settings))
    if not hours.are_due:
        return ledger
    ledger.close()
    try:
        with administration(settings) as administrator:
            administrator.handle("GET", "/admin/reservations", {})  # Whoever is asked anything posts them.
    except TokenFoundryError as error:
        err.print(f"Hours of reserved endpoints are due, and not in this: {escape(str(error))}", soft_wrap=True)
    return Ledger.open(books, read_only=True)


def exported_rows(
    settings: Settings, exports: Path | None, *, into: Path | None = None
) -> tuple[ExportDirectory, Settings]:
    """The rows of the folder `exports`; else of the data directory, of which what is new is exported first. And the
    settings that they were served under: those that lie in the folder, where some do.
    """
    if exports is not None:
        directory = ExportDirectory(exports)
        directory.whose  # noqa: B018 (raises when there are none)
        stated = exports / CONFIGURATION_FILE
        return directory, Settings.load(stated) if stated.exists() else settings
    with open_books(settings) as ledger, counting("exporting") as told:
        path = into or Path(settings.data_dir) / EXPORTS
        return export_ledger(ledger, path, currency=settings.currency, progress=told), settings


@contextmanager
def counting(doing: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal, for what takes long: told how much is done, and of how much."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(doing, total=None)
        yield lambda done, of: bar.update(task, completed=done, total=of)
