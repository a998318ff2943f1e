"""Every exception this package raises, in one tree.

TokenFoundryError
├── InvalidInput          the caller's value is wrong; the message says which and what to do (also a ValueError)
│   └── ConfigError       the same, in a configuration file, with the path of the field
├── BlockedContent        a policy forbids to send what was found; names the entity, never the value
├── NotFound              no such budget, key, hold, model or vocabulary (also a LookupError)
├── Conflict              the id, name or field is taken, or belongs to the YAML file
├── InvalidState          the object is closed, forked, or already resolved
├── MissingExtra          a dependency behind an extra is not installed (also an ImportError)
├── ProviderError         an upstream model provider could not be reached or answered wrongly
└── StoreError            the disk or the store under it failed
    ├── DirectoryBusy     another process holds the data directory
    └── DataLoss          what was read back is not what was written; the object refuses further work
"""

from __future__ import annotations


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
    """The text holds an entity whose policy is `block`. Offsets are code points; the value is never kept."""

    def __init__(self, entity: str, start: int, end: int) -> None:
        super().__init__(f"the text holds {entity} at {start}..{end}, which the privacy policy blocks")
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


class ProviderError(TokenFoundryError):
    """An upstream model provider could not be reached or answered wrongly."""


class StoreError(TokenFoundryError):
    """The disk or the store under it failed."""


class DirectoryBusy(StoreError):
    """Another process holds the data directory; the message names its pid and the ways out."""


class DataLoss(StoreError):
    """What was read back is not what was written; the object refuses further work."""
