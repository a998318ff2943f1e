"""What is kept of conversations: which placeholder stands in for which value, sealed on disk.

vault           opening, erasing, sealing anew
conversation    the placeholders of one conversation, for one call
"""

from tokenfoundry.vault.conversation import ConversationValues
from tokenfoundry.vault.vault import Vault, VaultStats

__all__ = ["ConversationValues", "Vault", "VaultStats"]
