"""What is written in each format reads back the same; CTM and Audacity's labels are parsed as their programs do."""

from __future__ import annotations

import csv
import io
import json
import math
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import parselmouth
import pytest
from choices import chosen_from, times_and_prominences
from hypothesis import given, strategies as st

from phonseg.annotation.tables import read_table
from phonseg.annotation.writers import FORMATS, Layout
from phonseg.errors import ConfigurationError, OutputError
from phonseg.timeline.segmentation import Segmentation

WORDS = st.text(
    st.characters(
        exclude_categories=["Cs", "Cc", "Z"],
        exclude_characters="\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    ),
    min_size=1,
    max_size=5,
)


@st.composite
def segmentations(draw: st.DrawFn) -> Segmentation:
    edges = draw(st.lists(st.integers(1, 10**9), min_size=1, max_size=8, unique=True).map(sorted))
    names = draw(st.none() | st.lists(WORDS, min_size=len(edges), max_size=len(edges)))
    times = np.array(edges) / 48_000
    scores = draw(st.none() | st.just(np.linspace(0.1, 0.9, len(edges) - 1)))
    return Segmentation(times[:-1], times[-1], scores, names, recording="in/my file.wav")


def written(segmentation: Segmentation, name: str) -> str:
    (data,) = Layout((name,)).encode(segmentation, "x").values()
    return data.decode()


@given(segmentations())
def test_csv_has_a_row_for_each_segment_and_reads_back(
    tmp_path_factory: pytest.TempPathFactory, made: Segmentation
) -> None:
    rows = list(csv.DictReader(io.StringIO(written(made, "csv"))))
    assert [(float(row["start"]), float(row["end"]), row["label"]) for row in rows] == list(made.intervals())
    assert [row["segment"] for row in rows] == [str(i + 1) for i in range(len(made))]
    assert {row["recording"] for row in rows} == {"my file.wav"}
    scores = [float(row["score"] or "nan") for row in rows]
    assert math.isnan(scores[0])
    np.testing.assert_array_equal(scores[1:], made.scores)
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    made.save(path)
    assert list(read_table(path).segmentation.intervals()) == list(made.intervals())


@given(segmentations())
def test_ctm_and_audacity_parse_back(made: Segmentation) -> None:
    ctm = [line.split(" ") for line in written(made, "ctm").splitlines()]
    assert {tuple(fields[:2]) for fields in ctm} == {("my_file", "1")}
    assert [(float(start), label) for _, _, start, _, label in ctm] == [(a, label) for a, _, label in made.intervals()]
    ends = [float(start) + float(duration) for _, _, start, duration, _ in ctm]
    np.testing.assert_allclose(ends, [*made.boundaries, made.duration], rtol=0, atol=1e-8)
    labels = [line.split("\t") for line in written(made, "audacity").splitlines()]
    assert [(float(start), float(end), label) for start, end, label in labels] == list(made.intervals())


@given(times_and_prominences, st.floats(0, 1))
def test_json_holds_everything(pair: tuple[list[float], list[float]], sensitivity: float) -> None:
    made = chosen_from(*pair).at(sensitivity=sensitivity)
    content = json.loads(written(made, "json"))
    assert content["duration"] == made.duration
    assert [(one["start"], one["end"], one["label"]) for one in content["segments"]] == list(made.intervals())
    assert [one["time"] for one in content["boundaries"]] == made.boundaries.tolist()
    assert [one["score"] for one in content["boundaries"]] == made.scores.tolist()
    assert [one["time"] for one in content["candidates"]] == made.candidates.times.tolist()
    assert [one["time"] for one in content["candidates"] if one["kept"]] == made.boundaries.tolist()
    assert content["provenance"] == asdict(made.provenance)
    assert "probabilit" not in json.dumps({**content, "scores": ""})


def test_a_reference_has_no_scores_no_candidates_and_no_provenance() -> None:
    content = json.loads(written(Segmentation([0.5], 1.0, labels=["a", "b"]), "json"))
    assert (content["boundaries"], content["candidates"], content["provenance"]) == (
        [{"time": 0.5, "score": None}],
        None,
        None,
    )


def test_labels_may_be_empty_and_ctm_has_a_word_for_that() -> None:
    data = Layout(("csv", "ctm", "audacity", "textgrid"), labels="empty").encode(Segmentation([0.5], 1.0), "x")
    assert data[".csv"].decode().splitlines()[1:] == [",1,0.0,0.5,0.5,,", ",2,0.5,1.0,0.5,,"]
    assert data[".ctm"] == b"x 1 0.0 0.5 <eps>\nx 1 0.5 0.5 <eps>\n"
    assert data[".labels.txt"] == b"0.0\t0.5\t\n0.5\t1.0\t\n"
    assert data[".TextGrid"].count(b'text = ""') == 2


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("x.TextGrid", b"File type"),
        ("x.CSV", b"recording,"),
        ("x.json", b"{"),
        ("x.ctm", b"x 1 "),
        ("x.txt", b"0.0\t"),
        ("x.eaf", b"<?xml"),
    ],
)
def test_the_suffix_tells_the_format(tmp_path: Path, name: str, start: bytes) -> None:
    Segmentation([0.5], 1.0).save(tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(start)


@pytest.mark.parametrize("name", ["n", "v", "xtgrid", "notes"])
def test_a_name_without_a_suffix_tells_no_format(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError, match=f"there is no format {name}"):
        Segmentation([0.5], 1.0).save(name)
    assert not (tmp_path / name).exists()


def test_a_format_may_be_named_and_an_unknown_one_is_refused(tmp_path: Path) -> None:
    made = Segmentation([0.5], 1.0)
    made.save(tmp_path / "x.lab", format="audacity")
    assert (tmp_path / "x.lab").read_text() == "0.0\t0.5\t1\n0.5\t1.0\t2\n"
    with pytest.raises(ConfigurationError, match=r"there is no format \.doc\. Give one or more of textgrid, csv"):
        made.save(tmp_path / "x.doc")
    with pytest.raises(OutputError, match="cannot be written"):
        made.save(tmp_path / "nowhere" / "x.csv")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"formats": ()}, "no format was given"),
        ({"formats": ("csv", "mp3")}, "there is no format mp3"),
        ({"labels": "none"}, "labels is none"),
        ({"check": -1}, "check is -1"),
        ({"check": 3, "formats": ("csv",)}, "check is 3"),
    ],
)
def test_a_layout_out_of_range_is_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Layout(**arguments)  # type: ignore[arg-type]


def test_settings_are_what_differs_from_the_default() -> None:
    assert Layout(("csv", "csv", "elan")).settings == {}
    assert Layout(labels="empty", check=3, tier="p").settings == {"labels": "empty", "check": 3, "tier": "p"}
    assert Layout(tier="p", check=3).tiers == ("p", "check")
    assert Layout(tuple(FORMATS)).suffixes == (".TextGrid", ".csv", ".json", ".ctm", ".labels.txt", ".eaf")


def test_without_pympi_elan_is_an_error_that_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pympi", None)
    with pytest.raises(ConfigurationError, match="pip install pympi-ling,"):
        Layout(("elan",)).encode(Segmentation([0.5], 1.0), "x")


@given(times_and_prominences, st.integers(0, 8))
def test_what_to_check_is_a_tier_of_points_that_praat_reads(
    tmp_path_factory: pytest.TempPathFactory, pair: tuple[list[float], list[float]], k: int
) -> None:
    made = chosen_from(*pair).at(sensitivity=0.5)
    path = tmp_path_factory.mktemp("check") / "x.TextGrid"
    made.to_textgrid(path, check=k)
    grid = parselmouth.read(str(path))
    decisions = made.to_check(k)
    assert parselmouth.praat.call(grid, "Get number of tiers") == (2 if k else 1)
    if k:
        count = parselmouth.praat.call(grid, "Get number of points", 2)
        queries = ("Get time of point", "Get label of point")
        points = [tuple(parselmouth.praat.call(grid, query, 2, i + 1) for query in queries) for i in range(count)]
        assert points == sorted((one.time, f"{rank}: {one}") for rank, one in enumerate(decisions, 1))


def test_control_characters_are_escaped_in_tables_and_lists() -> None:
    labels = ["=1+1", "-x", "@a", "+b", 'say "a", b', "two\nlines", "\x1b[31m\rred\0", "\u202eback"]
    made = Segmentation(np.arange(1, 8) / 10, 0.9, labels=labels, recording="in/a\x1b b\n.wav")
    table = written(made, "csv")
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [row["label"] for row in rows] == [*labels[:6], r"\x1b[31m\rred\x00", r"\u202eback"]
    assert {row["recording"] for row in rows} == {r"a\x1b b\n.wav"}
    ctm = [line.split(" ") for line in written(made, "ctm").splitlines()]
    assert [len(fields) for fields in ctm] == [5] * 8
    assert [fields[4] for fields in ctm][4:] == ['say_"a",_b', "two_lines", r"\x1b[31m_red\x00", r"\u202eback"]
    audacity = [line.split("\t") for line in written(made, "audacity").splitlines()]
    assert [fields[2] for fields in audacity][5:] == ["two lines", r"\x1b[31m red\x00", r"\u202eback"]
    assert not set(table + written(made, "ctm") + written(made, "audacity")) & set("\x1b\r\0\u202e")
