"""Coming from a LiteLLM proxy: its configuration as ours."""

from tokenfoundry.compat.litellm.config import Imported, import_config

__all__ = ["Imported", "import_config"]
