"""A container that libsndfile does not read (m4a, wma, videos) -> its samples, decoded by FFmpeg through PyAV.

Times are those of `ffmpeg -i x.m4a x.wav`: the samples that an encoder adds before the sound, and to fill up the last
packet, are dropped if the container says how many they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np

from phonseg.audio.decoding.decoder import TRUNCATED, DamagedError, Decoder
from phonseg.audio.decoding.file_handle import FileHandle
from phonseg.audio.decoding.file_type import FileType
from phonseg.errors import AudioError
from phonseg.timeline.grid import Samples

INSTALL = "Install it with pip install av, or convert the file to WAV or FLAC."
EXACT = "mov,mp4"  # FFmpeg's name of the containers with a list of packets, which say exactly where the sound ends
ROUGH = ("matroska", "asf", "flv")  # FFmpeg's names of the containers that say it only roughly
DURATION_ROUNDING = 0.1  # seconds by which they may be wrong
LATE = 0.02  # seconds by which the sound may begin after the picture without a remark


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class FFmpegDecoder(Decoder):
    """The sound of a container that FFmpeg decodes.

    Attributes:
        handle: opens the file for each pass.
        is_exact: whether the samples after `promised` only fill up the last packet.
    """

    handle: FileHandle
    is_exact: bool

    def blocks(self, size: int, end: int) -> Iterator[Samples]:
        """Reads the samples of all channels from the beginning.

        Args:
            size: the most samples per channel in a block.
            end: samples per channel after which reading stops.

        Yields:
            (n, channels) blocks, n from 1 to `size`.

        Raises:
            AudioError: if the file cannot be opened again or was changed.
            DamagedError: if the samples end before `end` and earlier than they should.
        """
        done = 0
        with self.handle.open() as file, _container(file) as container:
            for samples in self._without_filling(_decoded(container)):
                samples = samples[: end - done]
                done += len(samples)
                for start in range(0, len(samples), size):
                    yield samples[start : start + size]
                if done == end:
                    return
        if done < (self.promised or 0) - DURATION_ROUNDING * self.sample_rate:
            raise DamagedError(TRUNCATED)

    def _without_filling(self, packets: Iterator[Samples]) -> Iterator[Samples]:
        done, last = 0, np.zeros((0, self.channels), np.float32)
        for packet in packets:
            yield last
            done, last = done + len(last), packet
        filling = done + len(last) - self.promised if self.promised and self.is_exact else 0
        yield last[: len(last) - filling] if 0 < filling < len(last) else last


def open_with_ffmpeg(handle: FileHandle, file: BinaryIO, kind: FileType) -> FFmpegDecoder:
    """Reads the header of a container and the first packet of its sound.

    Args:
        handle: opens the file for each pass.
        file: the same file, open at its beginning. Its position changes.
        kind: what the message calls the file if it cannot be read.

    Returns:
        The decoder.

    Raises:
        AudioError: if PyAV is not installed, or the file has no sound or cannot be decoded.
    """
    refusal = f"{handle.name}: cannot be read as sound: it is {kind.what}"
    try:
        import av
    except ImportError as error:
        raise AudioError(f"{refusal}, which needs PyAV. {INSTALL}") from error
    try:
        with _container(file) as container:
            stream = container.streams.best("audio")
            first = next(_decoded(container), None)
            if first is None:
                raise AudioError(f"{refusal} without sound. Give another file.")
            name = container.format.name
            late = float((stream.start_time or 0) * stream.time_base) - (container.start_time or 0) / av.time_base
            remark = f"its sound begins {late:.2f} s after its picture. Times count from the beginning of the sound."
            return FFmpegDecoder(
                name=handle.name,
                format=f"{'mp4' if name.startswith(EXACT) else name.partition(',')[0]} {stream.codec_context.name}",
                sample_rate=stream.codec_context.sample_rate,
                channels=first.shape[1],
                promised=_promised(container, stream),
                remarks=(remark,) if late > LATE else (),
                handle=handle,
                is_exact=name.startswith(EXACT),
            )
    except (av.FFmpegError, DamagedError, OSError) as error:  # PyAV raises OSError where a damaged file leads nowhere
        reason = getattr(error, "strerror", None) or str(error)
        raise AudioError(f"{refusal}, cut short or damaged ({reason}). {kind.advice}") from error


def _promised(container: Any, stream: Any) -> int | None:
    """Returns how many samples the sound should have; None if the container does not say, or only guesses."""
    name, rate = container.format.name, int(stream.codec_context.sample_rate)
    if name.startswith(EXACT) and stream.duration:
        return round(float(stream.duration * stream.time_base) * rate)
    if name.startswith(ROUGH) and len(container.streams) == 1 and container.duration:
        return round(float(container.duration) / 1e6 * rate)
    return None


def _container(file: BinaryIO) -> Any:
    import av

    return av.open(file, metadata_errors="replace")


def _decoded(container: Any) -> Iterator[Samples]:
    """Yields the (n, channels) samples of every packet; raises DamagedError if one cannot be decoded."""
    import av

    stream = container.streams.best("audio")
    if stream is None or stream.codec_context is None:
        return
    to_float, format_of_first = av.AudioResampler(format="fltp"), None
    try:
        for packet in container.demux(stream):
            try:
                frames = packet.decode()
            except av.FFmpegError:
                if format_of_first is None:  # a file that was cut out of a stream may begin within a packet
                    continue
                raise
            for frame in frames:
                frame_format = (frame.sample_rate, frame.layout.name)
                format_of_first = format_of_first or frame_format
                if frame_format != format_of_first:
                    raise DamagedError("its sample rate or its channels change")
                for samples in to_float.resample(frame):
                    yield np.asarray(samples.to_ndarray().T, dtype=np.float32)
            if packet.is_corrupt:
                raise DamagedError(TRUNCATED)
    except (av.FFmpegError, OSError) as error:
        raise DamagedError(f"it is damaged ({error.strerror})") from error
