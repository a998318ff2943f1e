"""What is kept of conversations: how long, who shares it, with which key it is sealed."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from tokenfoundry.settings.fields import DurationMs, Key, KeyReference, Section


class VaultSettings(Section):
    """The values behind the placeholders of calls that state `x-tf-conversation`."""

    ttl_ms: DurationMs = Field(
        30 * 86_400_000, alias="ttl", description="A conversation ends when it was not used for so long: 30d."
    )
    share: Literal["key", "project"] = Field(
        "key",
        description="Who goes on with a conversation of one name. key: the API key that began it, nobody else. "
        "project: every key of its project.",
    )
    key: Key | None = Field(
        None,
        description="Where the key is kept that seals values on disk: env:NAME or file:/path. When missing, one is "
        "made in data_dir, in a file that its owner alone may read.",
    )
    old_keys: tuple[Key, ...] = Field(
        (), description="Keys of before, which still open: until tokenfoundry vault reseal has sealed all anew."
    )

    @field_validator("key")
    @classmethod
    def _is_kept(cls, key: KeyReference | None) -> KeyReference | None:
        if key is not None and key.is_renewed:
            raise ValueError("should be env:NAME or file:/path: a token that ends opens nothing later")
        return key

    @field_validator("old_keys")
    @classmethod
    def _are_kept(cls, keys: tuple[KeyReference, ...]) -> tuple[KeyReference, ...]:
        for key in keys:
            cls._is_kept(key)
        return keys
