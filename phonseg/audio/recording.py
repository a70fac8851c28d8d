"""Any recording -> mono float32 blocks at a chosen rate, in constant memory, and its exact duration.

A recording is read once when it is opened, to count and check its samples. The mono samples of a short one (132 s) are
kept; a longer one is decoded again each time that `Recording.blocks` is called. Integer samples are scaled to -1 to 1;
floating-point samples are taken unchanged.

MP3: Praat shows an MP3 file 37 to 66 ms later than these samples, because it does not remove the delay of the encoder.

Windows Media: FFmpeg removes two frames, whether the encoder has added two or, like FFmpeg's own, one.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonseg.audio.blocks import recut, resampled
from phonseg.audio.channels import Channel, check_channel, check_has_channel, one_channel
from phonseg.audio.decoding.decoder import DamagedError, Decoder
from phonseg.audio.decoding.source import Source, open_source
from phonseg.audio.scan import BLOCK, Scan, scan
from phonseg.errors import AudioError, ConfigurationError, PhonsegWarning
from phonseg.timeline.grid import Samples

SILENT_MIX = 1e-3  # the channels have cancelled each other if the power of their mix is 30 dB below their own
CLIPPED_SHARE = 1e-3  # of all samples; a recording with more clipped samples gets a remark


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """A recording whose samples have been counted and checked; `open_recording` makes it.

    Attributes:
        name: its path, "<samples>" or "<file object>".
        format: container and coding.
        sample_rate: in Hz, as recorded.
        channels: how many there are, as recorded.
        n_samples: samples per channel, as recorded.
        channel: "mix", or the number of the channel that is used, counted from 1.
        peak: the largest magnitude in the channels that are used; 1 is full scale.
        power: mean square of the mono samples.
        clipped: how many samples are at the limit, where a wave was cut off.
        remarks: what the user should know about the recording, though it was read without fault.
        first: seconds, where the first sample begins on the recording's own time axis.
        start: seconds, where the recording begins on that axis: 0, except for a Praat Sound that begins elsewhere. A
            Sound may begin some time before its first sample and end some time after its last.
        end: seconds, where it ends on that axis.
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
    first: float
    start: float
    end: float
    _decoder: Decoder = field(repr=False)
    _kept: list[Samples] = field(repr=False)

    @property
    def duration(self) -> float:
        """Duration of the samples in seconds, above 0."""
        return self.n_samples / self.sample_rate

    def length(self, sample_rate: int) -> int:
        """Returns how many samples the recording has at another rate.

        Args:
            sample_rate: in Hz.

        Returns:
            The number of samples in all blocks at this rate.
        """
        return round(self.n_samples * sample_rate / self.sample_rate)

    def blocks(self, sample_rate: int, *, block_seconds: float = 10.0) -> Iterator[Samples]:
        """Reads the mono samples from the beginning.

        The samples do not depend on `block_seconds`. At the rate of the recording they are its own samples; otherwise
        soxr resamples them in high quality. Each call begins anew: it decodes a long recording again, and rewinds an
        open file.

        Args:
            sample_rate: of the blocks, in Hz, at least 1.
            block_seconds: length of a block, above 0; the last block may be shorter.

        Returns:
            An iterator over (n,) mono blocks, which hold `length(sample_rate)` samples altogether. It raises AudioError
            if the recording has become shorter or was changed since it was opened.

        Raises:
            ConfigurationError: if `sample_rate` or `block_seconds` is out of its range.
        """
        if not sample_rate >= 1:
            raise ConfigurationError(f"sample_rate is {sample_rate}. Give samples per second, such as 16000.")
        size = round(block_seconds * sample_rate) if math.isfinite(block_seconds) else 0
        if size < 1:
            raise ConfigurationError(f"block_seconds is {block_seconds}. Give seconds, above 0.")
        chunks = iter(self._kept) if self._kept else self._mono()
        if sample_rate != self.sample_rate:
            chunks = resampled(chunks, self.sample_rate, sample_rate, self.length(sample_rate))
        return recut(chunks, size)

    @property
    def sample_type(self) -> str:
        """What a WAV file must hold so that nothing is lost of the samples, as libsndfile calls it, such as PCM_16."""
        return self._decoder.sample_type

    def channel_blocks(self) -> Iterator[NDArray[Any]]:
        """Reads the samples of all channels from the beginning, at the rate of the recording and without any loss.

        Each call begins anew: it decodes the recording again, and rewinds an open file.

        Yields:
            (n, channels) blocks of at most 16 384 samples per channel, `n_samples` altogether: float64 if the samples
            have more than 24 bits, else float32. Samples in memory are not copied, so the blocks must not be changed.

        Raises:
            AudioError: if the recording has become shorter or was changed since it was opened, or if a channel other
                than the one that is used holds samples that are not finite.
        """
        for block in self._all_of(self._decoder.exact_blocks):
            if not np.isfinite(block).all():  # the channel that is used has been checked already
                raise AudioError(
                    f"{self.name}: holds samples that are not finite numbers. Replace them, for example by 0."
                )
            yield block

    def _mono(self) -> Iterator[Samples]:
        return (one_channel(block, self.channel) for block in self._all_of(self._decoder.blocks))

    def _all_of(self, blocks: Callable[[int, int], Iterator[NDArray[Any]]]) -> Iterator[NDArray[Any]]:
        """Yields all blocks of a decoder; raises AudioError if there are fewer samples than before."""
        done = 0
        with suppress(DamagedError):
            for block in blocks(BLOCK, self.n_samples):
                done += len(block)
                yield block
        if done < self.n_samples:
            raise AudioError(f"{self.name}: became shorter while it was read. Wait until it is complete.")


def open_recording(source: Source | Recording, *, channel: Channel = "mix") -> Recording:
    """Opens a recording, and counts and checks all its samples.

    Args:
        source: a path (WAV, FLAC, MP3, OGG, AIFF, NIST SPHERE and all other formats of libsndfile; with PyAV, also m4a,
            wma and the sound of videos; the content decides, not the suffix), an open binary file, (samples,
            sample_rate) with samples (n,) or (n, channels), or a parselmouth Sound. Samples in memory are not copied,
            so they must not change as long as the recording is used. A Recording is returned as it is.
        channel: "mix" for the mean of all channels, or the number of one, counted from 1 as in Praat.

    Returns:
        The recording.

    Raises:
        AudioError: if the recording cannot be read, holds no samples or samples that are not finite numbers, has a
            sample rate outside 1 to 768 kHz or more than 64 channels, or lacks the channel.
        ConfigurationError: if `channel` is neither "mix" nor a whole number from 1.

    Warns:
        PhonsegWarning: if the recording is shorter than it should be (formats that do not state their length, VOC and
            rarer formats do not show this); the rest is used. Also if the channels cancel each other in the mix; the
            loudest is used instead.
    """
    check_channel(channel)
    if isinstance(source, Recording):
        return source
    decoder = open_source(source)
    check_has_channel(channel, decoder.channels, decoder.name)
    counts = scan(decoder, channel)
    if counts.flaw:
        warnings.warn(_what_is_missing(decoder, counts), PhonsegWarning, stacklevel=2)
    power, powers, kept = counts.energy / counts.n_samples, counts.energies / counts.n_samples, counts.kept
    if power < SILENT_MIX * np.mean(powers):
        channel, power, kept = int(np.argmax(powers)) + 1, float(np.max(powers)), []
        message = f"its channels cancel each other in the mix. Channel {channel} is used, or give another."
        warnings.warn(f"{decoder.name}: {message}", PhonsegWarning, stacklevel=2)
    start, end = decoder.span or (decoder.first, decoder.first + counts.n_samples / decoder.sample_rate)
    return Recording(
        name=decoder.name,
        format=decoder.format,
        sample_rate=decoder.sample_rate,
        channels=decoder.channels,
        n_samples=counts.n_samples,
        channel=channel,
        peak=counts.peak,
        power=power,
        clipped=counts.clipped,
        remarks=tuple(f"{decoder.name}: {remark}" for remark in (*decoder.remarks, *_remarks(counts, power))),
        first=decoder.first,
        start=start,
        end=end,
        _decoder=decoder,
        _kept=kept,
    )


def _what_is_missing(decoder: Decoder, counts: Scan) -> str:
    there = f"{counts.n_samples / decoder.sample_rate:.4f} s"
    if decoder.promised and decoder.promised > counts.n_samples:
        there += f" of the {decoder.promised / decoder.sample_rate:.4f} s that its header promises"
    advice = "Copy or record it again; what can be read is used."
    return f"{decoder.name}: only {there} can be read, since {counts.flaw}. {advice}"


def _remarks(counts: Scan, power: float) -> Iterator[str]:
    if power == 0:
        yield "is digital silence. There is nothing to segment."
    if counts.clipped > CLIPPED_SHARE * counts.n_samples:
        advice = "Boundaries in its loud sounds may be off; record with less gain."
        yield f"is clipped ({counts.clipped} samples stand at the limit). {advice}"


def read(source: Source, *, sample_rate: int, channel: Channel = "mix") -> tuple[Samples, float]:
    """Reads a whole recording into memory.

    Args:
        source: the recording; see `open_recording`.
        sample_rate: of the samples returned, in Hz, at least 1.
        channel: "mix" for the mean of all channels, or the number of one, counted from 1.

    Returns:
        The mono samples (n,), and the duration in seconds.

    Raises:
        AudioError: if the recording cannot be read or used.
        ConfigurationError: if `channel` or `sample_rate` is out of its range.

    Warns:
        PhonsegWarning: as `open_recording`.
    """
    recording = open_recording(source, channel=channel)
    return np.concatenate([np.zeros(0, np.float32), *recording.blocks(sample_rate)]), recording.duration
