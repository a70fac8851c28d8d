"""Any recording -> mono float32 blocks at the wanted rate, in constant memory, with its true duration.

A recording is read once when it is opened, to count and check its samples. A short one (two minutes at 16 kHz) is
kept; every pass over the `Recording.blocks` of a longer one reads it afresh. A stored sample of whole numbers is scaled
to -1..1; floating point is taken as it is.

MP3: Praat shows an MP3 file 37 to 66 ms later than these samples lie, since it keeps the delay of the encoder.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
import soxr

from phonseg.audio.channels import Channel, Samples, check_channel, check_has_channel, one_channel
from phonseg.audio.decoding.libsndfile import DamagedError
from phonseg.audio.decoding.source import Decoder, Source, open_source
from phonseg.audio.scan import BLOCK, Scan, scan
from phonseg.errors import AudioError, ConfigurationError, PhonsegWarning

SILENT_MIX = 1e-3  # a mix whose power is 30 dB below that of its channels has cancelled out
CLIPPED_SHARE = 1e-3  # of the samples at the limit: from here on it is worth a remark


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """A recording whose samples have been counted and checked; `open_recording` makes it.

    Attributes:
        name: its path, "<samples>" or "<file object>".
        format: container and coding.
        sample_rate: samples per second, as recorded.
        channels: how many, as recorded.
        n_samples: samples per channel, as recorded.
        channel: "mix" or the channel taken, counted from 1.
        peak: the largest magnitude in the channels that count, 1 for full scale.
        power: mean square of the mono samples.
        clipped: how many samples stand at the limit, where a wave was cut off.
        remarks: what is worth knowing about it though nothing is amiss in reading it.
    """

    name: str
    format: str
    sample_rate: float
    channels: int
    n_samples: int
    channel: Channel
    peak: float
    power: float
    clipped: int
    remarks: tuple[str, ...]
    _decoder: Decoder = field(repr=False)
    _kept: tuple[Samples, ...] = field(repr=False)

    @property
    def duration(self) -> float:
        """Seconds: n_samples / sample_rate."""
        return self.n_samples / self.sample_rate

    def length(self, sample_rate: int) -> int:
        """How many samples the recording has at another rate."""
        return round(self.n_samples * sample_rate / self.sample_rate)

    def blocks(self, sample_rate: int, *, block_seconds: float = 10.0) -> Iterator[Samples]:
        """Mono at `sample_rate`, from the beginning, in blocks of `block_seconds` of which the last may be shorter.

        Altogether `length(sample_rate)` samples, which do not depend on `block_seconds`. At the rate of the
        recording they are its own samples; else they are resampled by soxr in high quality. Each call is a fresh pass,
        which reads a long recording again (an open file is rewound). Raises AudioError if that has become shorter since
        it was opened.
        """
        if not sample_rate >= 1:
            raise ConfigurationError(f"sample_rate is {sample_rate}. Give samples per second, such as 16000.")
        size = round(block_seconds * sample_rate) if math.isfinite(block_seconds) else 0
        if size < 1:
            raise ConfigurationError(f"block_seconds is {block_seconds}. Give seconds, above 0.")
        chunks = iter(self._kept) if self._kept else self._mono()
        if sample_rate != self.sample_rate:
            chunks = _resampled(chunks, self.sample_rate, sample_rate, self.length(sample_rate))
        return _recut(chunks, size)

    def _mono(self) -> Iterator[Samples]:
        done = 0
        with suppress(DamagedError):
            for block in self._decoder.blocks(BLOCK, self.n_samples):
                done += len(block)
                yield one_channel(block, self.channel)
        if done < self.n_samples:
            raise AudioError(f"{self.name}: became shorter while it was read. Wait until it is complete.")


def open_recording(source: Source, *, channel: Channel = "mix") -> Recording:
    """Open a recording: count and check all its samples.

    Warns (PhonsegWarning) when less can be read than there should be (which AU, Wave64 and rarer formats do not show),
    and takes what there is; and when the channels cancel each other in the mix, and takes the loudest.

    Args:
        source: a path (WAV, FLAC, MP3, OGG, AIFF, NIST SPHERE and whatever else libsndfile reads; with PyAV, also m4a,
            wma and the sound of videos; the content decides, not the suffix), an open binary file, (samples,
            sample_rate) with samples (n,) or (n, channels), or a parselmouth Sound.
        channel: "mix" for the mean of all channels, or the number of one, counted from 1 as in Praat.

    Raises:
        AudioError: it cannot be read, holds no samples or values that are not finite numbers, or lies outside 1 to 768
            kHz and 64 channels.
        ConfigurationError: `channel` is neither "mix" nor a whole number from 1.
    """
    check_channel(channel)
    decoder = open_source(source)
    check_has_channel(channel, decoder.channels, decoder.name)
    found = scan(decoder, channel)
    if found.flaw:
        warnings.warn(_what_is_missing(decoder, found), PhonsegWarning, stacklevel=2)
    power, counted = found.power, channel
    if power < SILENT_MIX * np.mean(found.powers):
        channel, power = int(np.argmax(found.powers)) + 1, float(np.max(found.powers))
        message = (
            f"{decoder.name}: its channels cancel each other in the mix. Channel {channel} is used, or give another."
        )
        warnings.warn(message, PhonsegWarning, stacklevel=2)
    return Recording(
        name=decoder.name,
        format=decoder.format,
        sample_rate=decoder.sample_rate,
        channels=decoder.channels,
        n_samples=found.n_samples,
        channel=channel,
        peak=found.peak,
        power=power,
        clipped=found.clipped,
        remarks=_remarks(decoder, found, power),
        _decoder=decoder,
        _kept=found.kept if channel == counted else (),
    )


def _what_is_missing(decoder: Decoder, found: Scan) -> str:
    promised = ""
    if decoder.promised and decoder.promised > found.n_samples:
        promised = f" of the {decoder.promised / decoder.sample_rate:.4f} s that its header promises"
    return (
        f"{decoder.name}: only {found.n_samples / decoder.sample_rate:.4f} s{promised} can be read, since "
        f"{found.flaw}. Copy or record it again; what can be read is used."
    )


def _remarks(decoder: Decoder, found: Scan, power: float) -> tuple[str, ...]:
    remarks = [f"{decoder.name}: {remark}" for remark in decoder.remarks]
    if power == 0:
        remarks.append(f"{decoder.name}: is digital silence. There is nothing to segment.")
    if found.clipped > CLIPPED_SHARE * found.n_samples:
        remarks.append(
            f"{decoder.name}: is clipped ({found.clipped} samples stand at the limit). Boundaries in its loud sounds "
            "may be off; record with less gain."
        )
    return tuple(remarks)


def read(source: Source, *, sample_rate: int, channel: Channel = "mix") -> tuple[Samples, float]:
    """A whole recording: (mono samples (n,) at `sample_rate`, duration in seconds); see `open_recording`."""
    recording = open_recording(source, channel=channel)
    return np.concatenate([np.zeros(0, np.float32), *recording.blocks(sample_rate)]), recording.duration


def _resampled(chunks: Iterator[Samples], rate: float, wanted_rate: int, length: int) -> Iterator[Samples]:
    """The pieces at another rate, exactly `length` samples in all."""
    stream = soxr.ResampleStream(rate, wanted_rate, 1, dtype="float32", quality="HQ")
    for chunk in chunks:
        resampled = stream.resample_chunk(chunk)[:length]
        length -= len(resampled)
        yield resampled
    resampled = stream.resample_chunk(np.zeros(0, np.float32), last=True)[:length]
    yield resampled
    yield np.zeros(length - len(resampled), np.float32)


def _recut(chunks: Iterator[Samples], size: int) -> Iterator[Samples]:
    """The same samples in fresh blocks of `size`; the last may be shorter."""
    held: list[Samples] = []
    n_held = 0
    for chunk in chunks:
        while n_held + len(chunk) >= size:
            cut = size - n_held
            yield np.concatenate([*held, chunk[:cut]])
            held, n_held, chunk = [], 0, chunk[cut:]
        held.append(chunk)
        n_held += len(chunk)
    if n_held:
        yield np.concatenate(held)
