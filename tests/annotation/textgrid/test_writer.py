"""What is written, read by phonseg and by Praat."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import parselmouth
import pytest
from hypothesis import given, settings, strategies as st
from textgrids import file, in_praat, long

from phonseg.annotation.textgrid.reader import read_textgrid
from phonseg.annotation.textgrid.writer import write_textgrid
from phonseg.errors import ConfigurationError, OutputError, TextGridError
from phonseg.timeline.segmentation import Segmentation

# Praat drops U+FEFF, which it takes for a byte order mark.
labels = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff"), max_size=8)


@st.composite
def segmentations(draw: st.DrawFn) -> Segmentation:
    times = draw(st.lists(st.floats(1e-5, 36_000), min_size=1, max_size=8, unique=True).map(sorted))
    names = draw(st.none() | st.lists(labels, min_size=len(times), max_size=len(times)))
    return Segmentation(np.array(times[:-1]), times[-1], labels=names)


@settings(deadline=None)
@given(segmentations(), labels.filter(lambda name: name.strip() != ""))
def test_what_is_written_reads_back_the_same_here_and_in_praat(made: Segmentation, tier: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.TextGrid")
        write_textgrid(made, path, tier=tier)
        read = read_textgrid(path, tier=tier)
        assert [(start, end, label.strip()) for start, end, label in made.intervals()] == list(read.intervals())
        assert read.duration == made.duration
        assert in_praat(path) == list(made.intervals())
        assert parselmouth.read(str(path)).xmax == made.duration


def test_segments_without_labels_are_numbered_from_one(tmp_path: Path) -> None:
    Segmentation(np.array([0.1, 0.2]), 0.3).to_textgrid(tmp_path / "a.TextGrid")
    assert read_textgrid(tmp_path / "a.TextGrid").labels == ("1", "2", "3")


def test_the_file_is_praats_long_text_format(tmp_path: Path) -> None:
    made = Segmentation(np.array([1e-5]), 0.25, labels=["", 'a "b"'])
    write_textgrid(made, tmp_path / "a.TextGrid", tier="phones")
    expected = long({"phones": [(0, 1e-5, ""), (1e-5, 0.25, 'a "b"')]}, end=0.25)
    written = (tmp_path / "a.TextGrid").read_bytes().decode("utf-8")
    lines = [line.rstrip() for line in expected.replace("1e-05", "0.00001").replace("= 0 ", "= 0.0 ").splitlines()]
    assert written.splitlines() == lines


@pytest.mark.parametrize("label", ["a\rb", "a\0b", "a\ud800b"])
def test_text_that_no_textgrid_can_hold_is_refused_and_the_file_stays(tmp_path: Path, label: str) -> None:
    path = file(tmp_path, "what was here")
    with pytest.raises(TextGridError, match="holds characters that a TextGrid cannot hold"):
        write_textgrid(Segmentation(np.array([0.5]), 1.0, labels=["a", label]), path)
    with pytest.raises(ConfigurationError, match="which a TextGrid cannot hold"):
        write_textgrid(Segmentation(np.array([0.5]), 1.0), path, tier=label)
    assert path.read_text() == "what was here"


def test_an_empty_recording_has_no_textgrid(tmp_path: Path) -> None:
    with pytest.raises(TextGridError, match="the recording is 0 s long"):
        write_textgrid(Segmentation(np.zeros(0), 0.0), tmp_path / "a.TextGrid")


def test_where_nothing_can_be_written_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "folder.TextGrid").mkdir()
    (tmp_path / "file").touch()
    before = sorted(tmp_path.rglob("*"))
    for name in ("folder.TextGrid", "missing/a.TextGrid", "file/a.TextGrid", "a" * 250 + ".TextGrid"):
        with pytest.raises(OutputError, match=r"cannot be written \(.+\)"):
            write_textgrid(Segmentation(np.zeros(0), 1.0), tmp_path / name)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_textgrid_gets_the_rights_of_any_other_new_file(tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    write_textgrid(Segmentation(np.zeros(0), 1.0), tmp_path / "a.TextGrid")
    assert (tmp_path / "a.TextGrid").stat().st_mode == (tmp_path / "other").stat().st_mode
