"""Data sets: columns of text redacted, restored, counted and reported, in files and in frames."""
