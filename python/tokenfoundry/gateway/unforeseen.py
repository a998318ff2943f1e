"""What may be written down of an exception that nobody foresaw. Not its message: that may quote a request."""

from __future__ import annotations


def kind_and_place(error: BaseException) -> str:
    """Its type, and the function and line that raised it."""
    frames = error.__traceback__
    while frames is not None and frames.tb_next is not None:
        frames = frames.tb_next
    where = f"{frames.tb_frame.f_code.co_qualname}:{frames.tb_lineno}" if frames else "nowhere"
    return f"{type(error).__name__} at {where}"
