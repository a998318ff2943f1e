"""How the child of a fork ends that inherited an open store."""

from __future__ import annotations

import ctypes


def leave_without_destructors() -> None:
    """Lets this process end without running the destructors of C++'s static objects: the store's wait for threads that
    only the parent has, so a worker that inherited it would hang at its end.

    The exit status is kept. Python's own work at the end is done by then: its atexit functions, the flushing of files.
    """
    libc = ctypes.CDLL(None)
    # What on_exit calls gets the status first, as _exit does; the last that is registered is called first.
    libc.on_exit(ctypes.cast(libc._exit, ctypes.c_void_p), None)
