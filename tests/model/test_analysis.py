"""The analysis of one recording: level, speech and curve."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from unittest.mock import patch

import numpy as np
import pytest
import soxr
from conftest import RATE, Samples, mel_segmenter, network_segmenter, noise, speech_like, vowel
from hypothesis import given, settings, strategies as st

from phonseg.audio.recording import open_recording
from phonseg.detection.dissimilarity import LeftRightContrast, PrecomputedCurve, euclidean
from phonseg.detection.speech_activity import Region, within
from phonseg.encoders import chunks as chunks
from phonseg.encoders.boundary_network import BoundaryNetwork
from phonseg.encoders.chunks import chunk_grid, silence_around
from phonseg.encoders.log_mel import LogMel
from phonseg.encoders.unit_network import UnitNetwork
from phonseg.model import analysis as module
from phonseg.model.analysis import Analysis, analyse, frames_of
from phonseg.model.speech import measure_level
from phonseg.model.streams import Stream
from phonseg.timeline.grid import Frames

STREAMS = {
    "log-mel": mel_segmenter().streams,
    "uneven": tuple(Stream(LogMel(window=256), LeftRightContrast(euclidean, lags), 0.1) for lags in ((1,), (2, 6))),
    "network": network_segmenter().streams,
}

every_kind = pytest.mark.parametrize("streams", list(STREAMS.values()), ids=list(STREAMS))


def analysed(samples: Samples, streams: tuple, rate: int = RATE) -> Analysis:
    return analyse(open_recording((samples, rate)), streams)


@every_kind
@pytest.mark.parametrize("seed", range(3))
def test_the_curve_is_the_weighted_sum_over_the_streams_of_the_whole_recording_at_level_one(streams, seed):
    samples, _ = speech_like(8, seed)
    with patch.object(chunks, "CHUNK_FRAMES", 50):
        analysis = analysed(samples, streams)
    margin = max(stream.contrast.reach for stream in streams)
    grid = streams[0].encoder.grid
    silence = np.zeros(silence_around(grid, margin), np.float32)
    whole = np.concatenate([silence, samples / np.float32(np.sqrt(analysis.level)), silence])
    curves = [stream.weight * stream.contrast(Frames(stream.encoder.encode(whole), grid)).values for stream in streams]
    expected = np.sum(curves, axis=0)[margin:][: len(analysis.curve.values)]
    np.testing.assert_allclose(analysis.curve.values, expected, rtol=1e-3, atol=1e-4)
    assert len(analysis.curve.values) == len(curves[0]) - 2 * margin
    first = (grid.window / 2 - silence.size + (margin - 0.5) * grid.hop) / RATE
    np.testing.assert_allclose(analysis.curve.times()[:2], [first, first + grid.hop / RATE], atol=1e-9)


def test_networks_with_the_same_features_share_them():
    streams = network_segmenter().streams
    other = Stream(BoundaryNetwork(bands=12, width=6).eval(), PrecomputedCurve())
    with patch.object(LogMel, "power_of", autospec=True, side_effect=LogMel.power_of) as power_of:
        analysed(speech_like(8)[0], (*streams, *streams, other))
    bands = [call.args[0].bands for call in power_of.call_args_list]
    assert bands == [40, 20, 12]  # the first for level and speech


@pytest.mark.parametrize("length", [20, 50, 1500])
def test_speech_goes_on_as_long_as_a_unit_network_finds_some(length):
    """The network reports as speech the second half of a sound of 0.5 s, the next 0.3 s, and 0.2 s elsewhere."""
    samples = noise(3 * RATE, level=1e-3)
    samples[RATE : RATE * 3 // 2] += vowel(RATE // 2)
    streams = network_segmenter().streams
    kept = chunk_grid(streams[0].encoder.grid, max(stream.contrast.reach for stream in streams))
    reported, done = within(kept.centre(np.arange(400)), [Region(1.25, 1.8), Region(2.4, 2.6)], 0.0), 0

    def is_speech(frames: np.ndarray) -> np.ndarray:
        nonlocal done
        done += len(frames)
        return reported[done - len(frames) : done]

    with patch.object(UnitNetwork, "is_speech", staticmethod(is_speech)), patch.object(chunks, "CHUNK_FRAMES", length):
        (region,) = analysed(samples, streams).speech
    assert done == len(analysed(samples, streams).curve.values)
    assert region.start == pytest.approx(1.0, abs=0.03)
    assert region.end == pytest.approx(1.8, abs=0.011)


@every_kind
def test_a_recording_that_is_not_held_is_read_again_with_the_same_result(streams):
    samples, _ = speech_like(8)
    held = analysed(samples, streams)
    with patch.object(module, "HELD_SECONDS", 0.0):
        again = analysed(samples, streams)
    np.testing.assert_array_equal(again.curve.values, held.curve.values)
    assert (again.curve.grid, again.speech, again.level) == (held.curve.grid, held.speech, held.level)


@dataclass(frozen=True)
class InBlocks:
    """A recording that is read in blocks of these sizes in turn, and the rest in one."""

    samples: Samples
    sizes: list[int]
    duration: float

    def length(self, sample_rate: int) -> int:
        return len(self.samples)

    def blocks(self, sample_rate: int) -> Iterator[Samples]:
        assert sample_rate == RATE
        yield from np.split(self.samples, np.cumsum(self.sizes))


@every_kind
@given(sizes=st.lists(st.integers(0, 9000), max_size=6), duration=st.sampled_from([1.0, module.HELD_SECONDS + 1]))
@settings(max_examples=12)
def test_the_blocks_that_a_recording_is_read_in_play_no_part(streams, sizes, duration):
    samples, _ = speech_like(8)
    with patch.object(chunks, "CHUNK_FRAMES", 50):
        at_once = analysed(samples, streams)
        in_blocks = analyse(InBlocks(samples, sizes, duration), streams)
    np.testing.assert_array_equal(in_blocks.curve.values, at_once.curve.values)
    assert (in_blocks.curve.grid, in_blocks.speech, in_blocks.level) == (
        at_once.curve.grid,
        at_once.speech,
        at_once.level,
    )


@every_kind
@pytest.mark.parametrize("gain", [2.0**-13, 2.0**13])
def test_gain_is_in_the_level_and_nowhere_else(streams, gain):
    samples, _ = speech_like(8)
    plain, louder = analysed(samples, streams), analysed(samples * np.float32(gain), streams)
    assert louder.level == pytest.approx(plain.level * gain**2, rel=1e-6)
    assert louder.speech == plain.speech
    np.testing.assert_allclose(louder.curve.values, plain.curve.values, rtol=1e-4, atol=1e-5)


@every_kind
def test_the_frames_of_a_recording_are_those_of_the_whole_in_silence(streams):
    samples, encoder = speech_like(8)[0], streams[-1].encoder
    with patch.object(chunks, "CHUNK_FRAMES", 50):
        frames = frames_of(open_recording((samples, RATE)), encoder, 0.25)
    silence = np.zeros(silence_around(encoder.grid, 0), np.float32)
    expected = encoder.encode(np.concatenate([silence, 2 * samples, silence]))
    np.testing.assert_allclose(frames.values, expected, rtol=1e-3, atol=1e-4)
    first = (encoder.grid.window / 2 - silence.size) / RATE
    assert frames.grid.centre(0) == pytest.approx(first, abs=1e-9)


@every_kind
@pytest.mark.parametrize("n", [1, 400, RATE])
def test_digital_silence_has_no_level_no_speech_and_a_flat_curve(streams, n):
    analysis = analysed(np.zeros(n, np.float32), streams)
    assert analysis.level == 0
    assert analysis.speech == ()
    assert np.ptp(analysis.curve.values) < 1e-5


def test_the_level_is_that_of_the_analysis():
    samples, _ = speech_like(8)
    assert measure_level(open_recording((samples, RATE)), RATE) == analysed(samples, STREAMS["log-mel"]).level


def test_the_level_of_white_noise_is_about_its_variance_in_a_mel_band():
    encoder = STREAMS["log-mel"][0].encoder
    level = measure_level(open_recording((noise(5 * RATE, level=0.2), RATE)), RATE)
    mean = 0.2**2 * float(encoder.mel.sum(dim=0).mean())
    assert mean < level < 1.5 * mean  # the 95th percentile of frames that fluctuate


def test_another_sample_rate_is_the_same_sound():
    samples, joins = speech_like(8)
    once = analysed(samples, STREAMS["log-mel"])
    twice = analysed(soxr.resample(samples, RATE, 2 * RATE), STREAMS["log-mel"], 2 * RATE)
    assert twice.level == pytest.approx(once.level, rel=0.02)
    (first,), (second,) = once.speech, twice.speech
    assert (second.start, second.end) == pytest.approx((first.start, first.end), abs=0.011)
    assert (first.start, first.end) == pytest.approx((joins[0], joins[-1]), abs=0.03)
