"""Configurations and factories for tests of the gateway."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tokenfoundry.factory import TokenFactory
from tokenfoundry.settings.targets import CAPABILITIES


def config(base_url: str, data_dir: Path, **sections: Any) -> dict[str, Any]:
    """One provider, a cheap external target, a dear one, and an on-prem one. `sections` replace whole sections."""
    price = {"input": "1", "output": "2", "currency": "EUR"}
    target = {
        "provider": "upstream",
        "region": "eu",
        "trust": "external",
        "tier": "small",
        "tokenizer": "o200k_base",
        "price": price,
        "capabilities": list(CAPABILITIES),
    }
    return {
        "currency": "EUR",
        "data_dir": str(data_dir),
        "providers": {
            "upstream": {
                "format": "openai",
                "base_url": base_url,
                "timeout_s": {"connect": 2, "first_byte": 3, "read": 1, "total": 5},
            }
        },
        "targets": {
            "small": {**target, "model": "small-1"},
            "large": {**target, "model": "large-1", "tier": "large", "price": {**price, "input": "10", "output": "20"}},
            "node": {**target, "model": "node-1", "region": "it", "trust": "on_prem"},
        },
        "aliases": {"fast": ["small"], "both": ["small", "large"], "auto": {"policy": "default"}},
        "routing": {
            "default": [
                {"when": {"sensitive": True}, "use": ["node"]},
                {"when": {"input_tokens": "<= 50"}, "use": ["small"]},
                {"use": ["large"]},
            ]
        },
        **sections,
    }


def factory(base_url: str, data_dir: Path, **sections: Any) -> TokenFactory:
    return TokenFactory.from_config(config(base_url, data_dir, **sections))
