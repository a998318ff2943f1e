"""How long each phase of a request may take, and how much of a reply is read.

The times are the provider's settings. The sizes are fixed: no provider comes near them, and what goes beyond is broken
or hostile.
"""

from __future__ import annotations

from dataclasses import dataclass

MAX_HEAD_BYTES = 64 * 1024  # Of a head with its interim heads; also of framing without any content in it.
MAX_HEAD_FIELDS = 128  # Trailers included.
MAX_REPLY_BYTES = 64 * 1024 * 1024  # Of a body that is read whole, decoded.

# A stream's reader may be slow: so much is kept for it before the connection is read no further, and reading goes on
# when it is down to the second. One network read (up to 256 KiB) may come on top.
PAUSE_BYTES = 256 * 1024
RESUME_BYTES = 64 * 1024

# Decoded pieces are at most so large, however small what they were packed in.
MAX_PIECE_BYTES = 256 * 1024
# What unpacks to more than FREE_BYTES must not be more than MAX_RATIO times what was received: no text is.
FREE_BYTES = 8 * 1024 * 1024
MAX_RATIO = 100

IDLE_S = 30.0  # How long a connection waits for another request.
MAX_AGE_S = 300.0  # A connection older than this takes no further request, so that a moved name is followed.
NAMES_S = 60.0  # How long the addresses of a name are used.


@dataclass(frozen=True, slots=True)
class Limits:
    """Times in seconds. A phase also ends when the total is over."""

    connect_s: float = 5.0
    """Name, TCP and TLS together."""
    write_s: float = 60.0
    """Until the request is with the system's network layer."""
    first_byte_s: float = 120.0
    """From there until the reply's head is complete."""
    read_s: float = 60.0
    """Between two pieces of the body."""
    total_s: float = 600.0
