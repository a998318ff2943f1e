"""The ledger as each event loop may use it: a loop has a face of its own, made at its first call."""

from __future__ import annotations

import asyncio

from tokenfoundry.ledger import AsyncLedger, Ledger


class LedgerFaces:
    """The faces of one ledger. They outlive a change of the configuration, as calls do. Any thread, each for its own
    loop.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self._faces: dict[asyncio.AbstractEventLoop, AsyncLedger] = {}

    @property
    def loops(self) -> tuple[asyncio.AbstractEventLoop, ...]:
        """The loops that have made calls and were not given up since."""
        return tuple(self._faces)

    def of_running_loop(self) -> AsyncLedger:
        loop = asyncio.get_running_loop()
        face = self._faces.get(loop)
        if face is None:
            for ended in [known for known in self._faces if known.is_closed()]:
                self._faces.pop(ended).close()
            face = self._faces[loop] = self.ledger.asynchronous()
        return face

    def leave_loop(self) -> None:
        """Gives up the running loop's face; calls in progress on it must have ended."""
        face = self._faces.pop(asyncio.get_running_loop(), None)
        if face is not None:
            face.close()
