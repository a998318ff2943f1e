"""Files and batches as OpenAI's API shows them (openai-python, types/file_object.py and types/batch.py)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tokenfoundry.batches.records import Batch, Counts, File
from tokenfoundry.batches.work import STAMPS
from tokenfoundry.providers.batch_api import WINDOW


def file_shape(file: File) -> dict[str, Any]:
    return {
        "id": file.id,
        "object": "file",
        "bytes": file.size_bytes,
        "created_at": file.created_ms // 1000,
        "expires_at": file.expires_ms // 1000,
        "filename": file.filename,
        "purpose": file.purpose,
        "status": "processed",
        "status_details": None,
    }


def batch_shape(batch: Batch, counts: Counts | None) -> dict[str, Any]:
    """`counts` are those of now, of a batch that goes on."""
    stamps = {name: batch.stamps.get(name) for name in STAMPS.values()}
    counts = counts or batch.counts
    spent, failure = batch.spent, batch.failure
    errors = None
    if failure is not None:
        told = {"code": failure.code, "message": failure.message, "param": None, "line": None}
        errors = {"object": "list", "data": [told]}
    return {
        "id": batch.id,
        "object": "batch",
        "endpoint": batch.url,
        "model": batch.model,
        "errors": errors,
        "input_file_id": batch.input_file,
        "completion_window": WINDOW,
        "status": batch.status,
        "output_file_id": batch.output_file or None,
        "error_file_id": batch.error_file or None,
        "created_at": batch.at_ms // 1000,
        "expires_at": batch.expires_ms // 1000,
        **{name: None if at_ms is None else at_ms // 1000 for name, at_ms in stamps.items()},
        "request_counts": {"total": counts.total, "completed": counts.completed, "failed": counts.failed},
        "usage": {
            "input_tokens": spent.input_tokens,
            "input_tokens_details": {"cached_tokens": spent.cached_tokens},
            "output_tokens": spent.output_tokens,
            "output_tokens_details": {"reasoning_tokens": spent.reasoning_tokens},
            "total_tokens": spent.input_tokens + spent.output_tokens,
        },
        "metadata": batch.metadata,
    }


def page(shapes: Sequence[dict[str, Any]], *, has_more: bool) -> dict[str, Any]:
    return {
        "object": "list",
        "data": list(shapes),
        "first_id": shapes[0]["id"] if shapes else None,
        "last_id": shapes[-1]["id"] if shapes else None,
        "has_more": has_more,
    }
