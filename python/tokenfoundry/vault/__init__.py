"""What is kept of conversations: which placeholder stands in for which value, sealed on disk.

vault           opening, erasing, sealing anew
conversation    the placeholders of one conversation, for one call
kept            what it has, once it was read
names           what it and its values are called there
"""

from tokenfoundry.vault.conversation import ConversationValues
from tokenfoundry.vault.vault import KEY_FILE, Vault, VaultStats, is_opened_by, known_keys

__all__ = ["KEY_FILE", "ConversationValues", "Vault", "VaultStats", "is_opened_by", "known_keys"]
