"""TextGrids as Praat writes them in every form, read as Praat reads them; and damaged ones."""

from __future__ import annotations

import codecs
import tempfile
import time
from pathlib import Path

import parselmouth
import pytest
from hypothesis import given, settings, strategies as st
from parselmouth.praat import call
from textgrids import PLAIN, Intervals, file, long, short

from phonseg.annotation.textgrid.add_tiers import add_tiers
from phonseg.annotation.textgrid.parser import open_textgrid
from phonseg.annotation.textgrid.reader import read_textgrid
from phonseg.annotation.textgrid.tier import INTERVALS
from phonseg.errors import TextGridError

LABELS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), max_size=6)
FORMS = ("Save as text file", "Save as short text file", "Save as binary file")
ENCODINGS = {"utf-8": b"", "utf-8-sig": b"", "utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}
SIZES = ["intervals: size = 4 \n", "\n1\n4\n"]


@st.composite
def grids(draw: st.DrawFn) -> parselmouth.Data:
    """A TextGrid of interval and point tiers, some of them empty, as Praat makes it."""
    end = draw(st.floats(0.1, 1e4))
    kinds = draw(st.lists(st.booleans(), min_size=1, max_size=3))
    names = [f"t{i}" for i in range(len(kinds))]
    points = [name for name, is_points in zip(names, kinds, strict=True) if is_points]
    grid = call("Create TextGrid", 0, end, " ".join(names), " ".join(points))
    for tier, is_points in enumerate(kinds, 1):
        call(grid, "Set tier name", tier, draw(st.text('abcʃ "!<3', min_size=1, max_size=4).filter(str.strip)))
        for share in sorted(draw(st.sets(st.integers(1, 999), max_size=4))):
            call(grid, "Insert point" if is_points else "Insert boundary", tier, end * share / 1000, *[""] * is_points)
        count = call(grid, f"Get number of {'points' if is_points else 'intervals'}", tier)
        for number in range(1, count + 1):
            call(grid, f"Set {'point' if is_points else 'interval'} text", tier, number, draw(LABELS))
    return grid


def in_praat(path: Path) -> list[tuple[str, bool, Intervals]]:
    """Name of each tier, whether it holds intervals, and what it holds."""
    grid = parselmouth.read(str(path))
    tiers: list[tuple[str, bool, Intervals]] = []
    for tier in range(1, call(grid, "Get number of tiers") + 1):
        is_intervals = bool(call(grid, "Is interval tier", tier))
        kind = "interval" if is_intervals else "point"
        times = ("start time of interval", "end time of interval") if is_intervals else ("time of point",) * 2
        queries = [f"Get {query}" for query in (*times, f"label of {kind}")]
        count = call(grid, f"Get number of {kind}s", tier)
        rows = [tuple(call(grid, query, tier, i + 1) for query in queries) for i in range(count)]
        tiers.append((call(grid, "Get tier name", tier), is_intervals, rows))
    return tiers


@settings(deadline=None)
@given(grids(), st.sampled_from(FORMS), st.sampled_from(sorted(ENCODINGS)))
def test_what_praat_writes_is_read_as_praat_reads_it(grid: parselmouth.Data, form: str, encoding: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.TextGrid")
        call(grid, form, str(path))
        if "text" in form:
            raw = path.read_bytes()
            text = raw.decode("utf-16" if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8")
            path.write_bytes(ENCODINGS[encoding] + text.encode(encoding))
        read = open_textgrid(path.read_bytes(), path)
        assert [(tier.name, tier.kind == INTERVALS, tier.intervals) for tier in read.tiers] == in_praat(path)
        assert float(read.end) == grid.xmax


@pytest.mark.parametrize("form", [long, short])
def test_a_textgrid_that_says_that_it_has_no_tiers_has_none(tmp_path: Path, form: type) -> None:
    text = form({})
    path = file(tmp_path, text[: text.index("<exists>")] + "<absent> \n")
    with pytest.raises(TextGridError, match=r'no tier is called "phones" \(tiers: none\)'):
        read_textgrid(path)


@pytest.mark.parametrize("written", ["<perhaps>", "<exists", "exists"])
def test_a_flag_that_says_neither_is_damage(written: str) -> None:
    with pytest.raises(TextGridError, match=r"stands in line 6 instead of|stands in line 7 instead of"):
        open_textgrid(long({"phones": PLAIN}).replace("<exists>", written).encode(), "x")


@pytest.mark.parametrize("number", ["3", "0", "1"])
@pytest.mark.parametrize("form", [long, short])
def test_a_count_that_is_too_small_is_damage(number: str, form: type) -> None:
    text = form({"phones": PLAIN})
    for size in SIZES:
        text = text.replace(size, size.replace("4", number))
    with pytest.raises(
        TextGridError, match=rf'x: tier "phones" declares {number} intervals?, but holds more \(line \d+\)'
    ):
        open_textgrid(text.encode(), "x")


@pytest.mark.parametrize("number", ["5", "99999999999", "999999999", "9" * 5_000, "-4", "4.5", "nan", "1e9", "٤"])
@pytest.mark.parametrize("form", [long, short])
def test_a_count_that_lies_takes_neither_memory_nor_time(number: str, form: type) -> None:
    text = form({"phones": PLAIN})
    for size in SIZES:
        text = text.replace(size, size.replace("4", number))
    began = time.process_time()
    with pytest.raises(
        TextGridError,
        match=r"x: (is damaged|tier \"phones\" declares \d+ intervals, but holds (4|more)) \(.*line \d+.*\)\. ",
    ):
        open_textgrid(text.encode(), "x")
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    "number", ["5" * 5_000, "1e999", "nan", "0,5", "0_5", "٥", "0.5s", "1/2", "--undefined--", "+"]
)
@pytest.mark.parametrize("form", [long, short])
def test_what_is_no_number_is_damage_with_its_line(number: str, form: type) -> None:
    text = form({"phones": [(0, 0.75, "a"), (0.75, 1, "b")]})
    line = text[: text.index("0.75")].count("\n") + 1
    with pytest.raises(TextGridError, match=rf"in line ({line}|{line + 1}) instead of a number\). Save it again"):
        open_textgrid(text.replace("0.75", number).encode(), "x")


@pytest.mark.parametrize("number", ["0.5", ".5", "+0.5", "5e-1", "0.50000"])
@pytest.mark.parametrize("form", [long, short])
def test_numbers_may_be_written_in_several_ways(number: str, form: type) -> None:
    text = form({"phones": [(0, 0.5, "a"), (0.5, 1, "b")]}).replace("0.5", number)
    assert open_textgrid(text.encode(), "x").tiers[0].intervals == [(0, 0.5, "a"), (0.5, 1, "b")]


@pytest.mark.parametrize("label", ['a "b" c', 'a" b', '"'])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_a_quote_that_is_not_doubled_is_damage_with_its_line(label: str, newline: str) -> None:
    text = short({"phones": [(0, 0.5, "a"), (0.5, 1, "label")]})
    line = text[: text.index("label")].count("\n") + 1
    damaged = text.replace("label", label).replace("\n", newline)
    with pytest.raises(
        TextGridError, match=rf"stands in line {line}( instead of a text between quotes|, after the last value)"
    ):
        open_textgrid(damaged.encode(), "x")


def test_a_file_that_ends_inside_a_label_is_damaged_even_after_a_doubled_quote() -> None:
    text = short({"phones": [(0, 1, 'a "b" c')]})
    for end in range(text.index('"a'), text.index("c")):
        with pytest.raises(TextGridError, match="is damaged"):
            open_textgrid(text[: end + 1].encode(), "x")


@pytest.mark.parametrize(("newline", "label"), [("\r\n", "a\nb"), ("\r", "a\nb"), ("\n", "a\nb")])
def test_ends_of_lines_in_a_label_are_one_character(newline: str, label: str) -> None:
    text = long({"phones": [(0, 1, label)]}).replace("\n", newline)
    assert open_textgrid(text.encode(), "x").tiers[0].intervals == [(0, 1, label)]


@pytest.mark.parametrize(
    ("coded", "label"),
    [("\ud83d\ude00", "😀"), ("a\ud83d", "a\ufffd"), ("\ude00\ud83d", "\ufffd\ufffd"), ("ʃ\ud83d\ude00ʃ", "ʃ😀ʃ")],
)
@pytest.mark.parametrize(("encoding", "mark"), [("utf-8", b""), ("utf-16-le", codecs.BOM_UTF16_LE)])
def test_two_surrogates_are_a_character_and_one_is_none(coded: str, label: str, encoding: str, mark: bytes) -> None:
    text = long({"phones": [(0, 1, coded)]})
    there = mark + text.encode(encoding, "surrogatepass")
    assert open_textgrid(there, "x").tiers[0].intervals == [(0, 1, label)]
    whole = add_tiers(there, long({"new": [(0, 1, "n")]}).encode(), "x")
    assert text[text.index("item [1]") :].rstrip().encode(encoding, "surrogatepass") in whole


TWO = {"phones": PLAIN, "words": [(0, 1, "w")]}


@pytest.mark.parametrize("form", [long, short])
@pytest.mark.parametrize(
    ("tier", "declared", "held"),
    [("phones", 3, "more"), ("phones", 0, "more"), ("phones", 9, "4"), ("words", 2, "1"), ("words", 0, "more")],
)
def test_a_tier_that_holds_more_or_fewer_intervals_than_it_declares(
    form: type, tier: str, declared: int, held: str
) -> None:
    text, count = form(TWO), len(TWO[tier])
    at = text.index(f'"{tier}"')
    wrong = text[at:].replace(f"size = {count} ", f"size = {declared} ", 1)
    if form is short:
        wrong = text[at:].replace(f"1\n{count}\n", f"1\n{declared}\n", 1)
    noun = "interval" if declared == 1 else "intervals"
    with pytest.raises(TextGridError) as caught:
        open_textgrid((text[:at] + wrong).encode(), "x")
    assert str(caught.value).startswith(f'x: tier "{tier}" declares {declared} {noun}, but holds {held} (line ')


@pytest.mark.parametrize("form", [long, short])
@pytest.mark.parametrize(("declared", "held"), [(0, "more"), (1, "more"), (3, "2"), (999_999_999, "2")])
def test_a_textgrid_that_holds_more_or_fewer_tiers_than_it_declares(form: type, declared: int, held: str) -> None:
    text = (
        form(TWO).replace("size = 2 ", f"size = {declared} ", 1).replace("<exists>\n2\n", f"<exists>\n{declared}\n", 1)
    )
    noun = "tier" if declared == 1 else "tiers"
    with pytest.raises(TextGridError, match=rf"x: the TextGrid declares {declared} {noun}, but holds {held} \(line \d"):
        open_textgrid(text.encode(), "x")


def test_what_follows_no_tiers_is_an_error() -> None:
    text = long(TWO).replace("<exists>", "<absent>")
    with pytest.raises(TextGridError, match=r"after the last value|declares 0 tiers, but holds more"):
        open_textgrid(text.encode(), "x")


def test_the_line_of_a_wrong_count_is_that_of_the_first_value_too_many() -> None:
    text = long({"phones": PLAIN}).replace("size = 4", "size = 3")
    line = text[: text.index("intervals [4]:")].count("\n") + 2
    with pytest.raises(TextGridError, match=rf"declares 3 intervals, but holds more \(line {line}\)"):
        open_textgrid(text.encode(), "x")


@pytest.mark.parametrize("form", [long, short])
@pytest.mark.parametrize("label", ['1 2 ""3""', "xmin = 3", "! x", "<exists>", '""', "a\n1\n2\n"])
def test_intervals_read_at_once_and_token_by_token_are_the_same(form: type, label: str) -> None:
    """An exponent or an exclamation mark makes the reader go token by token."""
    intervals = [(0, 0.5, label), (0.5, 0.75, "ʃ"), (0.75, 1, "")]
    text = form({"phones": intervals, "x": PLAIN})
    slow = text.replace("0.75\n", "75e-2\n").replace("0.75 \n", "75e-2 ! comment 7 \n")
    fast_read, slow_read = open_textgrid(text.encode(), "x"), open_textgrid(slow.encode(), "x")
    assert [one[1::2] for one in fast_read.tiers] == [one[1::2] for one in slow_read.tiers]
    assert fast_read.tiers[0].intervals == intervals


def test_a_label_of_millions_of_characters_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TextGridError, match=r"a text in line \d+ has more than 1000000 characters"):
        open_textgrid(long({"phones": [(0, 1, "a" * 1_000_001)]}).encode(), "x")


def test_more_tiers_than_any_textgrid_has_are_refused() -> None:
    tiers = '"IntervalTier" "a" 0 1 0\n' * 10_001
    text = 'File type = "ooTextFile"\nObject class = "TextGrid"\n\n0\n1\n<exists>\n10001\n' + tiers
    with pytest.raises(TextGridError, match="it holds more than 10000 tiers"):
        open_textgrid(text.encode(), "x")


@given(st.binary(max_size=200), st.sampled_from([b"", codecs.BOM_UTF16_LE, b"ooBinaryFile\x08TextGrid"]))
def test_any_bytes_are_a_textgrid_or_refused(content: bytes, mark: bytes) -> None:
    for start in (b"", b'File type = "ooTextFile"\nObject class = "TextGrid"\n\n0 1 <exists> 1 '):
        try:
            open_textgrid(mark + start + content, "x")
        except TextGridError as error:
            assert str(error).startswith("x: ")  # noqa: PT017  (either is right)
