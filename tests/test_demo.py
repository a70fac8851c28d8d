from __future__ import annotations

import hashlib
import itertools
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy import signal
from textgrids import in_praat

DATA = Path(__file__).resolve().parent.parent / "data"
DEMO = DATA / "demo"
RECORDINGS = sorted(path for path in DEMO.iterdir() if path.suffix in {".wav", ".flac"})

every_recording = pytest.mark.parametrize("recording", RECORDINGS, ids=lambda path: path.stem)


def intervals(recording: Path) -> list[tuple[float, float, str]]:
    """Read by Praat, so that these tests do not depend on phonseg's own reader."""
    return in_praat(recording.with_suffix(".TextGrid"))


def test_readme_gives_the_checksum_of_every_file() -> None:
    given = dict(re.findall(r"^([0-9a-f]{64})  (\S+)$", (DATA / "README.md").read_text("utf-8"), flags=re.MULTILINE))
    found = {hashlib.sha256(path.read_bytes()).hexdigest(): path.name for path in DEMO.iterdir()}
    assert given == found


def test_all_files_together_are_below_a_megabyte() -> None:
    assert sum(path.stat().st_size for path in DEMO.iterdir()) < 1_000_000


def test_there_are_three_languages_three_rates_and_two_kinds_of_file() -> None:
    assert {path.stem for path in RECORDINGS} == {"czech", "english", "finnish"}
    assert {soundfile.info(path).samplerate for path in RECORDINGS} == {16_000, 22_050, 32_000}
    assert {soundfile.info(path).format for path in RECORDINGS} == {"WAV", "FLAC"}


@every_recording
def test_recording_is_short_mono_16_bit_and_not_clipped(recording: Path) -> None:
    samples, rate = soundfile.read(recording, dtype="int16")
    assert soundfile.info(recording).subtype == "PCM_16"
    assert samples.ndim == 1
    assert 3 <= len(samples) / rate <= 8
    assert 2_000 < np.abs(samples.astype(int)).max() < 32_767


@every_recording
def test_phones_tile_the_recording_to_its_last_sample(recording: Path) -> None:
    phones = intervals(recording)
    information = soundfile.info(recording)
    assert phones[0][0] == 0
    assert phones[-1][1] == information.frames / information.samplerate
    assert [end for _, end, _ in phones[:-1]] == [start for start, _, _ in phones[1:]]


@every_recording
def test_phones_last_as_long_as_phones_do(recording: Path) -> None:
    phones = intervals(recording)
    named = np.array([end - start for start, end, label in phones if label])
    assert len(named) >= 35
    assert named.min() >= 0.01
    assert named.max() <= 0.3
    assert 0.05 <= np.median(named) <= 0.1


@every_recording
def test_pauses_stand_at_both_ends_and_inside_and_never_side_by_side(recording: Path) -> None:
    empty = [label == "" for _, _, label in intervals(recording)]
    assert empty[0]
    assert empty[-1]
    assert any(empty[1:-1])
    assert not any(one and other for one, other in itertools.pairwise(empty))


def spectral_change(samples: np.ndarray, rate: int, times: np.ndarray) -> float:
    """The mean absolute difference of log power, over 24 bands, between the 10 ms after and before these times."""
    length, bins = round(0.01 * rate), 2048
    starts = np.rint(times * rate).astype(int)[:, None]
    edges = (np.geomspace(150, 7500, 25) * bins / rate).astype(int)

    def levels(offset: int) -> np.ndarray:
        window = samples[starts + offset + np.arange(length)] * signal.windows.hann(length)
        powers = (np.abs(np.fft.rfft(window, bins)) / length) ** 2
        return np.log(np.add.reduceat(powers, edges, axis=1)[:, :-1] + 1e-6)

    return float(np.abs(levels(0) - levels(-length)).mean())


@every_recording
def test_the_sound_changes_most_where_the_reference_has_its_boundaries(recording: Path) -> None:
    # If all boundaries move together by 1 ms at a time, they fit the sound best within 5 ms of where they are.
    samples, rate = soundfile.read(recording)
    boundaries = np.array([end for _, end, _ in intervals(recording)[:-1]])
    lags = np.arange(-25, 26)
    change = np.array([spectral_change(samples, rate, boundaries + lag / 1000) for lag in lags])
    assert abs(lags[np.argmax(change)]) <= 5
    assert change[lags == 0][0] > 1.5 * change[[0, -1]].max()
