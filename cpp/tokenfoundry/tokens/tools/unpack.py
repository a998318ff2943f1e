"""unpack.py PACKED.xz UNPACKED: what `xz -d` does, with nothing but Python. The builder checks the SHA-256."""

import lzma
import pathlib
import sys

packed, unpacked = map(pathlib.Path, sys.argv[1:])
unpacked.write_bytes(lzma.decompress(packed.read_bytes()))
