"""How a command reaches the books: through the server that holds them, else by opening them itself.

While a server runs it is the only writer. It leaves its address and an admin key of its own in the data directory, in
a file that only its user can read, so that a command on the same machine needs no options; `TOKENFOUNDRY_URL` and
`TOKENFOUNDRY_ADMIN_KEY` name one elsewhere.
"""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tokenfoundry.budgets import BudgetBook, budgets_of_file
from tokenfoundry.cli.at_rest import in_force_at_rest
from tokenfoundry.clock import system_clock
from tokenfoundry.errors import DirectoryBusy, TokenFoundryError
from tokenfoundry.gateway.admin import Admin
from tokenfoundry.keys import KeyRing
from tokenfoundry.ledger import Ledger
from tokenfoundry.limits import RateLimiter, limits_in_force
from tokenfoundry.pricing.overrides import PriceOverrides
from tokenfoundry.pricing.reservations import fx_of, reservations_of
from tokenfoundry.rented_hours import RentedHours
from tokenfoundry.settings import Settings
from tokenfoundry.settings.data_dir import made_data_dir

if TYPE_CHECKING:
    from tokenfoundry.vault import Vault

_SERVER_FILE = "server.json"
_TIMEOUT_S = 30


# Straight to the server: a proxy of the environment must not see an admin key.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class RemoteAdmin:
    """The admin API over HTTP; `handle` has the same signature as `Admin`'s."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url.rstrip("/")
        self._key = key

    def handle(self, method: str, path: str, fields: dict[str, Any]) -> dict[str, Any]:
        in_address = method == "GET" and fields
        request = urllib.request.Request(
            f"{self._url}{path}?{urllib.parse.urlencode(fields)}" if in_address else self._url + path,
            method=method,
            data=json.dumps(fields).encode() if fields and not in_address else None,
            headers={"authorization": f"Bearer {self._key}", "content-type": "application/json"},
        )
        try:
            with _opener.open(request, timeout=_TIMEOUT_S) as reply:
                answer: dict[str, Any] = json.load(reply)
                return answer
        except urllib.error.HTTPError as error:
            raise TokenFoundryError(_message(error)) from None
        except OSError as error:
            raise TokenFoundryError(f"cannot reach the server at {self._url}: {error}") from None


def _message(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.load(error)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return f"the server answered {error.code}"


@contextmanager
def administration(settings: Settings) -> Iterator[Admin | RemoteAdmin]:
    """Something with `handle(method, path, fields)`. Raises `DirectoryBusy` when a process that is no server holds the
    books.
    """
    if url := os.environ.get("TOKENFOUNDRY_URL"):
        yield RemoteAdmin(url, os.environ.get("TOKENFOUNDRY_ADMIN_KEY", ""))
        return
    data_dir = made_data_dir(settings.data_dir)
    try:
        ledger = Ledger.open(data_dir / "books", durability=settings.durability)
    except DirectoryBusy:
        remote = _running_server(data_dir)
        if remote is None:
            raise
        yield remote
        return
    with ledger, in_force_at_rest(settings, ledger, price_rows := PriceOverrides(ledger)) as in_force:
        keys = KeyRing(ledger)
        rented = RentedHours(ledger, clock=system_clock)
        rented.use(reservations_of(settings), fx_of(settings))
        yield Admin(
            ledger=ledger,
            keys=keys,
            budgets=BudgetBook(ledger, budgets_of_file(settings), keys),
            limits=RateLimiter(limits_in_force(settings.rate_limits, keys)),
            quotas=settings.quotas,
            currency=settings.currency,
            clock=system_clock,
            price_rows=price_rows,
            rented=rented,
            in_force=in_force,
            vault=lambda: _vault_at_rest(settings, ledger, data_dir),
        )


def _vault_at_rest(settings: Settings, ledger: Ledger, data_dir: Path) -> Vault:
    from tokenfoundry.vault import Vault  # Most commands have nothing to do with it.

    return Vault.open(ledger, settings.vault, data_dir, clock=system_clock)


def _running_server(data_dir: Path) -> RemoteAdmin | None:
    try:
        server = json.loads((data_dir / _SERVER_FILE).read_text(encoding="utf-8"))
        os.kill(server["pid"], 0)  # a server that was killed leaves its file behind
        return RemoteAdmin(server["url"], server["key"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


@contextmanager
def announced_server(data_dir: Path, *, url: str, key: str) -> Iterator[None]:
    """Leaves the address and admin key of a running server where `administration` finds them."""
    path = data_dir / _SERVER_FILE
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump({"pid": os.getpid(), "url": url, "key": key}, file)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
