"""Recording -> its level and loudness, where its speech is, and its dissimilarity curve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from phonseg.audio.recording import Recording
from phonseg.detection.speech_activity import Region, extend_regions
from phonseg.encoders.base import FrameEncoder
from phonseg.encoders.chunks import chunk_grid, chunks, frame_count
from phonseg.encoders.conv_network import ConvNetwork, FoldedNetwork
from phonseg.encoders.speech_network import SpeechNetwork
from phonseg.encoders.unit_network import UnitNetwork
from phonseg.errors import AudioError
from phonseg.model.analysis_settings import PHONSEG_SETTINGS, AnalysisSettings
from phonseg.model.speech import level_and_speech
from phonseg.model.streams import Stream
from phonseg.timeline.grid import Curve, Frames, Samples

# The resampled samples of a recording up to this many seconds are held in memory (38 MB at 16 kHz) for both passes of
# the analysis. A longer recording is decoded and resampled once for each pass. Apart from that, every recording is
# decoded once when it is opened; one of up to `phonseg.audio.scan.KEPT_SECONDS` is never decoded again.
HELD_SECONDS = 600.0
# No curve of a trained model is higher than 100. Beyond this, float32 is near its end, and sums and squares leave it.
HIGHEST_CURVE = 1e15


@dataclass(frozen=True)
class Analysis:
    """What the analysis of a recording has found.

    Attributes:
        curve: the dissimilarity curve.
        speech: regions of speech, in time order. Loudness shows where they are; a speech network revises them where it
            is sure of the opposite, and a unit network may extend them.
        level: power of the loud frames, in mel bands; 0 for digital silence.
        loudness: the power of each frame in decibels, on a frame grid of its own.
    """

    curve: Curve
    speech: tuple[Region, ...]
    level: float
    loudness: Curve


def analyse(
    recording: Recording,
    streams: Sequence[Stream],
    settings: AnalysisSettings = PHONSEG_SETTINGS,
    network: SpeechNetwork | None = None,
) -> Analysis:
    """Analyses a recording in two passes: the first finds its level and its speech, the second its curve, at level 1.

    Memory does not grow with the recording, except for a few numbers per frame and the samples that are held (see
    `HELD_SECONDS`).

    Args:
        recording: the recording.
        streams: at least one, all on the same frame grid.
        settings: whether the samples are brought to level 1, and which part of the curve counts.
        network: tells speech from other sounds where loudness does not; None for loudness alone.

    Returns:
        The analysis.

    Raises:
        AudioError: if the recording became shorter after it was opened, or if its curve is not finite, as that of a
            damaged network may be.
    """
    grid, margin = streams[0].encoder.grid, max(stream.contrast.reach for stream in streams)
    rate, n_samples = grid.sample_rate, recording.length(grid.sample_rate)
    held = list(recording.blocks(rate)) if recording.duration <= HELD_SECONDS else []
    level, speech, loudness = level_and_speech(held or recording.blocks(rate), n_samples, rate, network)
    gain = np.float32(settings.gain(level))
    n_frames = frame_count(grid, margin, n_samples)
    values, is_speech = np.empty(n_frames, dtype=np.float32), np.empty(n_frames, dtype=np.bool_)
    done, folded = 0, _FoldedStreams(streams, margin)
    for chunk in chunks(held or recording.blocks(rate), grid, margin):
        curve, speaking = folded.curve_and_speech(chunk * gain)
        here = slice(done, done + len(curve))
        values[here], is_speech[here] = curve, speaking
        done = here.stop
    if not np.abs(values).max(initial=0) <= HIGHEST_CURVE:  # also true if there is a NaN
        raise AudioError(f"{recording.name}: cannot be segmented, since its curve is not finite. Use another model.")
    kept = chunk_grid(grid, margin)
    counted_part = settings.counted_part(Curve(values, kept), margin, n_samples)
    return Analysis(counted_part, tuple(extend_regions(speech, is_speech, kept)), level, loudness)


class _FoldedStreams:
    """Streams ready for one chunk after another; networks with the same log-mel features share their mel-band power."""

    def __init__(self, streams: Sequence[Stream], margin: int) -> None:
        self.margin = margin
        self.streams = [(one, _folded(one.encoder)) for one in streams]

    def curve_and_speech(self, chunk: Samples) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Returns (T,) the summed curve and (T,) which frames unit networks take for speech, without the margins."""
        powers: dict[str, Tensor] = {}
        curves, is_speech = [], []
        for stream, (folded, features) in self.streams:
            if folded is None:
                frames = stream.encoder.encode(chunk)
            else:
                if features not in powers:
                    powers[features] = folded.network.features.power_of(chunk)
                frames = folded.encode_power(powers[features])
            inner = slice(self.margin, len(frames) - self.margin)
            values = stream.contrast(Frames(frames, stream.encoder.grid)).values
            curves.append(values[inner] * np.float32(stream.weight))
            if isinstance(stream.encoder, UnitNetwork):
                is_speech.append(stream.encoder.is_speech(frames[inner]))
        curve = np.asarray(np.sum(curves, axis=0), dtype=np.float32)
        return curve, np.any(is_speech, axis=0) if is_speech else np.zeros(len(curve), dtype=np.bool_)


def _folded(encoder: FrameEncoder) -> tuple[FoldedNetwork[ConvNetwork] | None, str]:
    """The encoder as a folded network, if it is a network, and the settings of its log-mel features."""
    if not isinstance(encoder, ConvNetwork):
        return None, ""
    return encoder.folded(), str(encoder.features.settings())


def frames_of(recording: Recording, encoder: FrameEncoder, level: float) -> Frames:
    """Encodes a whole recording, at level 1 and with silence around it.

    Args:
        recording: the recording.
        encoder: the encoder.
        level: of the recording, as `measure_level` returns it.

    Returns:
        The frames, from before the first sample until after the last.

    Raises:
        AudioError: if the recording became shorter after it was opened.
    """
    grid, gain = encoder.grid, np.float32(PHONSEG_SETTINGS.gain(level))
    found = [encoder.encode(chunk * gain) for chunk in chunks(recording.blocks(grid.sample_rate), grid, margin=0)]
    return Frames(np.concatenate(found), chunk_grid(grid, margin=0))
