"""TextGrids in Praat's binary form, as Praat itself writes and reads them; and damaged ones."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st
from parselmouth.praat import call
from textgrids import praat_reads

from phonseg.annotation.textgrid.binary_file import MAGIC
from phonseg.annotation.textgrid.parser import open_textgrid
from phonseg.annotation.textgrid.reader import read_textgrid
from phonseg.annotation.textgrid.tier import INTERVALS
from phonseg.errors import TextGridError
from phonseg.system.captured_warnings import captured_warnings
from phonseg.timeline.segmentation import Segmentation

# Letters of one byte, of two, and beyond the first 65 536, which take two units of UTF-16.
labels = st.text(st.sampled_from('aZ "é\xffʃ日𝄞😀'), max_size=6)


def praat_writes(tiers: list[tuple[str, list[str] | None]], end: float) -> bytes:
    """Tiers by name with the labels of equal intervals, or with a few points."""
    names = [f"t{i}" for i in range(len(tiers))]
    points = [name for name, (_, texts) in zip(names, tiers, strict=True) if texts is None]
    grid = call("Create TextGrid", 0.0, end, " ".join(names), " ".join(points))
    for number, (name, texts) in enumerate(tiers, 1):
        call(grid, "Set tier name", number, name)
        if texts is None:
            call(grid, "Insert point", number, end / 3, "point")
        for place, text in enumerate(texts or [], 1):
            if place < len(texts or []):
                call(grid, "Insert boundary", number, end * place / len(texts or []))
            call(grid, "Set interval text", number, place, text)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.TextGrid")
        call(grid, "Save as binary file", str(path))
        return path.read_bytes()


@settings(max_examples=40)
@given(
    texts=st.lists(labels, min_size=1, max_size=5),
    more=st.lists(
        st.tuples(st.sampled_from(["x", "phönes", "ʃ"]), st.none() | st.lists(labels, max_size=2)), max_size=2
    ),
    end=st.floats(0.1, 1e5),
)
def test_what_praat_writes_is_read_as_praat_reads_it(texts, more, end):
    content = praat_writes([("first", texts), *more], end)
    file = open_textgrid(content, "x")
    assert content.startswith(MAGIC)
    assert (float(file.start), float(file.end)) == (0.0, end)
    assert [tier.name for tier in file.tiers] == ["first", *(name for name, _ in more)]
    assert [tier.kind == INTERVALS for tier in file.tiers[1:]] == [texts is not None for _, texts in more]
    assert file.tiers[0].intervals == praat_reads(content)
    assert [label for _, _, label in file.tiers[0].intervals] == texts


def test_long_labels_and_no_tiers_at_all():
    (tier,) = open_textgrid(praat_writes([("x", ["ʃ" * 40_000, "a" * 60_000])], 1.0), "x").tiers
    assert [len(label) for _, _, label in tier.intervals] == [40_000, 60_000]
    assert open_textgrid(praat_writes([("x", [""])], 1.0)[: len(MAGIC) + 16] + b"\0", "x").tiers == []


@given(st.data())
def test_damaged_files_are_read_or_refused(data):
    content = bytearray(praat_writes([("x", ["a", "ʃ", ""])], 1.0))
    for place in data.draw(st.lists(st.integers(len(MAGIC), len(content) - 1), min_size=1, max_size=5)):
        content[place] = data.draw(st.sampled_from([0, 1, 0x7F, 0x80, 0xFF]) | st.integers(0, 255))
    del content[data.draw(st.integers(len(MAGIC), len(content))) :]
    with tempfile.TemporaryDirectory() as folder, captured_warnings():
        path = Path(folder, "x.TextGrid")
        path.write_bytes(bytes(content))
        try:
            found = read_textgrid(path, tier=None)
        except TextGridError as error:
            assert str(path) in str(error)  # noqa: PT017  (either is right)
        else:
            assert found.duration > 0


@pytest.mark.parametrize("count", [2**31 - 1, -1])
def test_a_count_that_lies_takes_neither_memory_nor_time(count):
    content = praat_writes([("x", ["a"])], 1.0)
    at = content.index(b"IntervalTier") - 5
    lying = content[:at] + count.to_bytes(4, "big", signed=True) + content[at + 4 :]
    with pytest.raises(
        TextGridError, match=rf"the TextGrid declares \d+ tiers, but holds 1 \(byte {len(content)}\)\. Correct"
    ):
        open_textgrid(lying, "x")


@pytest.mark.parametrize(
    ("of_tier", "declared", "message"),
    [
        (False, 1, r"the TextGrid declares 1 tier, but holds more \(byte \d+\)"),
        (False, 3, r"the TextGrid declares 3 tiers, but holds 2 \(byte \d+\)"),
        (True, 1, r'tier "x" declares 1 interval, but holds more \(byte \d+\)'),
        (True, 3, r'tier "x" declares 3 intervals, but holds 2 \(byte \d+\)'),
    ],
)
def test_wrong_counts_are_told(of_tier, declared, message):
    content = praat_writes([("x", ["a", "b"]), ("y", ["c"])], 1.0)
    at = content.index(b"\0\x01x") + 3 + 16 if of_tier else content.index(b"IntervalTier") - 5
    assert int.from_bytes(content[at : at + 4]) == 2
    with pytest.raises(TextGridError, match=rf"x: {message}\. Correct the number"):
        open_textgrid(content[:at] + declared.to_bytes(4) + content[at + 4 :], "x")


@pytest.mark.parametrize(("length", "fits"), [(65_534, True), (65_535, False), (70_000, False)])
def test_a_text_that_the_form_cannot_hold_is_refused(tmp_path: Path, length: int, fits: bool) -> None:
    path = tmp_path / "x.TextGrid"
    path.write_bytes(praat_writes([("words", ["a"])], 1.0))
    made = Segmentation([0.5], 1.0, labels=["x" * length, ""])
    if fits:
        made.to_textgrid(path, into=path)
        assert read_textgrid(path).labels == made.labels
    else:
        with pytest.raises(
            TextGridError, match=r"x\.TextGrid: a binary TextGrid cannot hold a text of 65535 characters"
        ):
            made.to_textgrid(path, into=path)
