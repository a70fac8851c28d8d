"""Recording -> Segmentation, and the invariances that it promises."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
import soundfile
import torch
from conftest import RATE, Samples, hiss, mel_segmenter, network_segmenter, noise, pink_noise, speech_like, tone, vowel
from hypothesis import given, settings, strategies as st

import phonseg
from phonseg.audio import recording as audio
from phonseg.detection.audible_parts import audible_parts
from phonseg.detection.dissimilarity import LeftRightContrast, PrecomputedCurve, cosine
from phonseg.detection.peaks import OperatingPoint, candidate_peaks
from phonseg.detection.speech_activity import Region, within
from phonseg.encoders.contrastive_encoders import LogMelNetwork, RawWaveformEncoder
from phonseg.encoders.log_mel import LogMel
from phonseg.errors import AudioError, ConfigurationError, ModelError, PhonsegWarning
from phonseg.model import analysis as analysis
from phonseg.model.analysis import Analysis
from phonseg.model.analysis_settings import PHONSEG_SETTINGS, AnalysisSettings
from phonseg.model.segmenter import Segmenter, load, segment
from phonseg.model.speech_peaks import FADING, FAINT_SHARE, SPEECH_MARGIN, speech_peaks
from phonseg.model.streams import Stream
from phonseg.timeline.grid import Curve, FrameGrid
from phonseg.timeline.segmentation import Segmentation

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo" / "english.wav"
MEL, NETWORK = mel_segmenter(), network_segmenter()
HOP = 160
MINIMUM_GAP = PHONSEG_SETTINGS.minimum_gap
# Sounds that begin and end abruptly, and others with pauses around them.
SIGNALS = [speech_like(8, seed)[0] for seed in range(3)] + [speech_like(8, 3)[0][RATE // 4 : -RATE // 4]]

both = pytest.mark.parametrize("segmenter", [MEL, NETWORK], ids=lambda segmenter: segmenter.name)
every_signal = pytest.mark.parametrize("samples", SIGNALS, ids=range(len(SIGNALS)))


def found(segmenter: Segmenter, samples: Samples, rate: int = RATE) -> Segmentation:
    return segmenter.segment((samples, rate))


def inside(segmentation: Segmentation, start: float, end: float) -> np.ndarray:
    """The boundaries that a recording from `start` to `end` seconds alone could have, in its own seconds."""
    times = segmentation.boundaries
    return times[(times >= start + MINIMUM_GAP) & (times <= end - MINIMUM_GAP)] - start


def assert_same(one: Segmentation, other: Segmentation, tolerance: float = 1e-6) -> None:
    assert len(one) == len(other)
    np.testing.assert_allclose(one.boundaries, other.boundaries, rtol=0, atol=tolerance)


# Known joins


@pytest.mark.parametrize("seed", range(8))
def test_every_join_is_found_within_20_ms_and_nothing_else(seed):
    samples, joins = speech_like(13, seed)  # ends with a vowel: a short hiss at the end could be the vowel dying
    boundaries = found(MEL, samples).boundaries
    assert len(boundaries) == len(joins)
    np.testing.assert_allclose(boundaries, joins, rtol=0, atol=0.02)


def test_joins_are_found_neither_early_nor_late():
    errors = np.concatenate(
        [found(MEL, samples).boundaries - joins for samples, joins in map(speech_like, [13] * 5, range(5))]
    )
    assert abs(np.median(errors)) < 0.003


@pytest.mark.parametrize("rate", [8_000, 11_025, 44_100, 47_999])
def test_joins_are_found_at_any_sample_rate_without_drift(rate):
    import soxr

    samples, joins = speech_like(100, seed=2)
    boundaries = found(MEL, soxr.resample(samples, RATE, rate), rate).boundaries
    distances = np.abs(boundaries[:, None] - joins).min(axis=0)
    assert (distances < 0.02).mean() > 0.9  # at 8 kHz some hisses are gone
    late = np.abs(boundaries[:, None] - joins[-20:])
    signed = (boundaries[:, None] - joins[-20:])[late.argmin(axis=0), np.arange(20)]
    assert abs(np.median(signed)) < 0.004


# What must not matter


@both
@every_signal
@pytest.mark.parametrize("gain", [1e-4, 0.03, 1e4])
def test_gain_moves_no_boundary(segmenter, samples, gain):
    assert_same(found(segmenter, samples * np.float32(gain)), found(segmenter, samples))


@both
@every_signal
@pytest.mark.parametrize("seconds", [0.001, 0.5, 10])
def test_silence_after_the_end_moves_nothing_before_it(segmenter, samples, seconds):
    alone = found(segmenter, samples)
    longer = found(segmenter, np.concatenate([samples, np.zeros(round(seconds * RATE), np.float32)]))
    np.testing.assert_allclose(inside(longer, 0, alone.duration), alone.boundaries, rtol=0, atol=1e-6)
    assert longer.boundaries.max() < alone.duration + 0.05


@both
@every_signal
@pytest.mark.parametrize("hops", [1, 50, 1003])
def test_a_shift_by_whole_hops_shifts_by_whole_hops(segmenter, samples, hops):
    alone = found(segmenter, samples)
    later = found(segmenter, np.concatenate([np.zeros(hops * HOP, np.float32), samples]))
    shift = hops * HOP / RATE
    np.testing.assert_allclose(inside(later, shift, later.duration), alone.boundaries, rtol=0, atol=1e-6)


@every_signal
def test_silence_around_a_recording_leaves_even_its_scores_as_they_are(samples):
    alone = MEL.segment((samples, RATE), sensitivity=1)
    silence = np.zeros(100 * HOP, np.float32)
    around = MEL.segment((np.concatenate([silence, samples, silence]), RATE), sensitivity=1)
    kept = (around.boundaries > 1 + MINIMUM_GAP) & (around.boundaries < 1 + alone.duration - MINIMUM_GAP)
    np.testing.assert_allclose(around.scores[kept], alone.scores, rtol=0, atol=1e-4)


@pytest.mark.parametrize("offset", [-0.1, 0.3, 0.5])
@pytest.mark.parametrize("seed", range(4))
def test_a_constant_offset_moves_no_boundary(offset, seed):
    samples, _ = speech_like(30, seed)
    # The step at either end is no part of the speech, but its faint trace in the noise moves where that fades.
    assert_same(found(MEL, samples + np.float32(offset)), found(MEL, samples), tolerance=5e-4)


@both
@pytest.mark.parametrize("block", [100, 1234, 40_000])
def test_the_size_of_the_blocks_that_are_read_plays_no_part(segmenter, block):
    samples, _ = speech_like(100)  # more than one chunk
    at_once = found(segmenter, samples)
    with patch.object(audio, "BLOCK", block), patch.object(analysis, "HELD_SECONDS", 0.0):
        in_blocks = found(segmenter, samples)
    np.testing.assert_array_equal(in_blocks.boundaries, at_once.boundaries)
    np.testing.assert_array_equal(in_blocks.scores, at_once.scores)


@both
def test_a_path_an_array_and_two_equal_channels_give_the_same(segmenter, tmp_path):
    samples = SIGNALS[0]
    soundfile.write(tmp_path / "x.wav", samples, RATE, subtype="FLOAT")
    from_array = found(segmenter, samples)
    assert_same(segmenter.segment(tmp_path / "x.wav"), from_array, tolerance=0)
    assert_same(found(segmenter, np.stack([samples, samples], axis=1)), from_array, tolerance=0)
    two = np.stack([noise(len(samples)), samples], axis=1)
    assert_same(segmenter.segment((two, RATE), channel=2), from_array, tolerance=0)


# What holds for every recording


@both
@given(
    n=st.integers(1, 12_000),
    seed=st.integers(0, 999),
    sensitivity=st.floats(0, 1),
    make=st.sampled_from([noise, pink_noise, lambda n, seed: speech_like(9, seed)[0][-n:]]),
)
@settings(max_examples=25)
def test_boundaries_are_apart_inside_and_scored(segmenter, n, seed, sensitivity, make):
    segmentation = segmenter.segment((make(n, seed), RATE), sensitivity=sensitivity)
    edges = np.array([0.0, *segmentation.boundaries, segmentation.duration])
    assert segmentation.duration == n / RATE
    if len(segmentation) > 1:
        assert np.diff(edges).min() >= MINIMUM_GAP - 1e-9
    assert ((segmentation.scores >= (0.5 if sensitivity <= 0.5 else 0)) & (segmentation.scores <= 1)).all()
    starts, ends, _ = zip(*segmentation.intervals(), strict=True)
    assert (starts[0], ends[-1], starts[1:]) == (0.0, segmentation.duration, ends[:-1])


@both
@pytest.mark.parametrize("n", [1, 160, 384, 512, 513])
@pytest.mark.parametrize("make", [noise, vowel])
def test_what_is_too_short_has_no_boundary_and_its_exact_duration(segmenter, n, make):
    segmentation = found(segmenter, make(n))
    assert segmentation.boundaries.tolist() == []
    assert segmentation.duration == n / RATE


@both
@pytest.mark.parametrize("n", [1, 512, 3 * RATE])
def test_digital_silence_has_no_boundary_and_a_warning(segmenter, n):
    with pytest.warns(PhonsegWarning, match="<samples>: is digital silence"):
        segmentation = segmenter.segment((np.zeros(n, np.float32), RATE), sensitivity=1)
    assert segmentation.boundaries.tolist() == []
    assert segmentation.duration == n / RATE


@both
@pytest.mark.parametrize(
    "samples", [np.full(RATE, 0.3, np.float32), tone(2 * RATE, 440), noise(5 * RATE), hiss(2 * RATE, 300, 3000)]
)
def test_what_never_changes_has_no_boundary(segmenter, samples):
    assert found(segmenter, samples).boundaries.tolist() == []


def test_nothing_is_changed_and_no_global_state_is():
    samples = SIGNALS[0].copy()
    weights = {name: tensor.clone() for name, tensor in NETWORK.streams[0].encoder.state_dict().items()}
    random, threads = torch.get_rng_state(), torch.get_num_threads()
    np.random.seed(3)  # noqa: NPY002  (the state that must not be touched)
    drawn = np.random.get_state()[1].copy()  # noqa: NPY002
    found(NETWORK, samples)
    np.testing.assert_array_equal(samples, SIGNALS[0])
    assert all(torch.equal(tensor, weights[name]) for name, tensor in NETWORK.streams[0].encoder.state_dict().items())
    assert torch.equal(random, torch.get_rng_state())
    assert threads == torch.get_num_threads()
    np.testing.assert_array_equal(np.random.get_state()[1], drawn)  # noqa: NPY002


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_curve_that_is_not_finite_is_an_error_of_this_recording(value):
    damaged = network_segmenter()
    with torch.no_grad():
        damaged.streams[1].encoder.layers[0].weight[:] = value
    with pytest.raises(AudioError, match="<samples>: cannot be segmented, since its curve is not finite"):
        found(damaged, SIGNALS[0])
    huge = replace(NETWORK, streams=tuple(replace(stream, weight=1e30) for stream in NETWORK.streams))
    with pytest.raises(AudioError, match="curve is not finite"):
        found(huge, SIGNALS[0])


# How many boundaries


@both
def test_sensitivity_is_monotone_from_few_to_all(segmenter):
    chosen = [segmenter.segment((SIGNALS[1], RATE), sensitivity=s) for s in (0.0, 0.3, 0.5, 0.7, 1.0)]
    for fewer, more in itertools.pairwise(chosen):
        assert set(fewer.boundaries) <= set(more.boundaries)
    assert chosen[0].boundaries.tolist() == []
    assert chosen[-1].boundaries.tolist() == chosen[0].candidates.times.tolist()
    assert_same(chosen[2], found(segmenter, SIGNALS[1]), tolerance=0)


@both
def test_choosing_again_is_what_choosing_at_once_is(segmenter):
    segmentation = found(segmenter, SIGNALS[1])
    for choice in ({"sensitivity": 0.8}, {"rate": 5.0}):
        at_once, again = segmenter.segment((SIGNALS[1], RATE), **choice), segmentation.at(**choice)
        assert_same(again, at_once, tolerance=0)
        assert again.provenance == at_once.provenance


def test_a_rate_is_that_many_per_second_of_speech_whatever_the_pauses():
    samples, joins = speech_like(20)
    padded = np.concatenate([samples, noise(5 * RATE, level=1e-3)])
    for rate in (2.0, 5.0):
        boundaries = MEL.segment((padded, RATE), rate=rate).boundaries
        assert len(boundaries) == pytest.approx(rate * (joins[-1] - joins[0]), abs=1)


@given(
    heights=st.lists(st.floats(0, 1, width=32), min_size=3, max_size=80),
    edges=st.lists(st.floats(-0.03, 0.8), min_size=2, max_size=2, unique=True).map(sorted),
    cut=st.floats(0, 0.2),
)
def test_candidates_are_the_peaks_in_speech_inside_and_apart(heights, edges, cut):
    curve = Curve(np.array(heights, np.float32), FrameGrid(RATE, HOP, 512, origin=-300))
    analysis = Analysis(curve, (Region(*edges),), 1.0, Curve(np.full(len(heights), -200.0, np.float32), curve.grid))
    duration = max(0.01, 0.01 * len(heights) - cut)
    candidates = MEL.candidates(analysis, duration)
    times, prominences = candidate_peaks(curve)
    is_speech = (times >= edges[0] - SPEECH_MARGIN) & (times <= edges[1] + SPEECH_MARGIN)
    kept: list[int] = []
    for peak in np.argsort(-prominences, kind="stable"):
        time = times[peak]
        fits = MINIMUM_GAP <= time <= duration - MINIMUM_GAP
        near = any(times[other] - MINIMUM_GAP < time < times[other] + MINIMUM_GAP for other in kept)
        if is_speech[peak] and fits and not near:
            kept.append(peak)
    assert candidates.times.tolist() == times[sorted(kept)].tolist()
    assert candidates.prominences.tolist() == (FAINT_SHARE * prominences[sorted(kept)]).tolist()  # nothing is loud
    assert candidates.threshold == MEL.operating_point.prominence
    assert candidates.speech_seconds == pytest.approx(max(0, min(edges[1], duration) - max(edges[0], 0)))


def test_where_speech_fades_there_is_one_candidate_as_prominent_as_what_it_stands_for():
    found = analysis.analyse(audio.open_recording((SIGNALS[0], RATE)), MEL.streams)
    ends = np.array([region.end for region in audible_parts(found.loudness, found.level, found.speech)])
    assert len(ends) == len(found.speech) > 0
    peaks = speech_peaks(found)
    times, prominences = peaks.times, peaks.prominences
    assert (np.diff(times) > 0).all()
    everywhere, whole = candidate_peaks(found.curve)
    for end in ends:
        before, after = end - FADING[0], end + FADING[1]
        assert times[(times > before) & (times < after)].tolist() == [end]
        replaced = whole[(everywhere > before) & (everywhere < after)]
        assert prominences[times == end].tolist() == [max(replaced, default=0.0)]
    others = times[~np.isin(times, ends)]
    assert set(others) <= set(everywhere)
    near = np.array([((time > ends - FADING[0]) & (time < ends + FADING[1])).any() for time in everywhere])
    is_speech = within(everywhere, found.speech, SPEECH_MARGIN)
    assert others.tolist() == everywhere[is_speech & ~near].tolist()


@pytest.mark.parametrize("samples", SIGNALS)
def test_peaks_among_faint_and_dying_sounds_count_less(samples):
    found = analysis.analyse(audio.open_recording((samples, RATE)), MEL.streams)
    audible = audible_parts(found.loudness, found.level, found.speech)
    everywhere, whole = candidate_peaks(found.curve)
    peaks = speech_peaks(found)
    times, prominences = peaks.times, peaks.prominences
    shares = []
    for time, prominence in zip(times, prominences, strict=True):
        if time in [part.end for part in audible]:
            continue
        lively = any(part.start - SPEECH_MARGIN <= time <= part.dying for part in audible)
        shares.append(1.0 if lively else FAINT_SHARE)
        assert prominence == pytest.approx(shares[-1] * whole[everywhere == time][0])
    assert 1.0 in shares


@pytest.mark.parametrize("gap", [0.0, 0.05])
def test_with_other_settings_peaks_anywhere_are_candidates(gap):
    other = AnalysisSettings(speech_only=False, minimum_gap=gap, span=None, sub_frame=False)
    segmenter = replace(MEL, analysis_settings=other, operating_point=OperatingPoint(0.25))
    curve = Curve(np.random.default_rng(2).random(80).astype(np.float32), FrameGrid(RATE, HOP, 512))
    found = analysis.analyse(audio.open_recording((SIGNALS[0], RATE)), MEL.streams)
    candidates = segmenter.candidates(replace(found, curve=curve, speech=(Region(0.2, 0.5),)), duration=0.8)
    times, prominences = candidate_peaks(curve, span=None, sub_frame=False)
    if gap:
        assert set(candidates.times) < set(times)
        assert np.diff(candidates.times).min() >= gap
    else:
        assert candidates.times.tolist() == times.tolist()
        assert candidates.prominences.tolist() == prominences.tolist()
    assert candidates.threshold == 0.25
    assert candidates.speech_seconds == pytest.approx(0.3)


def test_sensitivity_and_rate_exclude_each_other_and_have_ranges():
    with pytest.raises(ConfigurationError, match="both given"):
        MEL.segment((SIGNALS[0], RATE), sensitivity=0.5, rate=3)
    with pytest.raises(ConfigurationError, match=r"sensitivity is 1\.5"):
        MEL.segment((SIGNALS[0], RATE), sensitivity=1.5)
    with pytest.raises(ConfigurationError, match="rate is -1"):
        MEL.segment((SIGNALS[0], RATE), rate=-1)


def test_what_cannot_be_read_is_an_error_that_names_it(tmp_path):
    (tmp_path / "x.wav").write_text("no sound", "utf-8")
    with pytest.raises(AudioError, match=r"x\.wav: cannot be read as sound"):
        MEL.segment(tmp_path / "x.wav")


def test_provenance_says_what_was_done():
    provenance = replace(MEL, digest="abc", tuned_on_labels=True).segment((SIGNALS[0], RATE), channel=1).provenance
    assert (provenance.version, provenance.model, provenance.digest) == (phonseg.__version__, "by hand", "abc")
    assert provenance.settings == {"channel": 1, "sensitivity": 0.5}
    assert provenance.tuned_on_labels


def test_a_segmentation_holds_its_curve_and_its_recording():
    source = (SIGNALS[0], RATE)
    segmentation = MEL.segment(source, sensitivity=1)
    assert segmentation.recording is source
    times = segmentation.curve.times()
    for boundary in segmentation.boundaries:
        nearest = np.abs(times - boundary).argmin()
        around = segmentation.curve.values[nearest - 1 : nearest + 2]
        assert around.argmax() == 1 or np.ptp(np.sort(around)[1:]) == 0


# Streams


def test_streams_must_share_a_grid():
    streams = (
        Stream(LogMel(), PrecomputedCurve()),
        Stream(RawWaveformEncoder(channels=4, dimensions=3), PrecomputedCurve()),
    )
    with pytest.raises(ConfigurationError, match="2 streams lie on 2 grids"):
        Segmenter("x", streams, OperatingPoint(0.1))
    with pytest.raises(ConfigurationError, match="0 streams"):
        Segmenter("x", (), OperatingPoint(0.1))


@dataclass(frozen=True)
class Loudness:
    """An encoder from outside phonseg: the loudness of 20 ms, in decibels, every 5 ms, at 8 kHz."""

    name: str = "loudness"
    grid: FrameGrid = FrameGrid(8_000, hop=40, window=160)  # noqa: RUF009  (frozen)

    def encode(self, samples: Samples) -> np.ndarray:
        starts = range(0, self.grid.count(len(samples)) * self.grid.hop, self.grid.hop)
        power = [np.square(samples[start : start + self.grid.window]).mean() for start in starts]
        return 10 * np.log10(np.array(power, dtype=np.float32).reshape(-1, 1) + np.float32(1e-3))


PLUGGED_IN = Segmenter("loud", (Stream(Loudness(), LeftRightContrast(cosine, (1,))),), OperatingPoint(0.1))


def test_an_encoder_from_outside_plugs_in():
    from phonseg.detection.dissimilarity import euclidean

    stream = Stream(Loudness(), LeftRightContrast(euclidean, (4,)))
    segmenter = Segmenter("loud", (stream,), OperatingPoint(3.0))
    samples = noise(RATE, level=1e-3)
    samples[RATE // 3 : RATE // 2] += hiss(RATE // 2 - RATE // 3, 500, 3000)
    boundaries = found(segmenter, samples).boundaries
    np.testing.assert_allclose(boundaries, [1 / 3, 1 / 2], rtol=0, atol=0.01)


def test_an_encoder_from_outside_is_not_saved(tmp_path):
    with pytest.raises(ModelError, match=r"encoder loudness: is not one of phonseg's .*not saved"):
        PLUGGED_IN.save(tmp_path / "x.safetensors")
    assert list(tmp_path.iterdir()) == []


# Files


def trained_like() -> Iterator[Segmenter]:
    """Segmenters with every encoder and contrast that phonseg has, and weights that are not those of a new one."""
    contrast = LeftRightContrast(cosine, (1, 3))
    yield MEL
    yield NETWORK
    raw, mel = (
        RawWaveformEncoder(channels=4, dimensions=3, projection=2),
        LogMelNetwork(bands=10, width=8, dimensions=4),
    )
    for encoder in (raw, mel):
        for module in encoder.modules():
            if isinstance(module, torch.nn.BatchNorm1d):
                torch.nn.init.uniform_(module.running_mean)
                torch.nn.init.uniform_(module.running_var, 0.5, 2)
    point = OperatingPoint(0.02)
    yield Segmenter("raw", (Stream(raw, contrast),), point, {"hours": 1.5, "kinds": ["wav"]}, tuned_on_labels=True)
    other = AnalysisSettings(
        level_normalised=False, padded_with_silence=False, min_max_scaled=True, span=None, minimum_gap=0.0
    )
    yield Segmenter("other settings", (Stream(raw, contrast),), OperatingPoint(0.07), analysis_settings=other)
    yield Segmenter("mixed", (Stream(mel, contrast, 0.7), Stream(LogMel(exponent=0.1, bands=24), contrast, 0.3)), point)


@pytest.mark.parametrize("segmenter", list(trained_like()), ids=lambda segmenter: segmenter.name)
def test_saved_and_loaded_a_segmenter_is_the_same(segmenter, tmp_path):
    path = tmp_path / "model.safetensors"
    saved = segmenter.save(path)
    random = torch.get_rng_state()
    again = load(path)
    assert torch.equal(random, torch.get_rng_state())
    assert again.digest == saved.digest
    assert len(saved.digest) == 64
    assert not any(module.training for stream in again.streams for module in stream.encoder.modules())
    for name in ("name", "operating_point", "training", "tuned_on_labels", "analysis_settings"):
        assert getattr(again, name) == getattr(segmenter, name)
    assert [stream.weight for stream in again.streams] == [stream.weight for stream in segmenter.streams]
    assert [stream.contrast for stream in again.streams] == [stream.contrast for stream in segmenter.streams]
    for stream in segmenter.streams:
        stream.encoder.eval()
    one, other = (s.segment((SIGNALS[0], RATE), sensitivity=0.9) for s in (saved, again))
    assert_same(one, other, tolerance=0)
    np.testing.assert_array_equal(one.scores, other.scores)
    assert one.provenance == other.provenance
    assert again.save(tmp_path / "again.safetensors").digest == saved.digest
    assert len(list(tmp_path.iterdir())) == 2


def test_the_digest_tells_models_apart(tmp_path):
    models = [NETWORK, network_segmenter(seed=1), replace(NETWORK, operating_point=OperatingPoint(0.2))]
    digests = [model.save(tmp_path / f"{i}.safetensors").digest for i, model in enumerate(models)]
    assert len(set(digests)) == 3


def test_the_model_that_ships_keeps_its_digest_when_it_is_saved_again(tmp_path):
    model = load()
    assert model.analysis_settings == PHONSEG_SETTINGS
    assert model.save(tmp_path / "again.safetensors").digest == model.digest


def test_segment_takes_a_segmenter_or_a_path(tmp_path):
    saved = MEL.save(tmp_path / "model.safetensors")
    source = (SIGNALS[0], RATE)
    assert_same(segment(source, model=saved), segment(source, model=tmp_path / "model.safetensors"), tolerance=0)
    assert_same(segment(source, model=str(tmp_path / "model.safetensors"), rate=4), saved.segment(source, rate=4))


def test_the_default_model_gives_the_same_for_a_path_and_for_its_samples():
    samples, rate = soundfile.read(DEMO, dtype="float32")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        from_path, from_samples = phonseg.segment(DEMO), phonseg.segment((samples, rate))
    assert_same(from_path, from_samples, tolerance=0)
    assert from_path.provenance == from_samples.provenance
    assert from_path.duration == len(samples) / rate
    assert 3 < len(from_path) / from_path.duration < 20


@pytest.mark.parametrize("choice", [{"sensitivity": 2}, {"rate": -1}])
def test_a_choice_out_of_range_is_refused_before_the_recording_is_opened(choice):
    with pytest.raises(ConfigurationError, match=f"{next(iter(choice))} is"):
        MEL.segment("nowhere.wav", **choice)
