"""Files of calls that are answered within a day: how large, how long kept, how fast."""

from __future__ import annotations

from pydantic import Field, field_validator

from tokenfoundry.settings.fields import DurationMs, Key, KeyReference, Section, SizeBytes


class BatchSettings(Section):
    """`/v1/files` and `/v1/batches`."""

    enabled: bool = Field(True, description="Whether files are taken and batches made.")
    max_file_bytes: SizeBytes = Field(200 * 10**6, description="The largest file that is taken; a larger one gets 413.")
    max_lines: int = Field(50_000, ge=1, le=1_000_000, description="How many requests a file may hold.")
    max_line_bytes: SizeBytes = Field(4 * 10**6, description="The longest line of a file. Lines are held in memory.")
    max_bytes: SizeBytes = Field(10 * 10**9, description="How much disk files and batches may take.")
    keep_ms: DurationMs = Field(
        30 * 86_400_000,
        alias="keep",
        description="How long a file is kept when its owner does not delete it or ask for less: 30d.",
    )
    poll_ms: DurationMs = Field(
        30_000, alias="poll", description="How often a provider is asked how its batches are: 30s."
    )
    concurrency: int = Field(
        4,
        ge=1,
        le=1000,
        description="How many lines may be under way at once, of all batches whose provider has no batches of its own.",
    )
    key: Key | None = Field(
        None,
        description="Where the key is kept that seals files on disk: env:NAME or file:/path. When missing, one is made "
        "in data_dir, in a file that its owner alone may read.",
    )

    @field_validator("key")
    @classmethod
    def _is_kept(cls, key: KeyReference | None) -> KeyReference | None:
        if key is not None and key.is_renewed:
            raise ValueError("should be env:NAME or file:/path: a token that ends opens nothing later")
        return key
