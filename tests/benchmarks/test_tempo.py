"""The benchmark of tempo: what it measures in copies of which it is known what was done to them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import RATE
from hypothesis import given, strategies as st

from phonseg.audio.find import find_recordings
from phonseg.audio.recording import read
from phonseg.timeline.grid import Samples
from phonseg.timeline.segmentation import Segmentation
from phonseg.timeline.time_map import TimeMap

sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks"))

import natural_timing
import stereo
import stretchers
import tempo_bars
import tempo_measures as measures
import there_and_back

ROOT = Path(__file__).resolve().parents[2]
SAME = TimeMap(np.array([0.0, 1.0]), np.array([0.0, 1.0]))


def bursts(*times: float, seconds: float = 1.0) -> Samples:
    """Noise of 80 ms that begins at once at each time, almost in silence."""
    generator = np.random.default_rng(0)
    gain = np.full(round(seconds * RATE), 1e-4)
    for time in times:
        gain[round(time * RATE) : round((time + 0.08) * RATE)] = 0.3
    return np.asarray(gain * generator.normal(size=len(gain)), np.float32)


def hum(seconds: float, hertz: float) -> Samples:
    """The sum of six harmonics."""
    phase = 2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE
    return np.asarray(0.1 * sum(np.cos(k * phase) for k in range(1, 7)), np.float32)


def test_a_recording_is_as_itself() -> None:
    sound = measures.Sound(bursts(0.3, 0.6), RATE)
    found = list(measures.attack_changes(sound, sound, SAME, np.array([0.3, 0.6])))
    assert measures.mapped_mel(sound, sound, SAME) == pytest.approx(0, abs=1e-9)
    assert np.abs(found) == pytest.approx(np.zeros((2, 2)), abs=1e-9)


def test_mapped_mel_reads_the_recording_through_the_map() -> None:
    x = bursts(0.3, 0.6)
    silence = np.full(RATE // 2, 1e-4, np.float32) * np.random.default_rng(1).normal(size=RATE // 2).astype(np.float32)
    late = measures.Sound(np.concatenate([silence, x]), RATE)
    moved = TimeMap(np.array([0.0, 1e-3, 1.0]), np.array([0.0, 0.501, 1.5]))
    old = measures.Sound(x, RATE)
    assert measures.mapped_mel(old, late, moved) < 1.5
    assert measures.mapped_mel(old, late, TimeMap.even(1.0, 1 / 1.5)) > 5


def test_an_attack_is_lost_by_as_much_as_it_is_smaller_and_its_place_is_told() -> None:
    old = measures.Sound(bursts(0.3), RATE)
    rise, when = measures.steepest_rise(old.high_level, 0.31, reach=15)
    assert when == pytest.approx(0.3, abs=0.003)
    faded = old.samples.copy()
    faded[round(0.3 * RATE) : round(0.34 * RATE)] *= np.geomspace(1e-3, 1, round(0.04 * RATE)).astype(np.float32)
    ((lost, _),) = measures.attack_changes(old, measures.Sound(faded, RATE), SAME, np.array([0.3]))
    assert 10 < lost < rise
    later = measures.Sound(np.roll(old.samples, round(0.01 * RATE)), RATE)
    ((lost, shift),) = measures.attack_changes(old, later, SAME, np.array([0.3]))
    assert (lost, shift) == (pytest.approx(0, abs=0.2), pytest.approx(10, abs=0.5))


def test_what_has_no_attack_cannot_lose_one() -> None:
    sound = measures.Sound(bursts(0.3), RATE)
    assert list(measures.attack_changes(sound, sound, SAME, np.array([0.6]))) == []
    assert all(np.isnan(measures.steepest_rise(np.zeros(4), 0.001, reach=20)))


def test_pitch_is_told_in_cents() -> None:
    old, new = (measures.Sound(hum(0.5, hertz), RATE) for hertz in (120, 123))
    assert measures.pitch_error(old, new, SAME) == pytest.approx(1200 * np.log2(123 / 120), abs=2)
    assert np.isnan(measures.pitch_error(old, measures.Sound(np.zeros(RATE // 2, np.float32), RATE), SAME))


def test_bursts_are_stops_after_their_closures() -> None:
    labels = ("h#", "tcl", "t", "ah", "dx", "kcl", "s", "q", "p", "bcl", "b")
    reference = Segmentation(np.arange(1, len(labels)) / 10, 1.2, labels=labels)
    assert measures.bursts_of(reference).tolist() == [0.2, 1.0]


def test_means_are_over_bursts_and_leave_out_what_has_no_voice() -> None:
    first = measures.Measures(1, [0, 0, 9], [1, 1, 1], np.nan, 0.5, 10)
    second = measures.Measures(2, [7], [5], 4, 1, 30)
    assert measures.summary([first, second]) == {
        "mel": 1.5,
        "attack": 4,
        "over 6 dB": 0.5,
        "shift": 2,
        "F0": 4,
        "F1": 0.75,
        "drift": 20,
    }


def test_items_are_spread() -> None:
    assert measures.spread(range(80), 4) == range(0, 80, 20)
    assert measures.spread(range(3), 20) == range(3)


def test_bars_are_missed_only_on_the_wrong_side() -> None:
    reached = {name: limits[1] for name, limits in tempo_bars.BARS.items()}
    assert tempo_bars.missed(reached, 0.66) == []
    assert tempo_bars.missed(dict.fromkeys(reached, np.nan), 0.66) == []
    assert tempo_bars.missed({**reached, "F1": 0.5, "mel": 9.0, "rendering": 1e9}, 0.66) == ["mel", "F1"]
    assert tempo_bars.missed({"drift": 1e9}, 0.5) == []


@pytest.mark.parametrize("factor", measures.FACTORS)
@pytest.mark.parametrize("shape", [(4001,), (4001, 2)])
@pytest.mark.parametrize(
    "way",  # librosa takes over a second to be loaded
    [pytest.param(way, marks=[pytest.mark.slow] * (way.program == "librosa")) for way in stretchers.ways()],
    ids=lambda way: way.name,
)
def test_as_many_samples_come_back_as_the_map_is_long(
    way: stretchers.Way, factor: float, shape: tuple[int, ...]
) -> None:
    samples = np.random.default_rng(0).normal(0, 0.1, shape).astype(np.float32)
    even = TimeMap(np.array([0, 4001 / RATE]), np.array([0, round(4001 / factor) / RATE]))
    changed = way.stretch(samples, RATE, even)
    assert changed.shape == (round(4001 / factor), *shape[1:])
    assert changed.dtype == np.float32


def test_sox_takes_part_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    with_sox, without = {"phonseg", "Praat", "librosa", "sox"}, {"phonseg", "Praat", "librosa"}
    assert {way.program for way in stretchers.ways()} == (with_sox if shutil.which("sox") else without)
    monkeypatch.setattr(shutil, "which", lambda program: None)
    assert {way.program for way in stretchers.ways()} == without


def test_praat_follows_the_map() -> None:
    samples = bursts(0.2, 0.5, 0.8)
    time_map = TimeMap(np.array([0, 0.4, 1.0]), np.array([0, 0.4, 1.6]))
    level = measures.Sound(stretchers.praat(samples, RATE, time_map), RATE).high_level
    for time in (0.2, 0.5, 0.8):
        _, when = measures.steepest_rise(level, time_map(time), reach=20)
        assert when == pytest.approx(time_map(time), abs=0.015)


@cache
def edits(one: str, other: str) -> int:
    if not (one and other):
        return len(one) + len(other)
    changed = edits(one[1:], other[1:]) + (one[0] != other[0])
    return min(changed, edits(one[1:], other) + 1, edits(one, other[1:]) + 1)


@given(st.text("abc", max_size=8), st.text("abc", max_size=8))
def test_common_phones_are_those_that_the_fewest_edits_keep(one: str, other: str) -> None:
    matched = natural_timing.common_phones(one, other)
    assert [one[i] for i in matched[:, 0]] == [other[j] for j in matched[:, 1]]
    ends = np.vstack([[-1, -1], matched, [len(one), len(other)]])
    gaps = np.diff(ends, axis=0) - 1
    assert (gaps >= 0).all()
    assert gaps.max(axis=1).sum() == edits(one, other)


def test_pairs_are_of_the_same_sentence_in_both_directions() -> None:
    pairs = natural_timing.same_sentences(["a/SA1", "b_sa1", "a_sa2", "a_sx1"])
    assert pairs == [("a/SA1", "b_sa1"), ("b_sa1", "a/SA1")]


def test_a_map_that_knows_the_other_speaker_makes_no_error() -> None:
    slow = TimeMap(np.array([0, 1.0, 2.0]), np.array([0, 1.0, 3.0]))
    one = Segmentation(np.array([0.5, 1.0, 1.5]), 2.0, labels=("h#", "t", "ah", "h#"))
    other = Segmentation(slow(one.boundaries), 3.0, labels=("h#", "t", "ah", "h#"))
    maps = {"a_sa1": slow, "b_sa1": slow.reversed}
    found = natural_timing.natural_timing({"a_sa1": one, "b_sa1": other}, lambda name, factor: maps[name])
    assert (found.mapped, found.boundaries, found.pairs) == (pytest.approx(0), 6, 2)
    assert found.even == pytest.approx(1000 * (0.25 + 0.5 + 0.25 + (0.5 + 1 + 0.5) / 3) / 6)
    assert "reached" in found.told()


def test_without_pairs_there_is_no_natural_timing() -> None:
    found = natural_timing.natural_timing({}, lambda name, factor: SAME)
    assert np.isnan(found.even)
    assert "no two recordings" in found.told()


def test_lag_and_coherence_are_those_between_the_channels() -> None:
    samples = np.random.default_rng(0).normal(size=4000).astype(np.float32)
    lag, coherence = stereo.lag_and_coherence(stereo.late_on_the_right(samples))
    assert (lag, coherence) == (stereo.LATE, pytest.approx(1, abs=0.01))
    lag, coherence = stereo.lag_and_coherence(stereo.late_on_the_right(samples)[:, ::-1])
    assert lag == -stereo.LATE
    _, coherence = stereo.lag_and_coherence(samples.reshape(-1, 2))
    assert coherence < 0.2
    assert np.isnan(stereo.lag_and_coherence(np.zeros((9, 2)))[1])


def test_the_way_back_is_the_way_there_reversed() -> None:
    taken: list[TimeMap] = []

    def stretch(samples: Samples, sample_rate: int, time_map: TimeMap) -> Samples:
        taken.append(time_map)
        return samples[:: 2 if time_map.factor > 1 else 1].repeat(1 if time_map.factor > 1 else 2)

    there = TimeMap.even(1.0, 2.0)
    samples = np.repeat(bursts(0.3)[::2], 2)
    back = there_and_back.trip(samples, RATE, there, stretchers.Way("", stretch, False))
    assert (taken[0], taken[1].old.tolist(), taken[1].new.tolist()) == (there, there.new.tolist(), there.old.tolist())
    assert there_and_back.mel_error(measures.Sound(samples, RATE), measures.Sound(back, RATE)) == pytest.approx(0)


def test_differences_are_of_pairs() -> None:
    even, mapped = np.array([1.0, 5, np.nan, 2]), np.array([2.0, 6, 3, 3])
    assert there_and_back.difference(mapped, even) == (1, 1, 1)
    assert there_and_back.cells(even, mapped) == ["2.67", "3.50", "+1.000 (+1.000 to +1.000)"]
    assert there_and_back.cells(even, None) == ["2.67", "-", "-"]
    assert np.isnan(there_and_back.difference(np.array([np.nan]), np.array([1.0]))).all()
    mean, low, high = there_and_back.difference(np.random.default_rng(0).normal(0, 1, 400), np.zeros(400))
    assert low < mean < high
    assert high - low == pytest.approx(2 * 1.96 / 20, rel=0.15)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two demo recordings, cut to 2 s, with phones as if both were the same sentence."""
    folder: Path = tmp_path_factory.mktemp("recordings")
    for name, path in zip(("a_sa1", "b_sa1"), find_recordings(ROOT / "data" / "demo"), strict=False):
        soundfile.write(folder / f"{name}.wav", read(path, sample_rate=RATE)[0][: 2 * RATE], RATE)
        phones = ["0 8000 h#", "8000 12000 tcl", "12000 13000 t", "13000 24000 ah", "24000 32000 h#"]
        (folder / f"{name}.phn").write_text("\n".join(phones), encoding="utf-8")
    return folder


def ran(program: str, folder: Path) -> str:
    command = [sys.executable, ROOT / "benchmarks" / program, folder, "2"]  # a process of its own keeps to one core
    done = subprocess.run(command, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_every_way_has_a_line_for_every_factor(folder: Path) -> None:
    printed = ran("tempo.py", folder)
    lines = [line for line in printed.splitlines() if line.startswith("| ")]
    for way in stretchers.ways():
        for factor in measures.FACTORS:
            assert any(line.startswith(f"| {way.name} ") and f" {factor:g} |" in line for line in lines)
    (vocoder,) = [line for line in lines if line.startswith("| librosa, even") and " 0.66 |" in line]
    assert "mel" in vocoder.split("|")[-2]
    assert "Of another length than round(n / factor): 0; of other samples at factor 1: 0." in printed
    assert "8 boundaries in 2 pairs" in printed
    assert "The right channel is 22 samples late" in printed


@pytest.mark.slow
def test_there_and_back_needs_no_labels(folder: Path, tmp_path: Path) -> None:
    for path in folder.glob("*.wav"):
        shutil.copy(path, tmp_path)
    printed = ran("there_and_back.py", tmp_path)
    assert "There and back, 2 recordings." in printed
    assert sum(line.startswith("| phonseg ") for line in printed.splitlines()) >= len(measures.FACTORS)
