"""Conversations: the keys of the vault and of pseudonyms, and whether what is kept opens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tokenfoundry.doctor.directory import holder_of
from tokenfoundry.doctor.finding import Finding, failed, ok, skipped
from tokenfoundry.errors import ConfigError, DataLoss, TokenFoundryError
from tokenfoundry.gateway.redaction import pseudonym_key
from tokenfoundry.ledger import Ledger
from tokenfoundry.privacy.sealed import SealerRing
from tokenfoundry.settings import Settings
from tokenfoundry.vault import KEY_FILE, is_opened_by, known_keys

_ABOUT = "vault"


def vault(settings: Settings) -> Iterator[Finding]:
    """Findings about them. Reads alone."""
    if settings.privacy.key is not None:
        try:
            pseudonym_key(settings.privacy)
            yield ok("pseudonyms", "their key is there")
        except ConfigError as error:
            yield failed("pseudonyms", str(error), "mend it: the server does not start without")
    try:
        keys = known_keys(settings.vault, Path(settings.data_dir))
    except ConfigError as error:
        yield failed(_ABOUT, str(error), "mend it: what was said of whom does not open without its key")
    except (OSError, DataLoss) as error:
        said = str(error) if isinstance(error, DataLoss) else f"{KEY_FILE} cannot be read: {type(error).__name__}"
        yield failed(_ABOUT, said, "restore it from a copy")
    else:
        yield _kept(Path(settings.data_dir) / "books", keys)


def _kept(books: Path, keys: list[bytes]) -> Finding:
    if not books.is_dir():
        return skipped(_ABOUT, "no conversation is kept yet")
    if holder_of(books) is not None:
        return skipped(_ABOUT, "not read while the books are in use")
    try:
        with Ledger.open(books, read_only=True) as ledger:
            opened = is_opened_by(ledger, SealerRing(keys, "vault") if keys else None)
    except TokenFoundryError as error:
        return failed(_ABOUT, f"cannot be read: {error}", "see what is said of the books")
    if opened is None:
        return skipped(_ABOUT, "no conversation is kept yet")
    if opened:
        return ok(_ABOUT, "opens with its key")
    said = "does not open with the keys that are stated" if keys else f"{KEY_FILE} is gone, and what is kept needs it"
    return failed(_ABOUT, said, "state the key that it was sealed with, or restore it from a copy")
