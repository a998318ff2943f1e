"""What a route of the admin API is: a row that says who may ask what, and the function that does it.

The rows are data, so that the OpenAPI document, the command line's help and the dispatch read the same table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote

from tokenfoundry.budgets import BudgetBook
from tokenfoundry.clock import Clock
from tokenfoundry.errors import Conflict, InvalidInput
from tokenfoundry.gateway.sharing.kept_answers import KeptAnswers
from tokenfoundry.keys import Key, KeyRing
from tokenfoundry.ledger import Ledger
from tokenfoundry.limits import RateLimiter
from tokenfoundry.packages import PackageBook
from tokenfoundry.pricing import PriceBook
from tokenfoundry.pricing.overrides import PriceOverrides
from tokenfoundry.quotas import QuotaPages
from tokenfoundry.rented_hours import RentedHours
from tokenfoundry.resilience.health import Health
from tokenfoundry.routing.explain import Explanation
from tokenfoundry.routing.targets import Target
from tokenfoundry.settings import Settings

if TYPE_CHECKING:
    from tokenfoundry.vault import Vault

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
AdminScope = Literal[
    "admin",
    "admin:keys",
    "admin:budgets",
    "admin:prices",
    "admin:routes",
    "admin:cache",
    "admin:vault",
    "admin:reports",
]
Schema = dict[str, Any]

_MAX_ACTOR_LENGTH = 200
_COMMAND_LINE = "the command line"
_PLACE = re.compile(r"\{(\w+)(:path)?\}")


@dataclass(frozen=True, slots=True)
class InForce:
    """What is in force for this directory: in the gateway that runs, or as the settings state it when none does.

    `reprice` puts changed prices in force. `explain` says where a call would go.
    """

    settings: Callable[[], Settings]
    prices: Callable[[], PriceBook]
    kept: Callable[[], KeptAnswers | None]
    reprice: Callable[[], None]
    explain: Callable[..., Explanation]
    reach: Callable[[], Mapping[str, Sequence[Target]]]
    """By each name that clients ask for, the targets that its calls may go to."""


@dataclass(frozen=True, slots=True)
class Running:
    """What only a gateway that runs has: the command line without a server has none."""

    reload: Callable[[str], None]
    """`who` asks for it."""
    health: Callable[[], Health]


@dataclass(frozen=True, slots=True)
class Office:
    """What an administrator works on: one open data directory, and the gateway over it when one runs."""

    ledger: Ledger
    keys: KeyRing
    budgets: BudgetBook
    limits: RateLimiter
    quotas: QuotaPages
    packages: PackageBook
    price_rows: PriceOverrides
    rented: RentedHours
    currency: str
    clock: Clock
    in_force: InForce
    vault: Callable[[], Vault]
    """Opens the vault. Raises `StoreError`."""
    running: Running | None

    @property
    def gateway(self) -> Running:
        """The running gateway. Raises `Conflict` when there is none."""
        if self.running is None:
            raise Conflict("no server runs on this data directory: start one with tokenfoundry serve")
        return self.running


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: the names in its path, the fields of its query and body, and whose key it came with; None for the
    command line on its own data directory, which may do everything.
    """

    names: Mapping[str, str]
    fields: dict[str, Any]
    asker: Key | None

    def with_actor(self) -> tuple[str, dict[str, Any]]:
        """Who asks, as the books will say it, and the other fields. Raises `InvalidInput` when nobody is named."""
        rest = dict(self.fields)
        stated = rest.pop("actor", "")
        key_id = self.asker.id if self.asker else ""
        if not isinstance(stated, str) or len(stated) > _MAX_ACTOR_LENGTH:
            raise InvalidInput(f"actor: should be a name of at most {_MAX_ACTOR_LENGTH} characters")
        if not stated and not key_id:
            raise InvalidInput("actor: is required: who does this")
        return (f"{stated} ({key_id})" if stated and key_id else stated or key_id), rest

    @property
    def who(self) -> str:
        """Who asks, as the books will say it when nobody needs to be named."""
        stated = self.fields.get("actor")
        return self.with_actor()[0] if stated or self.asker is not None else _COMMAND_LINE

    def whole(self, name: str, default: int, *, least: int, most: int = 2**63 - 1) -> int:
        """A whole number of the query or the body. Raises `InvalidInput`."""
        text = str(self.fields.get(name, default))
        if not re.fullmatch(r"-?\d{1,19}", text, re.ASCII) or not least <= int(text) <= most:
            raise InvalidInput(f"{name}: should be a whole number from {least} to {most}")
        return int(text)

    def nothing_else_than(self, *names: str) -> None:
        """Raises `InvalidInput` when a field is stated that is none of these."""
        for name in self.fields:
            if name not in names:
                known = f"there is: {', '.join(names)}" if names else "there is none"
                raise InvalidInput(f"{name}: is no field of this request; {known}")


Handler = Callable[[Office, Asked], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class AdminRoute:
    """One row. `path` has its names in braces; `{name:path}` is a name that may hold slashes.

    `query` describes the fields of a query by name; `body` makes the JSON schema of a body. A key needs `scope`, which
    `admin` always is. What changes something is noted in the books by whoever dispatches it; not so (`is_noted`) what
    leaves an entry of its own, or only asks.
    """

    method: Method
    path: str
    scope: AdminScope
    summary: str
    handle: Handler
    query: Mapping[str, str] = field(default_factory=dict)
    body: Callable[[], Schema] | None = None
    is_noted: bool = True
    pattern: re.Pattern[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        pattern = _PLACE.sub(lambda found: f"(?P<{found[1]}>{'.+' if found[2] else '[^/]+'})", self.path)
        object.__setattr__(self, "pattern", re.compile(pattern))

    @property
    def template(self) -> str:
        """The path as an OpenAPI document writes it."""
        return _PLACE.sub(r"{\1}", self.path)

    def names_in(self, path: str) -> dict[str, str] | None:
        """The names in a path of this route; None when it is another's."""
        found = self.pattern.fullmatch(path)
        return None if found is None else {name: unquote(text) for name, text in found.groupdict().items()}


def object_schema(properties: Mapping[str, Schema], *, required: tuple[str, ...] = ()) -> Schema:
    """The schema of a body with these fields and no others."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(required),
        "additionalProperties": False,
    }


ACTOR: Schema = {"type": "string", "maxLength": _MAX_ACTOR_LENGTH, "description": "Who does this, beside the key."}
REASON: Schema = {"type": "string", "maxLength": 1000, "description": "Why, for the books."}
