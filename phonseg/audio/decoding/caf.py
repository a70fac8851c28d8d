"""A CAF file -> how long its sound is, how much an encoder has added before it, and whether the file was cut short.

Source: Apple, Core Audio Format Specification 1.0.
"""

from __future__ import annotations

import os
import struct
from typing import NamedTuple

from phonseg.audio.decoding.checked_file import SeekableFile

MOST_CHUNKS = 1_000  # of a CAF file, which has about ten


class CafSize(NamedTuple):
    """The size of the sound in a CAF file.

    Attributes:
        samples: per channel, as promised; None if the file does not say.
        lead: samples that the encoder has added before them.
        is_cut: whether the file ends before the sound does.
        unsized_at: the byte at which a sound of unknown length begins, which goes on to the end of the file; else 0.
    """

    samples: int | None = None
    lead: int = 0
    is_cut: bool = False
    unsized_at: int = 0


def caf_size(file: SeekableFile) -> CafSize:
    """Reads the description, the packet table and the size of the sound.

    Args:
        file: open for reading and seeking. Its position changes.

    Returns:
        The size; `CafSize()` if the file is none, or does not say.
    """
    length = file.seek(0, os.SEEK_END)
    bytes_per_packet, samples_per_packet, found = 0, 0, CafSize()
    file.seek(0)
    start = 8 if file.read(4) == b"caff" else length
    for _ in range(MOST_CHUNKS):
        file.seek(start)
        head = file.read(12 + 32)
        if len(head) < 12:
            break
        name, size = struct.unpack_from(">4sq", head)
        start += 12 + size
        if name == b"desc" and len(head) == 44:
            bytes_per_packet, samples_per_packet = struct.unpack_from(">16xII", head, 12)
        elif name == b"pakt" and len(head) >= 12 + 24:
            samples, lead = struct.unpack_from(">8xqi", head, 12)
            found = found._replace(samples=samples, lead=lead) if samples > 0 and lead >= 0 else found
        elif name == b"data":
            if found.samples is None and bytes_per_packet and size >= 4:  # the sound begins after 4 bytes
                found = found._replace(samples=(size - 4) // bytes_per_packet * samples_per_packet)
            found = found._replace(is_cut=size > 0 and start > length)
        if size < 0:
            return found._replace(unsized_at=start - size if name == b"data" else 0)
    return found
