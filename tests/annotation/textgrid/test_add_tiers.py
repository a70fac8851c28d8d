"""What is added to a TextGrid leaves all else in it as it was, bit for bit, whatever its form."""

from __future__ import annotations

import codecs
from contextlib import suppress
from pathlib import Path

import numpy as np
import parselmouth
import pytest
from hypothesis import given, settings, strategies as st
from parselmouth.praat import call

from phonseg.annotation.textgrid.add_tiers import add_tiers, existing_tiers
from phonseg.annotation.textgrid.reader import read_textgrid
from phonseg.annotation.textgrid.writer import textgrid_bytes
from phonseg.errors import TextGridError
from phonseg.timeline.segmentation import Segmentation

LABELS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Co", "Cn"], max_codepoint=0xFFFF), max_size=6)
NAMES = st.text('abcʃ "!<3', min_size=1, max_size=4).filter(str.strip)
FORMS = ("Save as text file", "Save as short text file", "Save as binary file")
Content = list[tuple[str, list[tuple[float | str, ...]]]]


def content(grid: parselmouth.Data) -> Content:
    """Name of each tier, and what Praat sees in it."""
    tiers: Content = []
    for tier in range(1, call(grid, "Get number of tiers") + 1):
        kind = "interval" if call(grid, "Is interval tier", tier) else "point"
        starts = ("Get start time of interval", "Get end time of interval")
        times = starts if kind == "interval" else ("Get time of point",)
        queries = (*times, f"Get label of {kind}")
        count = call(grid, f"Get number of {kind}s", tier)
        rows = [tuple(call(grid, query, tier, i + 1) for query in queries) for i in range(count)]
        tiers.append((call(grid, "Get tier name", tier), rows))
    return tiers


@st.composite
def grids(draw: st.DrawFn) -> parselmouth.Data:
    """A TextGrid of interval and point tiers, some of them empty, as Praat makes it."""
    end = draw(st.floats(0.1, 100))
    names = [f"tier{i}" for i in range(draw(st.integers(1, 3)))]
    points = draw(st.lists(st.sampled_from(names), unique=True))
    grid = call("Create TextGrid", 0, end, " ".join(names), " ".join(points))
    for tier, name in enumerate(names, 1):
        call(grid, "Set tier name", tier, draw(NAMES))
        for share in draw(st.lists(st.floats(0.01, 0.99), max_size=4, unique=True)):
            with suppress(parselmouth.PraatError):  # of two that are one time
                if name in points:
                    call(grid, "Insert point", tier, share * end, draw(LABELS))
                else:
                    call(grid, "Insert boundary", tier, share * end)
                    call(grid, "Set interval text", tier, 1, draw(LABELS))
    return grid


@settings(max_examples=40)
@given(grids(), st.sampled_from(FORMS), st.lists(st.floats(0.01, 0.99), max_size=4, unique=True), st.booleans())
def test_every_other_tier_and_every_time_stays_bit_for_bit(
    tmp_path_factory: pytest.TempPathFactory, grid: parselmouth.Data, form: str, shares: list[float], rounded: bool
) -> None:
    path = tmp_path_factory.mktemp("into") / "x.TextGrid"
    call(grid, form, str(path))
    base, before = path.read_bytes(), content(parselmouth.read(str(path)))
    end = grid.xmax
    duration = end + 0.004 if rounded else end
    times = np.unique(np.array(shares) * end)
    made = Segmentation(times, duration, labels=[f'ʃ "{i}"' for i in range(len(times) + 1)])
    made.to_textgrid(path, tier="new", into=path)
    after = content(parselmouth.read(str(path)))
    edges = [0.0, *times.tolist(), end]
    assert after[:-1] == before
    assert after[-1] == ("new", list(zip(edges[:-1], edges[1:], made.labels, strict=True)))
    # What was there is there still, byte for byte, but for the number of tiers.
    written = path.read_bytes()
    at = next(i for i, (old, new) in enumerate(zip(base, written, strict=False)) if old != new)
    kept = base[at + 1 :].rstrip(b" \n\0")  # new tiers stand before the last line ends
    assert written[:at] == base[:at]
    assert written[at + 1 :].startswith(kept)
    # The same once more, replaced where it stands, changes nothing.
    made.to_textgrid(path, tier="new", into=path, overwrite=True)
    assert path.read_bytes() == written


@settings(max_examples=40)
@given(grids(), st.sampled_from(FORMS), st.data())
def test_stale_tiers_go_and_every_other_tier_stays(
    tmp_path_factory: pytest.TempPathFactory, grid: parselmouth.Data, form: str, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("stale") / "x.TextGrid"
    call(grid, form, str(path))
    base, before = path.read_bytes(), content(parselmouth.read(str(path)))
    names = [name for name, _ in before]
    once = [name for name in names if names.count(name) == 1]
    stale = data.draw(st.lists(st.sampled_from(once or ["no such tier"]), unique=True))
    again = data.draw(st.sampled_from([*stale, "new"]))  # this one is replaced
    new = textgrid_bytes(Segmentation([], grid.xmax, labels=["n"]), path, tier=again)
    path.write_bytes(add_tiers(base, new, path, replaceable=[again], stale=stale))
    added = (again, [(0.0, grid.xmax, "n")])
    left = [added if one[0] == again else one for one in before if one[0] == again or one[0] not in stale]
    assert content(parselmouth.read(str(path))) == [*left, *([] if again in names else [added])]
    assert existing_tiers(path.read_bytes(), path) == [name for name, _ in content(parselmouth.read(str(path)))]


def test_of_two_stale_tiers_of_one_name_nobody_knows_which_is_meant() -> None:
    twice = add_tiers(base("a"), textgrid_bytes(Segmentation([], 1.0), "x", tier="b"), "x").replace(b'"b"', b'"a"')
    with pytest.raises(TextGridError, match='2 tiers are called "a"'):
        add_tiers(twice, base("new"), "x", stale=["a"])


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "latin-1"])
@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("marked", [True, False])
def test_encoding_and_ends_of_lines_stay(
    tmp_path: Path, newline: str, encoding: str, first: bool, marked: bool
) -> None:
    text = textgrid_bytes(Segmentation([0.25], 1.0, labels=["ü", 'a "b" ! 3']), "x", tier="words").decode()
    mark = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}.get(encoding, b"") if marked else b""
    base = mark + text.replace("\n", newline).encode(encoding)
    new = textgrid_bytes(Segmentation([0.5], 1.0), "x", tier="words" if first else "phones")
    written = add_tiers(base, new, "x", replaceable=["words"])
    whole = written[len(mark) :].decode(encoding)
    assert written.startswith(mark)
    assert ("\r" in whole) == ("\r" in newline)
    assert whole.count(newline) == whole.count("\n" if "\n" in newline else "\r")
    (tmp_path / "x.TextGrid").write_bytes(written)
    if first:
        assert list(read_textgrid(tmp_path / "x.TextGrid", tier="words").intervals()) == [(0, 0.5, "1"), (0.5, 1, "2")]
    else:
        words = read_textgrid(tmp_path / "x.TextGrid", tier="words")
        assert list(words.intervals()) == [(0, 0.25, "ü"), (0.25, 1, 'a "b" ! 3')]
        assert read_textgrid(tmp_path / "x.TextGrid").boundaries.tolist() == [0.5]


def test_a_tier_in_the_middle_is_replaced_where_it_stands(tmp_path: Path) -> None:
    grid = call("Create TextGrid", 0, 1, "words phones bell", "bell")
    call(grid, "Insert point", 3, 0.3, "ding")
    for form in FORMS:
        call(grid, form, str(tmp_path / "x.TextGrid"))
        Segmentation([0.5], 1.0).to_textgrid(tmp_path / "x.TextGrid", into=tmp_path / "x.TextGrid", overwrite=True)
        assert content(parselmouth.read(str(tmp_path / "x.TextGrid"))) == [
            ("words", [(0, 1, "")]),
            ("phones", [(0, 0.5, "1"), (0.5, 1, "2")]),
            ("bell", [(0.3, "ding")]),
        ]


def base(tier: str = "words", end: float = 1.0) -> bytes:
    return textgrid_bytes(Segmentation([0.25], end), "x", tier=tier)


NEW = textgrid_bytes(Segmentation([0.5, 0.995], 1.0), "x", tier="phones")


@pytest.mark.parametrize(
    ("there", "message"),
    [
        (base("phones"), 'x: has a tier called "phones" already'),
        (base(end=1.5), r"x: the TextGrid lasts 1\.5 s and the recording 1\.0 s"),
        (base(end=0.992), "x: the TextGrid lasts 0.992 s"),  # a boundary would lie beyond it
        (base().replace(b"xmin = 0.0", b"xmin = -1"), r"starts at -1\.0 s"),
        (
            base().replace(b"size = 2", b"size = 3"),
            r'x: tier "words" declares 3 intervals, but holds 2 \(line \d+\)\. Correct',
        ),
        (
            base().replace(b"xmax = 0.25", b"xmax = no"),
            r"x: is damaged \(\"1\" stands in line 18 instead of a number\)",
        ),
        (base().replace(b"xmax = 0.25", b"xmax = 1-2"), r"x: is damaged \(1-2 stands in line 17 instead of a number\)"),
        (base().replace(b"size = 1", b"size = -1"), r"x: is damaged \(-1 stands in line 7 instead of a whole number\)"),
        (
            base().replace(b"IntervalTier", b"PitchTier"),
            '"PitchTier" stands in line 10 instead of "IntervalTier" or "TextTier"',
        ),
        (base().replace(b'"TextGrid"', b'"PitchTier"'), r"is a Praat file, but not a TextGrid \(PitchTier\)"),
        (base()[:100], r"x: the TextGrid declares 1 tier, but holds 0 \(line 8\)"),
        (base()[:60], "it ends too early"),
        (b"html", "is not a Praat TextGrid"),
        (
            codecs.BOM_UTF16_LE + base().decode().encode("utf-16-le")[:-1],
            "is damaged .from byte .* on it is not utf-16-le",
        ),
        (b"ooBinaryFile\x08TextGrid\x00", "is damaged"),
    ],
)
def test_what_cannot_be_added_to_is_refused(there: bytes, message: str) -> None:
    with pytest.raises(TextGridError, match=message):
        add_tiers(there, NEW, "x")


def test_two_tiers_of_that_name_are_refused_even_if_they_may_be_replaced() -> None:
    twice = add_tiers(base("a"), textgrid_bytes(Segmentation([], 1.0), "x", tier="b"), "x").replace(b'"b"', b'"a"')
    with pytest.raises(TextGridError, match='2 tiers are called "a"'):
        add_tiers(twice, base("a"), "x", replaceable=["a"])
    assert existing_tiers(twice, "x") == ["a", "a"]


def test_a_label_that_the_encoding_lacks_is_refused() -> None:
    latin = textgrid_bytes(Segmentation([], 1.0, labels=["ü"]), "x", tier="words").decode().encode("latin-1")
    with pytest.raises(TextGridError, match=r"its encoding \(latin-1\) has no 'ʃ'"):
        add_tiers(latin, textgrid_bytes(Segmentation([], 1.0, labels=["ʃ"]), "x"), "x")


def test_a_binary_file_that_says_that_it_has_no_tiers_gets_one(tmp_path: Path) -> None:
    path = tmp_path / "x.TextGrid"
    path.write_bytes(base())
    call(parselmouth.read(str(path)), "Save as binary file", str(path))
    there = path.read_bytes()
    flag = len(b"ooBinaryFile\x08TextGrid") + 16  # after the start and the end
    assert there[flag] == 1
    without = there[:flag] + b"\0"
    assert existing_tiers(without, "x") == []
    assert existing_tiers(add_tiers(without, NEW, "x"), "x") == ["phones"]
    with pytest.raises(TextGridError, match="at byte 38 there is no tier"):
        existing_tiers(without + there[flag + 1 :], "x")


@pytest.mark.parametrize("form", FORMS[:2])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_text_file_that_says_that_it_has_no_tiers_gets_one(tmp_path: Path, form: str, newline: str) -> None:
    path = tmp_path / "x.TextGrid"
    call(call("Create TextGrid", 0, 1, "words", ""), form, str(path))
    text = path.read_text("utf-8")
    there = text[: text.index("<exists>")] + "<absent> \n"
    with_one = add_tiers(there.replace("\n", newline).encode(), NEW, "x")
    path.write_bytes(with_one)
    assert content(parselmouth.read(str(path))) == [("phones", [(0, 0.5, "1"), (0.5, 0.995, "2"), (0.995, 1, "3")])]
    assert with_one.count(b"\n") == with_one.count(newline.encode())


def test_characters_that_are_encoded_as_two_surrogates_stay_so() -> None:
    there = base().replace(b'"1"', b'"\xed\xa0\xbd\xed\xb8\x80"')
    written = add_tiers(there, NEW, "x")
    assert written.replace(b"size = 2\nitem", b"size = 1\nitem").startswith(there.rstrip())


@given(st.sampled_from(["text", "binary"]), st.data())
def test_any_bytes_are_added_to_or_refused(
    tmp_path_factory: pytest.TempPathFactory, form: str, data: st.DataObject
) -> None:
    there = bytearray(base())
    if form == "binary":
        path = tmp_path_factory.mktemp("any") / "x.TextGrid"
        path.write_bytes(there)
        call(parselmouth.read(str(path)), "Save as binary file", str(path))
        there = bytearray(path.read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(there) - 1), min_size=1, max_size=4)):
        there[place] = data.draw(st.integers(0, 255))
    with suppress(TextGridError):  # any other exception fails
        assert "phones" in existing_tiers(add_tiers(bytes(there), NEW, "x", replaceable=["phones"]), "x")
