"""The sound of a container that libsndfile does not know (m4a, wma, videos), decoded by FFmpeg through PyAV.

Times are those of `ffmpeg -i x.m4a x.wav`: the samples that an encoder puts before the sound are dropped where the
container tells how many they are, and so are those with which it fills up the last packet.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from phonseg.audio.decoding.file_handle import FileHandle
from phonseg.audio.decoding.file_type import FileType
from phonseg.audio.decoding.headers import TRUNCATED
from phonseg.audio.decoding.libsndfile import DamagedError
from phonseg.errors import AudioError

Block = NDArray[np.float32]

INSTALL = "Install it with pip install av, or convert the file to WAV or FLAC."
EXACT = "mov,mp4"  # how FFmpeg's name of the containers begins that list their packets, and so know where they end
ROUGH = ("matroska", "asf", "flv")  # and of those that say it less exactly, but do not guess it
ROUNDING = 0.1  # seconds by which they may miss it
LATE = 0.02  # seconds by which a sound track may begin after the picture without a remark


@dataclass(frozen=True, slots=True, eq=False)
class FFmpegDecoder:
    """The sound of a container that can be read again and again; nothing is kept open in between.

    Attributes:
        handle: by which the file is opened.
        format: container and coding.
        sample_rate: samples per second.
        channels: how many.
        promised: samples per channel by the container, None if it does not say.
        exact: whether the last packet is filled up from there on.
        remarks: what else is worth knowing.
    """

    handle: FileHandle
    format: str
    sample_rate: float
    channels: int
    promised: int | None
    exact: bool
    remarks: tuple[str, ...]

    @property
    def name(self) -> str:
        """For messages."""
        return self.handle.name

    def blocks(self, size: int, end: int = sys.maxsize) -> Iterator[Block]:
        """All channels from the beginning, as (n, channels) with n at most `size`, until sample `end`.

        Raises DamagedError where the file ends before that and before it should.
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
        if done < (self.promised or 0) - ROUNDING * self.sample_rate:
            raise DamagedError(TRUNCATED)

    def _without_filling(self, packets: Iterator[Block]) -> Iterator[Block]:
        done, last = 0, np.zeros((0, self.channels), np.float32)
        for packet in packets:
            yield last
            done, last = done + len(last), packet
        filling = done + len(last) - self.promised if self.promised and self.exact else 0
        yield last[: len(last) - filling] if 0 < filling < len(last) else last


def open_with_ffmpeg(handle: FileHandle, file: BinaryIO, found: FileType) -> FFmpegDecoder:
    """Reads the header and the first packet of the sound in a container.

    Args:
        handle: by which the file is opened again.
        file: the file, open.
        found: the type of the file.

    Returns:
        The decoder.

    Raises:
        AudioError: if PyAV is not installed, or the file holds no sound or cannot be decoded.
    """
    refusal = f"{handle.name}: cannot be read as sound: it is {found.what}"
    try:
        import av
    except ImportError as error:
        raise AudioError(f"{refusal}, which takes PyAV. {INSTALL}") from error
    try:
        with _container(file) as container:
            stream = container.streams.best("audio")
            first = next(_decoded(container), None)
            if stream is None or first is None:
                raise AudioError(f"{refusal} without sound. Give another file.")
            rate, name = stream.codec_context.sample_rate, container.format.name
            seconds = _promised_seconds(container, stream)
            late = float((stream.start_time or 0) * stream.time_base) - (container.start_time or 0) / av.time_base
            return FFmpegDecoder(
                handle,
                f"{'mp4' if name.startswith(EXACT) else name.partition(',')[0]} {stream.codec_context.name}",
                rate,
                first.shape[1],
                None if seconds is None else round(seconds * rate),
                name.startswith(EXACT),
                (f"its sound begins {late:.2f} s after its picture. Times count from there.",) if late > LATE else (),
            )
    except (av.FFmpegError, DamagedError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise AudioError(f"{refusal}, cut short or damaged ({reason}). {found.advice}") from error


def _promised_seconds(container: Any, stream: Any) -> float | None:
    """How long the sound should be, by a container that knows."""
    if container.format.name.startswith(EXACT):
        return float(stream.duration * stream.time_base) if stream.duration else None
    if container.format.name.startswith(ROUGH) and len(container.streams) == 1 and container.duration:
        return float(container.duration) / 1e6
    return None


@contextmanager
def _container(file: BinaryIO) -> Iterator[Any]:
    import av

    with av.open(file, metadata_errors="replace") as container:
        yield container


def _decoded(container: Any) -> Iterator[Block]:
    """(n, channels) of every packet in turn. Raises DamagedError where one cannot be decoded."""
    import av

    stream = container.streams.best("audio")
    if stream is None or stream.codec_context is None:
        return
    to_float, like = av.AudioResampler(format="fltp"), None
    try:
        for packet in container.demux(stream):
            try:
                frames = packet.decode()
            except av.FFmpegError:
                if like is None:  # what was cut out of a stream may begin in the middle of a packet
                    continue
                raise
            for frame in frames:
                like = like or (frame.sample_rate, frame.layout.name)
                if like != (frame.sample_rate, frame.layout.name):
                    raise DamagedError("its sample rate or its channels change")
                for samples in to_float.resample(frame):
                    yield np.asarray(samples.to_ndarray().T, dtype=np.float32)
            if packet.is_corrupt:
                raise DamagedError(TRUNCATED)
    except av.FFmpegError as error:
        raise DamagedError(f"it is damaged ({error.strerror})") from error
