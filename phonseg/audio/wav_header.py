"""What a WAV file holds -> its header.

Sources: Microsoft, Multimedia Programming Interface and Data Specifications 1.0; ITU-R BS.2088 (RF64).
"""

from __future__ import annotations

import struct

LARGEST = 2**32 - 1  # of a size in a WAV file, in bytes
PCM, FLOAT = 1, 3  # codes of sample types


def wav_header(sample_rate: int, channels: int, n_samples: int, bits: int, *, is_float: bool) -> bytes:
    """Returns all of a WAV file that stands before its samples.

    Args:
        sample_rate: in Hz.
        channels: how many.
        n_samples: samples per channel.
        bits: of a sample.
        is_float: whether samples are floating-point numbers.

    Returns:
        The header; that of an RF64 file if a WAV file cannot be so long.
    """
    frame = channels * bits // 8
    length = n_samples * frame
    kind = struct.pack("<HHIIHH", FLOAT if is_float else PCM, channels, sample_rate, sample_rate * frame, frame, bits)
    parts = _part(b"fmt ", kind)
    if is_float:
        parts += _part(b"fact", struct.pack("<I", min(n_samples, LARGEST)))
    whole = 4 + len(parts) + 8 + length + length % 2  # bytes after the first size
    if whole <= LARGEST:
        return b"RIFF" + struct.pack("<I", whole) + b"WAVE" + parts + b"data" + struct.pack("<I", length)
    sizes = struct.pack("<QQQI", whole + 36, length, n_samples, 0)
    unknown = struct.pack("<I", LARGEST)  # the sizes stand in ds64
    return b"RF64" + unknown + b"WAVE" + _part(b"ds64", sizes) + parts + b"data" + unknown


def _part(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content
