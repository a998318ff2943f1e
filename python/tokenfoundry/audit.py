"""What the audit log says: an RFC 6962 Merkle tree over the ledger's entries."""

from __future__ import annotations

import msgspec


class AuditHead(msgspec.Struct, frozen=True, kw_only=True):
    """The log at one moment: `size` entries under `root`, 64 hex digits (RFC 6962, section 2.1, SHA-256)."""

    size: int
    root: str


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """What reading everything again has shown. `size` and `root` are the stored head.

    `problem` is empty when every entry, every leaf, the root and the sums of the accounts are as they were written;
    `broken_seq` is the first entry that is not, None when the problem is not one entry's.

    >>> Verification(size=3, root="ab" * 32, broken_seq=1, problem="the entry is missing").ok
    False
    """

    size: int
    root: str
    broken_seq: int | None
    problem: str

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.problem
