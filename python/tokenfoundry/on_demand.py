"""What most factories never open: files and batches, and the vault of conversations. Imported and opened at the first
question.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from tokenfoundry.clock import Clock
from tokenfoundry.errors import ConfigError, StoreError
from tokenfoundry.gateway.batch_routes import batches_unavailable
from tokenfoundry.ledger import Ledger
from tokenfoundry.settings import VaultSettings

if TYPE_CHECKING:
    from tokenfoundry.batches.service import BatchService
    from tokenfoundry.vault import Vault

_log = logging.getLogger("tokenfoundry")


class Vaults:
    """The vaults over one ledger, one for each version of their settings."""

    def __init__(self, ledger: Ledger, data_dir: Path, clock: Clock) -> None:
        self._ledger = ledger
        self._data_dir = data_dir
        self._clock = clock
        self.opened: dict[VaultSettings, Vault] = {}
        self._opening = threading.Lock()

    def of(self, settings: VaultSettings) -> Vault:
        """What is kept of conversations under these settings. Raises `StoreError`, at each call until what is wrong is
        mended.
        """
        if (vault := self.opened.get(settings)) is not None:
            return vault
        from tokenfoundry.vault import Vault

        with self._opening:
            if settings not in self.opened:
                try:
                    opened = Vault.open(self._ledger, settings, self._data_dir, clock=self._clock)
                except (ConfigError, OSError) as error:
                    raise StoreError(f"the vault of conversations cannot be opened: {error}") from None
                self.opened[settings] = opened
            return self.opened[settings]

    def close(self) -> None:
        """Closes all that were opened."""
        for vault in self.opened.values():
            vault.close()


class BatchesOnDemand:
    """The files and batches of one data directory."""

    def __init__(self, directory: Path, open_service: Callable[[Path], BatchService]) -> None:
        self._directory = directory
        self._open_service = open_service
        self._opening = threading.Lock()
        self._is_out_of_order = False
        self.opened: BatchService | None = None

    @property
    def has_any(self) -> bool:
        """Whether an earlier process left some."""
        return self._directory.is_dir()

    def service(self) -> BatchService:
        """Raises `Refused` when what is kept cannot be opened, until the next start: only files and batches are out of
        order then.
        """
        with self._opening:
            if self.opened is None:
                if self._is_out_of_order:
                    raise batches_unavailable()
                try:
                    self.opened = self._open_service(self._directory)
                except (ConfigError, StoreError, OSError) as error:
                    _log.error("no files and batches until this is mended and the gateway started again: %s", error)
                    self._is_out_of_order = True
                    raise batches_unavailable() from None
            return self.opened
