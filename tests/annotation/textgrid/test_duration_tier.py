"""DurationTiers: what Praat makes of them is the map, and the map of what Praat writes is what Praat makes of it."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import parselmouth
import pytest
from hypothesis import given, settings, strategies as st
from parselmouth.praat import call

from phonseg.annotation.textgrid.duration_tier import duration_tier_bytes
from phonseg.errors import TextGridError
from phonseg.timeline.time_map import TimeMap

HEAD = 'File type = "ooTextFile"\nObject class = "DurationTier"\n\n'


def uneven(start: float = 0.0, count: int = 200, seed: int = 0) -> TimeMap:
    """A map with copied stretches, sudden changes, and a stretch of 2 ms."""
    generator = np.random.default_rng(seed)
    lengths = np.append(generator.uniform(0.01, 0.3, count), 0.002)
    ratios = np.append(np.where(generator.random(count) < 0.3, 1.0, generator.uniform(0.4, 2.5, count)), 1.7)
    return TimeMap(start + np.append(0, np.cumsum(lengths)), start + np.append(0, np.cumsum(lengths * ratios)))


@pytest.mark.parametrize("start", [0.0, 5.0])
def test_praat_makes_the_map_of_it(tmp_path: Path, start: float) -> None:
    time_map, path = uneven(start), tmp_path / "x.DurationTier"
    time_map.to_duration_tier(path)
    tier = parselmouth.read(str(path))
    ends = [call(tier, f"Get {end} time") for end in ("start", "end")]
    assert ends == [time_map.old[0], time_map.old[-1]]
    found = [call(tier, "Get target duration", start, knot) for knot in time_map.old[1:]]
    np.testing.assert_allclose(found, time_map.new[1:] - start, rtol=1e-9, atol=2e-7)


@settings(max_examples=15)
@given(st.integers(0, 2**20), st.floats(0, 100))
def test_what_is_written_reads_back_as_the_same_map(seed: int, start: float) -> None:
    time_map = uneven(start, count=20, seed=seed)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.DurationTier")
        path.write_bytes(duration_tier_bytes(time_map))
        back = TimeMap.from_duration_tier(path)
    assert len(back.old) <= len(time_map.old)
    times = np.linspace(time_map.old[0], time_map.old[-1], 500)
    np.testing.assert_allclose(back(times), time_map(times), rtol=0, atol=1e-9)


@pytest.mark.parametrize("command", ["Save as text file", "Save as short text file"])
def test_what_praat_writes_is_read_as_praat_reads_it(tmp_path: Path, command: str) -> None:
    tier = call("Create DurationTier", "é", 0.5, 3.5)
    for time, value in [(0.0, 3.0), (1.0, 0.5), (1.5, 2.0), (1.5 + 1e-9, 1.0), (3.0, 1.9), (9.0, 0.4)]:
        call(tier, "Add point", time, value)
    path = tmp_path / "x.DurationTier"
    call(tier, command, str(path))
    time_map = TimeMap.from_duration_tier(path)
    assert (time_map.old[0], time_map.new[0], time_map.old[-1]) == (0.5, 0.5, 3.5)
    times = np.linspace(0.5, 3.5, 77)[1:]
    expected = [call(tier, "Get target duration", 0.5, time) for time in times]
    np.testing.assert_allclose(time_map(times) - 0.5, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is no text file of Praat. Give"),
        (b"ooBinaryFile\x0cDurationTier", "is a binary file of Praat. Give a DurationTier that .* as a text file"),
        (HEAD.replace("DurationTier", "PitchTier"), "is a Praat file with a PitchTier. Give a DurationTier"),
        (HEAD + "0\n2\n", "is damaged .it ends too early, in line 6"),
        (HEAD + "0\n2\n1\n1\n", "is damaged"),
        (HEAD + "0\n2\n1\n1\n1\n9\n", "is damaged .it says that it has 1 points, and holds 3 numbers instead of 2"),
        (HEAD + "0\n2\n1\n1\nabc\n", "is damaged"),
        (HEAD + "0\n2\n1\n1\n1e999\n", "1e999 stands instead of a number"),
        (HEAD + "0\n2\n999999999\n1\n1\n", "999999999 points, and holds 2 numbers"),
        (HEAD + "0\n2\n0\n", "has no points, so it tells no duration. Add one in Praat."),
        (HEAD + "2\n2\n1\n1\n1\n", "lasts from 2 to 2 s"),
        (HEAD + "0\n2\n1\n1\n0\n", "the point at 1 s is 0. Durations must be 0.001 to 1000 times as long; correct it."),
        (HEAD + "0\n2\n1\n1\n-1\n", "the point at 1 s is -1"),
    ],
)
def test_what_is_no_duration_tier_is_refused(tmp_path: Path, content: str | bytes, message: str) -> None:
    path = tmp_path / "x.DurationTier"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(TextGridError, match=message) as refused:
        TimeMap.from_duration_tier(path)
    assert str(refused.value).startswith(str(path))


@pytest.mark.parametrize("codec", ["utf-8", "utf-16", "latin-1"])
def test_points_may_stand_in_any_order_and_encoding(tmp_path: Path, codec: str) -> None:
    path = tmp_path / "x.DurationTier"
    path.write_bytes((HEAD + "0\n2\n2\n1.5\n2\n0.5\n1\n! é\n").encode(codec))
    assert TimeMap.from_duration_tier(path)(2.0) == pytest.approx(3.0, abs=1e-9)
