"""The faces of other libraries over this one's engines, for those who move."""
