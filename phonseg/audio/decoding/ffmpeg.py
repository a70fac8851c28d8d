"""A container or coding that libsndfile does not read -> its samples, decoded by FFmpeg through PyAV.

Times are those of the sound: the samples that an encoder adds before it, and to fill up the last packet, are dropped if
the container says how many they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

from phonseg.audio.decoding.caf import CafSize, caf_size
from phonseg.audio.decoding.checked_file import CheckedFile
from phonseg.audio.decoding.decoder import MOST_CHANNELS, TRUNCATED, DamagedError, Decoder
from phonseg.audio.decoding.file_handle import FileHandle
from phonseg.audio.decoding.file_type import FileType
from phonseg.audio.decoding.stated import Stated, stated
from phonseg.errors import AudioError
from phonseg.timeline.grid import Samples

INSTALL = "Install it with pip install av, or convert the file to WAV or FLAC."
# FFmpeg's names of the containers that say exactly where the sound ends.
EXACT = ("mov,mp4", "caf", "tta", "wv", "ape", "tak", "dsf")
ROUGH = ("matroska", "flv")  # and of those that say it only roughly
DURATION_ROUNDING = 0.1  # seconds by which they may be wrong
MATROSKA_ROUNDING = 0.002  # seconds by which Matroska may be wrong, which counts in milliseconds
LATE = 0.02  # seconds by which the sound may begin after the picture without a remark
# The decoders of Windows Media Audio drop two frames of 512 to 2048 samples, since the encoder of Microsoft adds two;
# the encoder of FFmpeg, for one, adds only one.
WMA_EARLY = (
    "is a Windows Media file. Depending on the program that made it, these times may be 32 to 64 ms too early. Convert "
    "it to WAV, and use the WAV in every program."
)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FFmpegDecoder(Decoder):
    """The sound of a container that FFmpeg decodes.

    Attributes:
        handle: opens the file for each pass.
        lead: how many samples come before the sound; None if FFmpeg drops them by itself.
        rounding: samples by which `promised` may be wrong. What comes after it only fills up the last packet; None if
            that is not so.
        flaw: what is wrong with the file, as a clause for a message; empty if nothing is.
    """

    handle: FileHandle
    lead: int | None
    rounding: int | None
    flaw: str

    def exact_blocks(self, size: int, end: int) -> Iterator[Samples]:
        """Reads the samples of all channels from the beginning.

        Args:
            size: the most samples per channel in a block.
            end: samples per channel after which reading stops.

        Yields:
            (n, channels) blocks of float32, n from 1 to `size`.

        Raises:
            AudioError: if the file cannot be opened again or was changed.
            DamagedError: if the samples end before `end` and earlier than they should.
        """
        done = 0
        with self.handle.open() as file, _container(file) as container:
            for samples in self._without_filling(_decoded(container, self.lead)):
                samples = samples[: end - done]
                done += len(samples)
                for start in range(0, len(samples), size):
                    yield samples[start : start + size]
                if done == end:
                    return
        if self.flaw or done < (self.promised or 0) - DURATION_ROUNDING * self.sample_rate:
            raise DamagedError(TRUNCATED)

    def _without_filling(self, packets: Iterator[Samples]) -> Iterator[Samples]:
        done, last = 0, np.zeros((0, self.channels), np.float32)
        try:
            for packet in packets:
                yield last
                done, last = done + len(last), packet
        except DamagedError:
            yield last
            raise
        if self.promised and self.rounding is not None:
            filling = done + len(last) - self.promised
            if self.rounding < filling < len(last) - self.rounding:
                last = last[:-filling]
        yield last


def is_installed() -> bool:
    """Returns whether PyAV is installed."""
    return find_spec("av") is not None


def open_with_ffmpeg(handle: FileHandle, file: CheckedFile, kind: FileType) -> FFmpegDecoder:
    """Reads the header of a container and the first packet of its sound.

    Args:
        handle: opens the file for each pass.
        file: the same file, open. Its position changes.
        kind: what the message calls the file if it cannot be read.

    Returns:
        The decoder.

    Raises:
        AudioError: if PyAV is not installed, or the file has no sound, more than 64 channels or cannot be decoded.
    """
    refusal = f"{handle.name}: cannot be read as sound: it is {kind.what}"
    try:
        import av
    except ImportError as error:
        raise AudioError(f"{refusal}, which needs PyAV. {INSTALL}") from error
    size, says = caf_size(file), stated(file)
    file.seek(0)
    try:
        with _container(file) as container:
            decoder = _described(handle, container, size, says, file.length)
    except (av.FFmpegError, DamagedError, OSError) as error:  # PyAV raises OSError where a damaged file leads nowhere
        reason = getattr(error, "strerror", None) or str(error)
        raise AudioError(f"{refusal}, cut short or damaged ({reason}). {kind.advice}") from error
    if decoder is None:
        raise AudioError(f"{refusal} without sound. Give another file.")
    return decoder


def _described(handle: FileHandle, container: Any, size: CafSize, says: Stated, length: int) -> FFmpegDecoder | None:
    """Returns a decoder with all that its container says; None if there is no sound."""
    import av

    stream, name = container.streams.best("audio"), container.format.name
    if stream is None or stream.codec_context is None:
        return None
    lead = size.lead if name == "caf" and size.samples else None
    delay = stream.codec_context.delay  # the decoder may change it
    first = next(_decoded(container, lead), None)
    if first is None:
        return None
    rate, coding = int(stream.codec_context.sample_rate), stream.codec_context.name
    promised, rounding = _promised(container, stream, delay)
    is_cut = size.is_cut or says.end > length
    if says.seconds and (is_cut or name == "asf"):
        promised = round(says.seconds * rate)
    late = float((stream.start_time or 0) * stream.time_base) - (container.start_time or 0) / av.time_base
    remark = f"its sound begins {late:.2f} s after its picture. Times count from the beginning of the sound."
    return FFmpegDecoder(
        name=handle.name,
        format=f"{'mp4' if name.startswith('mov,mp4') else name.partition(',')[0]} {coding}",
        sample_rate=rate,
        channels=first.shape[1],
        promised=size.samples if lead is not None else promised,
        remarks=(*([remark] if late > LATE else []), *([WMA_EARLY] if coding.startswith("wmav") else [])),
        handle=handle,
        lead=lead,
        rounding=rounding,
        flaw=TRUNCATED if is_cut else "",
    )


def _promised(container: Any, stream: Any, delay: int) -> tuple[int | None, int | None]:
    """Returns how many samples the sound should have, and by how many this may be wrong.

    The first is None if the container does not say, or only guesses; the second if more samples are no filling.
    """
    name, rate, coding = container.format.name, int(stream.codec_context.sample_rate), stream.codec_context.name
    if name.startswith(EXACT):
        return (round(float(stream.duration * stream.time_base) * rate) if stream.duration else None), 0
    if not name.startswith(ROUGH) or len(container.streams) > 1 or not container.duration:
        return None, None
    promised = round(float(container.duration) / 1e6 * rate)
    if not name.startswith("matroska"):
        return promised, None
    pre_skip = _opus_pre_skip(stream)
    return promised - (pre_skip or delay), None if coding == "opus" else round(MATROSKA_ROUNDING * rate)


def _opus_pre_skip(stream: Any) -> int:
    """How many samples at 48 kHz come before the sound, as the header of Opus says (RFC 7845); 0 for other codings."""
    head = bytes(stream.codec_context.extradata or b"")
    return int.from_bytes(head[10:12], "little") if head.startswith(b"OpusHead") else 0


def _container(file: CheckedFile) -> Any:
    import av

    return av.open(file, metadata_errors="replace")


def _decoded(container: Any, lead: int | None) -> Iterator[Samples]:
    """Yields the (n, channels) samples of every packet; raises DamagedError if one cannot be decoded."""
    import av

    stream = container.streams.best("audio")
    if stream.codec_context.channels > MOST_CHANNELS:
        raise DamagedError(f"it has {stream.codec_context.channels} channels")
    if lead is not None:  # older versions do not know what to drop, and newer ones drop too much at the end of ALAC
        stream.codec_context.options = {"flags2": "+skip_manual"}
    left, delay = lead or 0, stream.codec_context.delay  # samples to drop; the decoder may change the delay
    # One plane, since PyAV reads beyond the list of planes where there are eight.
    to_float, format_of_first = av.AudioResampler(format="flt"), None
    try:
        for frame in _frames(container, stream):
            frame_format = (frame.sample_rate, frame.layout.name)
            if format_of_first is None and container.format.name.startswith("matroska") and (frame.pts or 0) < 0:
                left = delay  # which FFmpeg drops only since version 8
            format_of_first = format_of_first or frame_format
            if frame_format != format_of_first:
                raise DamagedError("its sample rate or its channels change")
            for samples in to_float.resample(frame):
                block = np.asarray(samples.to_ndarray(), np.float32).reshape(-1, samples.layout.nb_channels)
                yield block[left:]
                left = max(0, left - len(block))
    except (av.FFmpegError, OSError) as error:
        raise DamagedError(f"it is damaged ({error.strerror or error})") from error


def _frames(container: Any, stream: Any) -> Iterator[Any]:
    """Yields what the packets hold; raises FFmpegError or DamagedError if one cannot be decoded."""
    import av

    # In Matroska, FFmpeg counts what to drop before Opus in samples at the rate before encoding. The decoder itself
    # counts rightly, unless the packet says something else: so the first packet is given to it bare.
    is_bare = container.format.name.startswith("matroska") and _opus_pre_skip(stream) > 0
    has_begun = False
    for packet in container.demux(stream):
        try:
            frames = stream.codec_context.decode(av.Packet(bytes(packet))) if is_bare else packet.decode()
        except av.FFmpegError:
            if has_begun:
                raise
            continue  # a file that was cut out of a stream may begin within a packet
        is_bare, has_begun = False, has_begun or bool(frames)
        yield from frames
        if packet.is_corrupt:
            raise DamagedError(TRUNCATED)
