"""One recording heard: its level and loudness, where its speech is, and its dissimilarity curve."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from phonseg.audio.channels import Samples
from phonseg.audio.level import loud_level
from phonseg.audio.recording import Recording
from phonseg.detection.speech_activity import BROAD_BANDS, Region, broad_band_decibels, extend_regions, speech_regions
from phonseg.encoders.base import FrameEncoder
from phonseg.encoders.chunks import chunk_grid, chunks, frame_count
from phonseg.encoders.conv_network import ConvNetwork
from phonseg.encoders.log_mel import LogMel
from phonseg.encoders.unit_network import UnitNetwork
from phonseg.model.analysis_settings import PHONSEG_SETTINGS, AnalysisSettings
from phonseg.model.streams import Stream
from phonseg.timeline.grid import Curve, Frames

# Recordings up to this many seconds are decoded once and held; longer ones are read again for each pass.
HELD_SECONDS = 600.0


@dataclass(frozen=True)
class Analysis:
    """What one pass for level and speech and one for the curve have found.

    curve: of dissimilarity. speech: regions in time order, told by loudness and extended by what a network of units
    hears in noise. level: power of the loud frames, in mel bands; 0 for digital silence. loudness: decibels of the
    power of each frame, on a grid of its own.
    """

    curve: Curve
    speech: tuple[Region, ...]
    level: float
    loudness: Curve


def analyse(
    recording: Recording, streams: Sequence[Stream], analysis_settings: AnalysisSettings = PHONSEG_SETTINGS
) -> Analysis:
    """Hear a recording twice: first for its level and its speech, then, at level 1, for the curve.

    views: at least one, all on the same frame grid. conventions: phonseg's own, or others, under which the samples may
    keep their level and a part of the curve may count. The memory used does not grow with the recording, apart from a
    few numbers a frame.
    """
    grid = streams[0].encoder.grid
    blocks = _reader(recording, grid.sample_rate)
    n_samples = recording.length(grid.sample_rate)
    level, speech, loudness = level_and_speech(blocks(), n_samples, grid.sample_rate)
    gain = np.float32(analysis_settings.gain(level))
    margin = max(stream.contrast.reach for stream in streams)
    n_frames = frame_count(grid, margin, n_samples)
    values, is_speech = np.empty(n_frames, dtype=np.float32), np.empty(n_frames, dtype=np.bool_)
    done, folded = 0, _FoldedStreams(streams, margin)
    for chunk in chunks(blocks(), grid, margin):
        curve, speaking = folded.curve_and_speech(chunk * gain)
        here = slice(done, done + len(curve))
        values[here], is_speech[here] = curve, speaking
        done += len(curve)
    kept = chunk_grid(grid, margin)
    counted_part = analysis_settings.counted_part(Curve(values, kept), margin, n_samples)
    return Analysis(counted_part, tuple(extend_regions(speech, is_speech, kept)), level, loudness)


def measure_level(recording: Recording, sample_rate: int) -> float:
    """The level alone, as `Hearing` has it."""
    return level_and_speech(recording.blocks(sample_rate), recording.length(sample_rate), sample_rate)[0]


def _reader(recording: Recording, sample_rate: int) -> Callable[[], Iterator[Samples]]:
    """What gives a fresh pass over the samples each time it is called."""
    if recording.duration > HELD_SECONDS:
        return lambda: recording.blocks(sample_rate)
    held = list(recording.blocks(sample_rate))
    return lambda: iter(held)


def level_and_speech(
    blocks: Iterator[Samples], n_samples: int, sample_rate: int
) -> tuple[float, tuple[Region, ...], Curve]:
    """The level, the speech and the loudness of `n_samples` mono samples in blocks, as `Hearing` has them."""
    ear = _level_spectra(sample_rate)
    count = frame_count(ear.grid, 0, n_samples)
    power, decibels = np.empty(count, np.float32), np.empty((BROAD_BANDS, count), np.float32)
    done = 0
    for chunk in chunks(blocks, ear.grid, margin=0):
        mel = ear.power_of(chunk).numpy()
        here = slice(done, done + len(mel))
        power[here], decibels[:, here] = mel.mean(axis=1), broad_band_decibels(mel)
        done += len(mel)
    level, grid = loud_level(power), chunk_grid(ear.grid, margin=0)
    speech = speech_regions(decibels, power, level, grid) if level > 0 else []
    loudness = Curve(10 * np.log10(np.maximum(power, np.finfo(np.float32).tiny)), grid)
    return level, tuple(speech), loudness


@cache
def _level_spectra(sample_rate: int) -> LogMel:
    """What level and speech are measured with; made once, since short recordings take less time than it does."""
    return LogMel(window=256, sample_rate=sample_rate)


class _FoldedStreams:
    """Views that are ready to look at one piece after another; networks share the power that they see."""

    def __init__(self, streams: Sequence[Stream], margin: int) -> None:
        self.streams, self.margin = streams, margin
        self.networks = {
            i: stream.encoder.folded() for i, stream in enumerate(streams) if isinstance(stream.encoder, ConvNetwork)
        }

    def curve_and_speech(self, chunk: Samples) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """The sum of the weighted curves of a piece, and which of its frames a network of units takes for speech.

        Both are (T,), without `margin` values at either end.
        """
        powers: dict[tuple[float, ...], Tensor] = {}
        curves, is_speech = [], []
        for i, stream in enumerate(self.streams):
            if i in self.networks:
                features = self.networks[i].network.features
                kind = tuple(features.settings().values())
                if kind not in powers:
                    powers[kind] = features.power_of(chunk)
                frames = self.networks[i].encode_power(powers[kind])
            else:
                frames = stream.encoder.encode(chunk)
            inner = slice(self.margin, len(frames) - self.margin)
            curves.append(
                stream.contrast(Frames(frames, stream.encoder.grid)).values[inner] * np.float32(stream.weight)
            )
            if isinstance(stream.encoder, UnitNetwork):
                is_speech.append(stream.encoder.is_speech(frames[inner]))
        curve = np.asarray(np.sum(curves, axis=0), dtype=np.float32)
        return curve, np.any(is_speech, axis=0) if is_speech else np.zeros(len(curve), dtype=np.bool_)


def frames_of(recording: Recording, encoder: FrameEncoder, level: float) -> Frames:
    """The frames of a whole recording whose level is known, from before its first sample until after its last."""
    gain = np.float32(PHONSEG_SETTINGS.gain(level))
    found = [
        encoder.encode(chunk * gain) for chunk in chunks(recording.blocks(encoder.grid.sample_rate), encoder.grid, 0)
    ]
    return Frames(np.concatenate(found), chunk_grid(encoder.grid, 0))
