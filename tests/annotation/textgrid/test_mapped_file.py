"""TextGrids in new time: every time is mapped, and nothing else changes."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import parselmouth
import pytest
from parselmouth.praat import call
from textgrids import long, short

from phonseg.annotation.textgrid.mapped_file import mapped_textgrid
from phonseg.annotation.textgrid.parser import read_tiers
from phonseg.errors import TextGridError
from phonseg.timeline.time_map import TimeMap

MAP = TimeMap(np.array([0.5, 0.75, 1.0, 2.5]), np.array([0.0, 0.5, 0.75, 1.3]))
FORMS = ("Save as text file", "Save as short text file", "Save as chronological text file", "Save as binary file")
# A label that looks like a part of the file, a number, one with quotes, and letters of other encodings.
LABELS = ("IntervalTier", "12", 'a "b" <exists>', "ʃ𝄞", "")


@pytest.fixture
def grid() -> parselmouth.TextGrid:
    """Two tiers of intervals and two of points, from 0.5 to 2.5 s."""
    made = call("Create TextGrid", 0.5, 2.5, "one points é empty", "points empty")
    for tier, times in ((1, (0.75, 0.8, 1.5, 1.9)), (3, (1.0, 1.2))):
        for time in times:
            call(made, "Insert boundary", tier, time)
        for i, label in enumerate(LABELS[: len(times) + 1], 1):
            call(made, "Set interval text", tier, i, label)
    for time, label in zip((0.5, 0.75, 1.7, 2.0, 2.5), LABELS, strict=True):
        call(made, "Insert point", 2, time, label)
    return made


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16"])
def test_every_time_is_mapped_and_every_label_stays(
    grid: parselmouth.TextGrid, tmp_path: Path, form: str, encoding: str
) -> None:
    old, new = tmp_path / "old.TextGrid", tmp_path / "new.TextGrid"
    call("Text writing preferences", encoding)
    call(grid, form, str(old))
    call("Text writing preferences", "UTF-8")
    MAP.map_textgrid(old, new)
    before, after = (read_tiers(path.read_bytes(), path) for path in (old, new))
    assert type(before) is type(after)
    assert (float(after.start), float(after.end)) == (MAP(0.5), MAP(2.5))
    for one, other in zip(before.tiers, after.tiers, strict=True):
        assert (one.kind, one.name) == (other.kind, other.name)
        expected = [(MAP(start), MAP(end), label) for start, end, label in one.intervals]
        assert list(other.intervals) == expected
    for read in (parselmouth.read(str(old)), parselmouth.read(str(new))):
        assert call(read, "Get number of tiers") == 4
    assert (read.xmin, read.xmax) == (MAP(0.5), MAP(2.5))
    if form != "Save as binary file":
        texts = [re.sub(r"\d[\d.]*", "0", path.read_bytes().decode(encoding.lower())) for path in (old, new)]
        assert texts[0].replace(" \n", "\n") == texts[1].replace(" \n", "\n")
    MAP.map_textgrid(old, old)
    assert old.read_bytes() == new.read_bytes()


@pytest.mark.parametrize("form", [long, short])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_comments_ends_of_lines_and_odd_characters_stay(form, newline: str) -> None:
    text = form({"a\udce9": [(0, 0.5, "x\udce9"), (0.5, 1, "1\n2")]}).replace("\n", newline)
    base = text.replace('"TextGrid"' + newline, '"TextGrid"' + newline + "! 17 of them" + newline, 1)
    data = base.encode("latin-1", "surrogateescape")
    new = mapped_textgrid(TimeMap.even(1.0, 0.5), data, "x.TextGrid")
    plain = [re.sub(rb"(?<![!\w\[\"])\d[\d.]*(?=\s)", b"0", one) for one in (data, new)]
    assert plain[0] == plain[1]
    assert b"! 17 of them" in new
    assert b"x\xe9" in new


def test_one_without_tiers_is_mapped_too() -> None:
    absent = short({}).replace("<exists>\n0", "<absent>")
    for data in (long({}).encode(), absent.encode(), absent.encode("utf-16-be"), absent.encode("utf-16")):
        file = read_tiers(mapped_textgrid(TimeMap.even(1.0, 0.5), data, "x"), "x")
        assert (float(file.start), float(file.end), len(file.tiers)) == (0, 2, 0)


def test_the_textgrid_of_another_recording_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.TextGrid"
    path.write_text(long({"a": [(0, 9, "x")]}, end=9))
    with pytest.raises(TextGridError, match=r"x\.TextGrid: lasts from 0 to 9 s, and .* from 0 to 3 s. Give the"):
        TimeMap.even(3.0, 0.5).map_textgrid(path, tmp_path / "y.TextGrid")
    path.write_text(long({"a": [(0, 2.8, "x")]}, end=2.8))
    with pytest.raises(TextGridError, match=r"x\.TextGrid: lasts from 0 to 2\.8 s, and .* from 0 to 3 s. Give the"):
        TimeMap.even(3.0, 0.5).map_textgrid(path, tmp_path / "y.TextGrid")
    path.write_text("nothing")
    with pytest.raises(TextGridError, match="is not a Praat TextGrid"):
        TimeMap.even(3.0, 0.5).map_textgrid(path, tmp_path / "y.TextGrid")
    assert not (tmp_path / "y.TextGrid").exists()


@pytest.mark.parametrize("end", [2.95, 3.05])
@pytest.mark.parametrize("form", [*FORMS])
def test_the_new_textgrid_ends_where_the_new_sound_ends(tmp_path: Path, form: str, end: float) -> None:
    grid = call("Create TextGrid", 0, end, "a p", "p")
    for time in (0.5, 2.5):
        call(grid, "Insert boundary", 1, time)
    call(grid, "Insert point", 2, end, "last")
    call(grid, form, str(tmp_path / "x.TextGrid"))
    TimeMap.even(3.0, 0.5).map_textgrid(tmp_path / "x.TextGrid", tmp_path / "y.TextGrid")
    new = read_tiers((tmp_path / "y.TextGrid").read_bytes(), "y")
    assert (float(new.start), float(new.end)) == (0, 6)
    assert [one[0] for one in new.tiers[0].intervals] == [0, 1, 5]
    assert new.tiers[0].intervals[-1][1] == new.tiers[1].intervals[-1][0] == 6


def test_boundaries_after_the_end_of_the_sound_stay_apart(tmp_path: Path) -> None:
    (tmp_path / "x.TextGrid").write_text(long({"a": [(0, 2, "x"), (2, 3.02, "y"), (3.02, 3.05, "")]}, end=3.05))
    TimeMap.even(3.0, 0.5).map_textgrid(tmp_path / "x.TextGrid", tmp_path / "y.TextGrid")
    intervals = read_tiers((tmp_path / "y.TextGrid").read_bytes(), "y").tiers[0].intervals
    assert [one[0] for one in intervals[:2]] == [0, 4]
    assert 4 < intervals[2][0] < intervals[2][1] == 6
