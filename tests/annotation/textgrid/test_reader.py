from __future__ import annotations

import codecs
import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import parselmouth
import pytest
from hypothesis import given, settings, strategies as st
from parselmouth.praat import call
from textgrids import PLAIN, Intervals, file, long, short

from phonseg.annotation.textgrid.reader import read_textgrid
from phonseg.annotation.textgrid.writer import write_textgrid
from phonseg.errors import TextGridError
from phonseg.system.captured_warnings import captured_warnings
from phonseg.timeline.segmentation import Segmentation


@pytest.mark.parametrize("text", [long({"phones": PLAIN}), short({"phones": PLAIN})], ids=["long", "short"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be"])
def test_every_text_form_reads_the_same(tmp_path: Path, text: str, newline: str, encoding: str) -> None:
    mark = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}.get(encoding, b"")
    read = read_textgrid(file(tmp_path, mark + text.replace("\n", newline).encode(encoding)))
    assert list(read.intervals()) == PLAIN


@pytest.mark.parametrize("command", ["Save as text file", "Save as short text file", "Save as binary file"])
def test_what_praat_saves_reads_the_same(tmp_path: Path, command: str) -> None:
    grid = parselmouth.read(str(file(tmp_path, long({"words": [(0, 1, "w")], "phones": PLAIN}))))
    call(grid, command, str(tmp_path / "saved.TextGrid"))
    assert list(read_textgrid(tmp_path / "saved.TextGrid").intervals()) == PLAIN


def test_latin_1_is_read(tmp_path: Path) -> None:
    text = long({"phones": [(0, 0.5, "ü"), (0.5, 1, "é")]})
    assert read_textgrid(file(tmp_path, text.encode("latin-1"))).labels == ("ü", "é")


@pytest.mark.parametrize("start", ["1e-100", "5e-007", "0E+0", "0.00e000", "1e-123456789"])
def test_numbers_have_the_exponents_that_programs_write(tmp_path: Path, start: str) -> None:
    text = short({"phones": [(0, 0.5, "a"), (0.5, 1, "b")]}).replace("\n0\n", f"\n{start}\n")
    assert read_textgrid(file(tmp_path, text)).boundaries.tolist() == [0.5]


@pytest.mark.parametrize("end", ["1e999", "1e", "e5", "1e-1234567890"])
def test_numbers_that_are_none_or_endless_are_refused(tmp_path: Path, end: str) -> None:
    text = short({"phones": [(0, 0.5, "a"), (0.5, 1, "b")]}).replace("\n0.5\n", f"\n{end}\n")
    with pytest.raises(TextGridError, match="a number"):
        read_textgrid(file(tmp_path, text))


@pytest.mark.skipif(sys.platform in ("darwin", "win32"), reason="file systems there take no such names")
def test_a_name_that_is_not_utf_8_is_read(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"\xff.TextGrid")
    path.write_bytes(long({"phones": [(0, 0.5, "ü"), (0.5, 1, "é")]}).encode("latin-1"))
    assert read_textgrid(path).boundaries.tolist() == [0.5]


@pytest.mark.parametrize("label", ["intervals [2]:", "item [2]:", "xmax = 3", '"IntervalTier"', "size = 0", "a ! b"])
@pytest.mark.parametrize("form", [long, short])
def test_labels_that_look_like_a_part_of_the_file_are_labels(tmp_path: Path, label: str, form: type) -> None:
    read = read_textgrid(file(tmp_path, form({"phones": [(0, 0.5, label), (0.5, 1, "b")]})))
    assert list(read.intervals()) == [(0, 0.5, label), (0.5, 1, "b")]


def test_a_short_file_without_a_last_newline_is_whole(tmp_path: Path) -> None:
    assert list(read_textgrid(file(tmp_path, short({"phones": PLAIN})[:-1])).intervals()) == PLAIN


def outcome(path: Path) -> list[tuple[float, float, str]] | str:
    try:
        return list(read_textgrid(path).intervals())
    except TextGridError:
        return "refused"


@pytest.mark.parametrize("form", ["text", "short text", "binary"])
def test_a_file_cut_anywhere_is_read_whole_or_refused(tmp_path: Path, form: str) -> None:
    grid = parselmouth.read(str(file(tmp_path, long({"phones": PLAIN}).replace("ʃ", "S"))))
    call(grid, f"Save as {form} file", str(tmp_path / "saved.TextGrid"))
    content = (tmp_path / "saved.TextGrid").read_bytes()
    whole = [(start, end, label.replace("ʃ", "S")) for start, end, label in PLAIN]
    assert outcome(file(tmp_path, content)) == whole
    assert outcome(file(tmp_path, content[: len(content) // 2])) == "refused"
    assert all(outcome(file(tmp_path, content[:n])) in ("refused", whole) for n in range(0, len(content), 3))


def test_a_damaged_file_is_refused_with_its_line(tmp_path: Path) -> None:
    text = long({"phones": PLAIN}).replace("xmax = 0.5 ", 'xmax = "0.5" ')
    line = text[: text.index('"0.5"')].count("\n") + 1
    with pytest.raises(
        TextGridError, match=rf'is damaged \("0.5" stands in line {line} instead of a number\). Save it again'
    ):
        read_textgrid(file(tmp_path, text))


@settings(deadline=None)
@given(st.data())
def test_any_bytes_are_read_or_refused(data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from([long({"phones": PLAIN}), short({"phones": PLAIN})])).encode())
    for place in data.draw(st.lists(st.integers(40, len(content) - 1), min_size=1, max_size=4)):
        content[place] = data.draw(st.integers(1, 255))
    with tempfile.TemporaryDirectory() as folder, captured_warnings(), suppress(TextGridError):  # nothing else is right
        read_textgrid(file(Path(folder), bytes(content)))


@pytest.mark.parametrize("form", [long, short])
def test_empty_intervals_count_and_gaps_become_empty_intervals(tmp_path: Path, form: type) -> None:
    read = read_textgrid(file(tmp_path, form({"phones": [(0.1, 0.2, ""), (0.2, 0.3, "a"), (0.5, 0.75, "b")]})))
    assert list(read.intervals()) == [
        (0, 0.1, ""),
        (0.1, 0.2, ""),
        (0.2, 0.3, "a"),
        (0.3, 0.5, ""),
        (0.5, 0.75, "b"),
        (0.75, 1, ""),
    ]


@pytest.mark.parametrize("shift", [-4e-7, 4e-7])
def test_ends_that_differ_by_rounding_are_one_boundary(tmp_path: Path, shift: float) -> None:
    intervals = [(0, 0.5, "a"), (0.5 + shift, 1 + shift, "b")]
    assert read_textgrid(file(tmp_path, long({"phones": intervals}))).boundaries.tolist() == [0.5 + shift]


@pytest.mark.parametrize(
    ("intervals", "message"),
    [
        ([(0, 0.5, "a"), (0.4, 1, "b")], r'interval 2 of tier "phones" \(0.4 to 1.0 s\) starts before 0.5 s'),
        ([(0, 0.5, "a"), (0.5, 0.5, "b"), (0.5, 1, "c")], r"interval 2 .* does not end after its start"),
        ([(0, 0.5, "a"), (0.7, 0.6, "b")], r"interval 2 .* does not end after its start"),
        ([(-0.5, 0.5, "a"), (0.5, 1, "b")], r"interval 1 .* starts before 0 s"),
        ([(0, 0.5, "a"), (0.5, "--undefined--", "b")], "--undefined-- stands in line 21 instead of a number"),
    ],
)
def test_intervals_that_are_no_row_are_refused(tmp_path: Path, intervals: Intervals, message: str) -> None:
    with pytest.raises(TextGridError, match=message):
        read_textgrid(file(tmp_path, long({"phones": intervals})))


@pytest.mark.parametrize("start", [-1, 0.5])
def test_a_textgrid_may_start_elsewhere(tmp_path: Path, start: float) -> None:
    read = read_textgrid(file(tmp_path, long({"phones": [(start, 0.75, "a"), (0.75, 1, "b")]}, start=start)))
    assert list(read.intervals()) == [(start, 0.75, "a"), (0.75, 1, "b")]
    assert (read.start, read.end) == (start, 1)


def test_an_interval_before_the_start_of_the_textgrid_is_refused(tmp_path: Path) -> None:
    text = long({"phones": [(0.25, 0.75, "a"), (0.75, 1, "b")]}, start=0.5)
    with pytest.raises(TextGridError, match=r"interval 1 .* starts before 0.5 s, where the recording starts"):
        read_textgrid(file(tmp_path, text))


@pytest.fixture
def three_tiers(tmp_path: Path) -> Path:
    grid = call("Create TextGrid", 0, 1, "phones bell words", "bell")
    call(grid, "Insert boundary", 1, 0.5)
    call(grid, "Insert point", 2, 0.3, "ding")
    call(grid, "Save as text file", str(tmp_path / "three.TextGrid"))
    return tmp_path / "three.TextGrid"


def test_a_tier_is_chosen_by_its_name(three_tiers: Path) -> None:
    assert read_textgrid(three_tiers).boundaries.tolist() == [0.5]
    assert read_textgrid(three_tiers, tier="words").boundaries.tolist() == []


@pytest.mark.parametrize(
    ("tier", "message"),
    [
        ("phone", 'no tier is called "phone"'),
        ("bell", 'tier "bell" holds points, not intervals'),
        (None, "2 interval tiers, where one was expected"),
    ],
)
def test_a_tier_that_cannot_be_had_is_refused_with_those_there_are(
    three_tiers: Path, tier: str | None, message: str
) -> None:
    there = r' \(tiers: 1 "phones" \(intervals\), 2 "bell" \(points\), 3 "words" \(intervals\)\)'
    with pytest.raises(TextGridError, match=message + there):
        read_textgrid(three_tiers, tier=tier)


def test_the_only_interval_tier_needs_no_name(tmp_path: Path) -> None:
    assert list(read_textgrid(file(tmp_path, long({"Mary": PLAIN})), tier=None).intervals()) == PLAIN


def test_two_tiers_of_one_name_are_refused_only_when_asked_for(tmp_path: Path) -> None:
    text = long({"phones": PLAIN, "x": [(0, 1, "a")], "y": [(0, 1, "b")]}).replace('"y"', '"x"')
    assert list(read_textgrid(file(tmp_path, text)).intervals()) == PLAIN
    with pytest.raises(TextGridError, match='2 tiers are called "x"'):
        read_textgrid(file(tmp_path, text), tier="x")


BLANK = [
    (b"", r"is empty \(0 bytes\)"),
    (b" \r\n\t\n", r"holds nothing but white space \(5 bytes\)"),
    (b"\0" * 4096, r"holds nothing but zero bytes, as after a power cut \(4096 bytes\)"),
]


@pytest.mark.parametrize(("content", "said"), BLANK)
def test_a_file_in_which_nothing_is_is_called_so(tmp_path: Path, content: bytes, said: str) -> None:
    path = file(tmp_path, content)
    with pytest.raises(TextGridError, match=f"grid.TextGrid: {said}. Take another copy, or make it again."):
        read_textgrid(path)
    with pytest.raises(TextGridError, match=f"grid.TextGrid: {said}"):
        write_textgrid(Segmentation([0.5], 1.0), path, into=path)
    assert path.read_bytes() == content


@pytest.mark.parametrize("content", [b"<html>", b"RIFF\x00\x00\x00\x00WAVE", b'{"start": 0}', b"\xff\xfe\x00"])
def test_what_is_no_textgrid_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(TextGridError, match="is not a Praat TextGrid"):
        read_textgrid(file(tmp_path, content))


@pytest.mark.parametrize("form", ["text", "short text", "binary"])
def test_another_praat_object_is_refused(tmp_path: Path, form: str) -> None:
    call(call("Create PitchTier", "p", 0, 1), f"Save as {form} file", str(tmp_path / "a.TextGrid"))
    with pytest.raises(TextGridError, match=r"is a Praat file, but not a TextGrid \(PitchTier\)"):
        read_textgrid(tmp_path / "a.TextGrid")


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(TextGridError, match=r"cannot be read \(No such file"):
        read_textgrid(tmp_path / "missing.TextGrid")
    with pytest.raises(TextGridError, match=r"cannot be read \(it is a (folder|pipe or a device)\)"):
        read_textgrid(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.TextGrid")
        with pytest.raises(TextGridError, match=r"cannot be read \(it is a (folder|pipe or a device)\)"):
            read_textgrid(tmp_path / "pipe.TextGrid")


def test_a_file_larger_than_any_textgrid_is_not_read(tmp_path: Path) -> None:
    path = file(tmp_path, long({"phones": PLAIN}))
    os.truncate(path, 64_000_001)
    with pytest.raises(TextGridError, match=r"cannot be read \(it has more than 64 million bytes\)"):
        read_textgrid(path)


@pytest.mark.parametrize("size", ["-1", "0", "3", "1000000000", "1e12", "4.5"])
@pytest.mark.parametrize("form", [long, short])
def test_a_count_of_intervals_that_lies_is_no_reason_to_believe_it(tmp_path: Path, size: str, form: type) -> None:
    text = form({"phones": PLAIN})
    text = (
        text.replace("size = 4 \n", f"size = {size} \n") if form is long else text.replace("\n1\n4\n", f"\n1\n{size}\n")
    )
    assert size in text
    assert outcome(file(tmp_path, text)) in ("refused", PLAIN)


def test_the_end_of_the_textgrid_counts_where_its_tier_ends_earlier(tmp_path: Path) -> None:
    text = long({"phones": [(0, 0.5, "a"), (0.5, 0.75, "b")]}).replace("        xmax = 1 ", "        xmax = 0.75 ")
    assert list(read_textgrid(file(tmp_path, text)).intervals()) == [(0, 0.5, "a"), (0.5, 0.75, "b"), (0.75, 1, "")]
