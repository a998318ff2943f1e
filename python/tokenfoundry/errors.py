"""Every exception this package raises, in one tree.

TokenFoundryError
├── InvalidInput          the caller's value is wrong; the message says which and what to do (also a ValueError)
│   └── ConfigError       the same, in a configuration file, with the path of the field
├── BlockedContent        a policy forbids to send what was found; names the entity, never the value
├── NotFound              no such budget, key, hold, model or vocabulary (also a LookupError)
├── Conflict              the id, name or field is taken, or belongs to the YAML file
├── InvalidState          the object is closed, forked, or already resolved
├── MissingExtra          a dependency behind an extra is not installed (also an ImportError)
├── CallFailed            a call was refused or failed; has `status`, `code`, `param`, `request_id`, `retry_after_s`
│   ├── InvalidCall       the request is wrong, or asks for what there is not (also InvalidInput)
│   ├── NotAllowed        the key is unknown, expired or stopped, or may not do this
│   ├── BudgetExceeded    a budget does not allow it; `budget` and `refusal` say which and why
│   ├── RateLimited       too many calls or tokens at the moment, here or at the provider
│   ├── UpstreamFailed    no provider gave a whole answer
│   └── Unavailable       the gateway serves no call now
├── ProviderError         an upstream model provider could not be reached or answered wrongly
└── StoreError            the disk or the store under it failed
    ├── DirectoryBusy     another process holds the data directory
    └── DataLoss          what was read back is not what was written; the object refuses further work
"""

from __future__ import annotations

from typing import Any


class TokenFoundryError(Exception):
    """The root of the tree: catch it to catch everything this package raises on purpose."""


class InvalidInput(TokenFoundryError, ValueError):
    """A value from the caller is wrong; the message says which and what to do."""


class ConfigError(InvalidInput):
    """A configuration value is wrong. `path` names the field, e.g. `budgets[0].window.anchor_day`."""

    def __init__(self, message: str, *, path: str = "") -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path


class BlockedContent(TokenFoundryError):
    """The text holds an entity whose policy is `block`. Offsets are code points; the value is never kept.

    `place` is what holds it, in words, such as a row of a column.
    """

    def __init__(self, entity: str, start: int, end: int, *, place: str = "the text") -> None:
        super().__init__(f"{place} holds {entity} at {start}..{end}, which the privacy policy blocks")
        self.entity = entity
        self.start = start
        self.end = end


class NotFound(TokenFoundryError, LookupError):
    """Nothing has that name or id."""


class Conflict(TokenFoundryError):
    """The id, name or field is taken, or belongs to the YAML file."""


class InvalidState(TokenFoundryError):
    """The object is closed, was inherited through a fork, or the hold is already resolved."""


class MissingExtra(TokenFoundryError, ImportError):
    """A dependency behind an extra is not installed; the message says what to type."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"{package} is not installed: pip install 'tokenfoundry[{extra}]'")
        self.package = package
        self.extra = extra


class CallFailed(TokenFoundryError):
    """A call within this process was refused or failed. The fields are those of the HTTP answer that it stands for."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        code: str = "",
        param: str | None = None,
        request_id: str = "",
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.param = param
        self.request_id = request_id
        self.retry_after_s = retry_after_s


class InvalidCall(CallFailed, InvalidInput):
    """The request is wrong, holds what may not leave, or asks for what there is not; `param` names the field."""


class NotAllowed(CallFailed):
    """The key is unknown, expired or stopped, or may not do this."""


class BudgetExceeded(CallFailed):
    """A budget does not allow the call. `budget` names it; `refusal` is the ledger's (`tokenfoundry.Refusal`)."""

    refusal: Any = None

    @property
    def budget(self) -> str:
        """The budget's name."""
        return "" if self.refusal is None else str(self.refusal.budget)


class RateLimited(CallFailed):
    """Too many calls or tokens at the moment, here or at the provider."""


class UpstreamFailed(CallFailed):
    """No provider gave a whole answer."""


class Unavailable(CallFailed):
    """The gateway serves no call now: it is full, it ends, or its books cannot be written."""


class ProviderError(TokenFoundryError):
    """An upstream model provider could not be reached or answered wrongly."""


class StoreError(TokenFoundryError):
    """The disk or the store under it failed."""


class DirectoryBusy(StoreError):
    """Another process holds the data directory; the message names its pid and the ways out."""


class DataLoss(StoreError):
    """What was read back is not what was written; the object refuses further work."""
