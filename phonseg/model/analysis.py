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
from phonseg.detection.speech_activity import BROAD_BANDS, Region, broad_band_decibels, extended, speech_regions
from phonseg.encoders.base import FrameEncoder
from phonseg.encoders.chunks import frame_count, piece_grid, pieces
from phonseg.encoders.conv_network import FrameNetwork
from phonseg.encoders.log_mel import LogMel
from phonseg.encoders.unit_network import UnitNetwork
from phonseg.model.analysis_settings import PHONSEG, Conventions
from phonseg.model.streams import View
from phonseg.timeline.grid import Curve, Frames

# Recordings up to this many seconds are decoded once and held; longer ones are read again for each pass.
HELD_SECONDS = 600.0


@dataclass(frozen=True)
class Hearing:
    """What one pass for level and speech and one for the curve have found.

    curve: of dissimilarity. speech: regions in time order, told by loudness and extended by what a network of units
    hears in noise. level: power of the loud frames, in mel bands; 0 for digital silence. loudness: decibels of the
    power of each frame, on a grid of its own.
    """

    curve: Curve
    speech: tuple[Region, ...]
    level: float
    loudness: Curve


def hear(recording: Recording, views: Sequence[View], conventions: Conventions = PHONSEG) -> Hearing:
    """Hear a recording twice: first for its level and its speech, then, at level 1, for the curve.

    views: at least one, all on the same frame grid. conventions: phonseg's own, or others, under which the samples may
    keep their level and a part of the curve may count. The memory used does not grow with the recording, apart from a
    few numbers a frame.
    """
    grid = views[0].encoder.grid
    blocks = _reader(recording, grid.sample_rate)
    n_samples = recording.length(grid.sample_rate)
    level, speech, loudness = level_and_speech(blocks(), n_samples, grid.sample_rate)
    gain = np.float32(conventions.gain(level))
    margin = max(view.contrast.reach for view in views)
    n_frames = frame_count(grid, margin, n_samples)
    values, spoken = np.empty(n_frames, dtype=np.float32), np.empty(n_frames, dtype=np.bool_)
    done, ready = 0, _ReadyViews(views, margin)
    for piece in pieces(blocks(), grid, margin):
        curve, speaking = ready.look(piece * gain)
        here = slice(done, done + len(curve))
        values[here], spoken[here] = curve, speaking
        done += len(curve)
    kept = piece_grid(grid, margin)
    seen = conventions.seen(Curve(values, kept), margin, n_samples)
    return Hearing(seen, tuple(extended(speech, spoken, kept)), level, loudness)


def listen(recording: Recording, sample_rate: int) -> float:
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
    ear = _ear(sample_rate)
    count = frame_count(ear.grid, 0, n_samples)
    power, decibels = np.empty(count, np.float32), np.empty((BROAD_BANDS, count), np.float32)
    done = 0
    for piece in pieces(blocks, ear.grid, margin=0):
        mel = ear.power_of(piece).numpy()
        here = slice(done, done + len(mel))
        power[here], decibels[:, here] = mel.mean(axis=1), broad_band_decibels(mel)
        done += len(mel)
    level, grid = loud_level(power), piece_grid(ear.grid, margin=0)
    speech = speech_regions(decibels, power, level, grid) if level > 0 else []
    loudness = Curve(10 * np.log10(np.maximum(power, np.finfo(np.float32).tiny)), grid)
    return level, tuple(speech), loudness


@cache
def _ear(sample_rate: int) -> LogMel:
    """What level and speech are measured with; made once, since short recordings take less time than it does."""
    return LogMel(window=256, sample_rate=sample_rate)


class _ReadyViews:
    """Views that are ready to look at one piece after another; networks share the power that they see."""

    def __init__(self, views: Sequence[View], margin: int) -> None:
        self.views, self.margin = views, margin
        self.networks = {
            i: view.encoder.ready() for i, view in enumerate(views) if isinstance(view.encoder, FrameNetwork)
        }

    def look(self, piece: Samples) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """The sum of the weighted curves of a piece, and which of its frames a network of units takes for speech.

        Both are (T,), without `margin` values at either end.
        """
        powers: dict[tuple[float, ...], Tensor] = {}
        curves, spoken = [], []
        for i, view in enumerate(self.views):
            if i in self.networks:
                features = self.networks[i].network.features
                kind = tuple(features.settings().values())
                if kind not in powers:
                    powers[kind] = features.power_of(piece)
                frames = self.networks[i].encode_power(powers[kind])
            else:
                frames = view.encoder.encode(piece)
            inner = slice(self.margin, len(frames) - self.margin)
            curves.append(view.contrast(Frames(frames, view.encoder.grid)).values[inner] * np.float32(view.weight))
            if isinstance(view.encoder, UnitNetwork):
                spoken.append(view.encoder.spoken(frames[inner]))
        curve = np.asarray(np.sum(curves, axis=0), dtype=np.float32)
        return curve, np.any(spoken, axis=0) if spoken else np.zeros(len(curve), dtype=np.bool_)


def frames_of(recording: Recording, encoder: FrameEncoder, level: float) -> Frames:
    """The frames of a whole recording whose level is known, from before its first sample until after its last."""
    gain = np.float32(PHONSEG.gain(level))
    found = [
        encoder.encode(piece * gain) for piece in pieces(recording.blocks(encoder.grid.sample_rate), encoder.grid, 0)
    ]
    return Frames(np.concatenate(found), piece_grid(encoder.grid, 0))
