"""Chronological TextGrids, read as Praat reads them."""

from __future__ import annotations

import codecs
import random
import tempfile
from pathlib import Path

import parselmouth
import pytest
from hypothesis import given, strategies as st
from parselmouth.praat import call
from textgrids import file, quoted

from phonseg.annotation.readers import read_label_file
from phonseg.annotation.textgrid.parser import read_tiers
from phonseg.annotation.textgrid.writer import write_textgrid
from phonseg.errors import TextGridError
from phonseg.timeline.segmentation import Segmentation

HEAD = '"Praat chronological TextGrid text file"\n'
PAD = "\n! " + "comment " * 100 + "\n"  # Praat does not recognise short files
TIER = '"IntervalTier" "a" 0 1 '
Content = list[tuple[str, list[tuple[float | str, ...]]]]


def in_praat(path: Path) -> Content:
    """The name of each tier, and what Praat sees in it."""
    grid = parselmouth.read(str(path))
    tiers: Content = []
    for tier in range(1, call(grid, "Get number of tiers") + 1):
        kind = "interval" if call(grid, "Is interval tier", tier) else "point"
        times = ("start time of interval", "end time of interval") if kind == "interval" else ("time of point",) * 2
        rows = [
            tuple(call(grid, f"Get {query}", tier, i + 1) for query in (*times, f"label of {kind}"))
            for i in range(call(grid, f"Get number of {kind}s", tier))
        ]
        tiers.append((call(grid, "Get tier name", tier), rows))
    return tiers


def read(content: str | bytes) -> Content:
    data = content if isinstance(content, bytes) else content.encode()
    return [(tier.name, list(tier.intervals)) for tier in read_tiers(data, "x").tiers]


@given(
    st.lists(
        st.tuples(st.text('ab ʃ"!<3', min_size=1, max_size=3), st.booleans(), st.sets(st.integers(1, 99), max_size=4)),
        min_size=1,
        max_size=3,
    ),
    st.floats(0.1, 1e4),
    st.text('aʃ 😀"!<3\n', max_size=5),
    st.sampled_from(["utf-8", "utf-16-le", "utf-16-be"]),
)
def test_what_praat_saves_is_read_as_praat_reads_it(
    tiers: list[tuple[str, bool, set[int]]], end: float, label: str, encoding: str
) -> None:
    names = [f"t{i}" for i in range(len(tiers))]
    points = [name for name, (_, is_points, _) in zip(names, tiers, strict=True) if is_points]
    grid = call("Create TextGrid", 0, end, " ".join(names), " ".join(points))
    for number, (name, is_points, times) in enumerate(tiers, 1):
        call(grid, "Set tier name", number, name)
        for time in sorted(times):
            call(grid, "Insert point" if is_points else "Insert boundary", number, end * time / 100, *["p"] * is_points)
        if not is_points:
            call(grid, "Set interval text", number, 1, label)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.TextGrid")
        call(grid, "Save as chronological text file", str(path))
        raw = path.read_bytes()
        text = raw.decode("utf-16" if raw[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8")
        assert read(text.encode(encoding)) == in_praat(path)
        found = read_tiers(raw, path)
        assert (float(found.start), float(found.end)) == (0, end)


@pytest.mark.parametrize(
    "body",
    [
        f'0 1 1 {TIER} 1 0 0.5 "x" 1 0.5 1 "y"',
        'xmin = 0 xmax = 1 tiers 2 class "IntervalTier" "a" 0 1 "TextTier" "b" 0 1\n'
        'tier 1 0 to 0.5 "x" 2 0.3 "p" 1 0.5 1 "y"',
        f'0 1 1 {TIER} 1 0.5 1 "y" 1 0 0.5 "x"',
        f'0 1 1 {TIER} 1.0 0 0.5 "x" ! comment 7\n 1 0.5 1 "y" and words',
        f"0 1 1 {TIER}",
        "0 1 0",
        f'0 1 1 {TIER} 1 0 0.4 "x ""y"" ʃ" 1 0.5 1 "y"',
    ],
)
def test_praat_and_phonseg_accept_the_same(tmp_path: Path, body: str) -> None:
    path = file(tmp_path, HEAD + body + PAD)
    assert read(path.read_bytes()) == in_praat(path)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (f'0 1 1 {TIER} 2 0 0.5 "x"', "tier 2 is named before line 2, and the number of tiers is 1"),
        (f'0 1 1 {TIER} 1 0 0.5 "x" 1 0.5 1', "ends too early"),
        (f'0 1 1 {TIER} 1 0 0.5 "x" 1', "ends too early"),
        (f'0 1 2 {TIER} 1 0 0.5 "x"', r"the TextGrid declares 2 tiers, but holds 1 \(line 2\)"),
        (f'0 1 1 {TIER} {TIER} 1 0 0.5 "x"', r"the TextGrid declares 1 tier, but holds more \(line 2\)"),
        (f'0 1 1 {TIER} 1 0 0.5 "x" "z"', "stands in line 2 instead of a whole number"),
        (f'0 1 1 {TIER} 1 0 "x"', "instead of a number"),
        ("0 1", "ends too early"),
    ],
)
def test_praat_and_phonseg_refuse_the_same(tmp_path: Path, body: str, message: str) -> None:
    path = file(tmp_path, HEAD + body + PAD)
    with pytest.raises(parselmouth.PraatError):
        in_praat(path)
    with pytest.raises(TextGridError, match=rf"grid\.TextGrid: .*{message}"):
        read_label_file(path, tier=None)


def test_no_tier_is_added_to_one(tmp_path: Path) -> None:
    path = file(tmp_path, f"{HEAD}0 1 1 {TIER} 1 0 1 {quoted('x')}")
    content = path.read_bytes()
    with pytest.raises(TextGridError, match=r"is a chronological TextGrid, to which no tier can be added\. Open it in"):
        write_textgrid(Segmentation([0.5], 1.0), path, into=path)
    assert path.read_bytes() == content


def test_a_damaged_one_is_read_or_refused() -> None:
    whole = f'{HEAD}0 1 2 {TIER} "TextTier" "b" 0 1 1 0 0.5 "x" 2 0.25 "p" 1 0.5 1 "y"\n'.encode()
    for number in range(300):
        chance = random.Random(number)
        data = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            data[chance.randrange(len(HEAD), len(data))] = chance.choice(b'0129.-" !<>ae\n\0\xff')
        try:
            read_tiers(bytes(data), "x")
        except TextGridError as error:
            assert str(error).startswith("x: ")  # noqa: PT017  (either is right)
