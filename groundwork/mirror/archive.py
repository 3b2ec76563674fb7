"""Chart archives: packed the same to the last byte each time, and read."""

from __future__ import annotations

import io
import struct
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path

_HEADER = b"\x1f\x8b\x08" + 7 * b"\x00"
_BLOCK = 0xFFFF


def pack(chart: str, files: Mapping[str, str]) -> bytes:
    """Return the archive of a chart: sorted, without times, owners or anything of this machine.

    It is stored, not compressed: what a compressor writes differs with its version, and the digest would with it.
    """
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        # Helm takes the first folder's Chart.yaml for the chart's own.
        for name in sorted(files, key=lambda name: (name != "Chart.yaml", name)):
            content = files[name].encode()
            entry = tarfile.TarInfo(f"{chart}/{name}")
            entry.size, entry.mode = len(content), 0o644
            archive.addfile(entry, io.BytesIO(content))
    return _stored(tar.getvalue())


def _stored(data: bytes) -> bytes:
    blocks = [data[at : at + _BLOCK] for at in range(0, len(data), _BLOCK)] or [b""]
    body = b"".join(
        struct.pack("<BHH", index == len(blocks) - 1, len(block), len(block) ^ 0xFFFF) + block
        for index, block in enumerate(blocks)
    )
    return _HEADER + body + struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)


def read_from(archive: Path, name: str) -> bytes | None:
    """Return a file at the top of a chart's archive, None where it has none.

    Raises:
        OSError, tarfile.TarError, EOFError, zlib.error: it is no archive.
    """
    with tarfile.open(archive, "r:gz") as tar:
        for member in tar:
            folder, _, rest = member.name.removeprefix("./").partition("/")
            if rest == name and folder:
                file = tar.extractfile(member)
                return file.read() if file else None
    return None
