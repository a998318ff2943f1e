"""What is known of one API key, and what it allows."""

from __future__ import annotations

import hmac
from functools import cached_property
from typing import Any, Literal

import msgspec

from tokenfoundry.networks import Address, Networks

Scope = Literal[
    "inference",
    "admin",
    "admin:keys",
    "admin:budgets",
    "admin:prices",
    "admin:routes",
    "admin:cache",
    "admin:vault",
    "admin:reports",
]
Endpoint = Literal[
    "batches",
    "chat",
    "completions",
    "embeddings",
    "images",
    "image_edits",
    "image_variations",
    "messages",
    "models",
    "moderations",
    "responses",
    "speech",
    "transcriptions",
    "translations",
]
State = Literal["active", "frozen", "disabled"]
KeyBudget = dict[str, Any]  # the fields of `BudgetSettings` but name, match and each, as they were given

CONVERSATION = "conversation"  # Is stated as an axis is, and says whose placeholders go on; nothing is booked on it.
PARENT = "parent"  # The call that this one is a part of: may be stated where a session may.
OLD_SECRETS_KEPT = 2

_ADMIN = "admin"
_NEVER_MS, _LONG_AGO_MS = 2**63 - 1, -(2**63)
_NO_SECRET = "0" * 64  # No text is known to have this hash, and its time is always over.


class OldSecret(msgspec.Struct, frozen=True):
    """A secret that a rotation replaced: it opens the key until `ends_at_ms`."""

    sha256: str
    ends_at_ms: int

    def __repr__(self) -> str:
        return f"OldSecret(ends_at_ms={self.ends_at_ms})"


class Key(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, dict=True):
    """What is stored of a key. `None` in a list of allowed things means no restriction; times are Unix milliseconds.

    What a request asks of a list is prepared at its first question and kept with the key.
    """

    id: str
    sha256: str = msgspec.field(default="")
    old_secrets: tuple[OldSecret, ...] = ()  # The newest first, at most OLD_SECRETS_KEPT.
    name: str = ""
    workspace: str = "default"
    project: str = "default"
    consumer: str = ""
    env: str = ""
    scopes: tuple[Scope, ...] = ("inference",)
    models: tuple[str, ...] | None = None  # The names that clients ask for; "gpt-4o*" is every name that begins so.
    endpoints: tuple[Endpoint, ...] | None = None
    intents: tuple[str, ...] | None = None  # Values of x-tf-intent; "" is a call that states none.
    regions: tuple[str, ...] | None = None
    allowed_ips: tuple[str, ...] | None = None  # Where its requests may come from: addresses and CIDR ranges.
    client_axes: tuple[str, ...] = ("intent", "session", CONVERSATION)
    # Limits, None for none. The gateway's limiter reads them; nothing here counts.
    rpm: int | None = None  # Requests per minute.
    tpm: int | None = None  # Tokens per minute, as they were really used.
    concurrent: int | None = None  # Calls under way at once.
    budgets: tuple[KeyBudget, ...] = ()  # Caps of this key alone; `keys.budgets.budgets_of` names them.
    created_at_ms: int = 0
    expires_at_ms: int | None = None
    state: State = "active"

    def __repr__(self) -> str:
        return f"Key({self.id}, workspace={self.workspace!r}, project={self.project!r}, state={self.state!r})"

    def public(self) -> dict[str, object]:
        """The fields an administrator may see: of secrets no hash, only when each old one ends."""
        shown = {name: getattr(self, name) for name in self.__struct_fields__ if name != "sha256"}
        return {**shown, "old_secrets": [{"ends_at_ms": old.ends_at_ms} for old in self.old_secrets]}

    def opens_with(self, sha256: str, *, now_ms: int) -> bool:
        """Whether a text with this hash is one of the key's, now.

        Takes the same time whatever the answer, and however many secrets the key has.
        """
        opened = False
        for kept, ends_at_ms in self._secrets:
            opened |= hmac.compare_digest(kept, sha256) and now_ms < ends_at_ms
        return opened

    @property
    def administers(self) -> bool:
        """Whether the key may use any of the admin API."""
        return any(scope.startswith(_ADMIN) for scope in self.scopes)

    def has_scope(self, scope: str) -> bool:
        """Whether the key has that scope; `admin` is every one of the admin API.

        >>> key = Key(id="k", scopes=("admin",))
        >>> key.has_scope("admin:keys"), key.has_scope("inference")
        (True, False)
        """
        return scope in self.scopes or (scope.startswith(_ADMIN) and _ADMIN in self.scopes)

    def allows_model(self, name: str) -> bool:
        """Whether a client may ask for that model.

        >>> Key(id="k", models=("fast", "gpt-4o*")).allows_model("gpt-4o-mini")
        True
        """
        if self.models is None:
            return True
        names, prefixes = self._model_names
        return name in names or name.startswith(prefixes)

    def allows_intent(self, intent: str) -> bool:
        """Whether a call may state that intent; "" when it states none."""
        return self.intents is None or intent in self.intents

    def allows_address(self, address: Address | None) -> bool:
        """Whether a request may come from there. An unknown address is none of a list."""
        return self.allowed_ips is None or address in self._networks

    @cached_property
    def _secrets(self) -> tuple[tuple[str, int], ...]:
        """Always as many, so that a comparison with all of them tells nothing by its time."""
        secrets = [(self.sha256, _NEVER_MS), *((old.sha256, old.ends_at_ms) for old in self.old_secrets)]
        missing = 1 + OLD_SECRETS_KEPT - len(secrets)
        return (*secrets, *[(_NO_SECRET, _LONG_AGO_MS)] * missing)

    @cached_property
    def _model_names(self) -> tuple[frozenset[str], tuple[str, ...]]:
        models = self.models or ()
        prefixes = tuple(model.removesuffix("*") for model in models if model.endswith("*"))
        return frozenset(models), prefixes

    @cached_property
    def _networks(self) -> Networks:
        return Networks(self.allowed_ips or ())


NOBODY = Key(id="", sha256=_NO_SECRET)  # Stands for an unknown id, which is compared like any other.
