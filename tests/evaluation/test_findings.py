"""What is said of two sides by their boundaries: units, gaps, chance, and copies of a reference."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import parselmouth
import pytest

from phonseg.errors import ConfigurationError, PhonsegWarning, TextGridError
from phonseg.evaluation.evaluate import evaluate
from phonseg.evaluation.score import CorpusScore
from phonseg.timeline.segmentation import Segmentation


def cut(times: Sequence[float] | np.ndarray, duration: float = 2.0, **others: Any) -> Segmentation:
    return Segmentation(np.array(times), duration, **others)


def write(path: Path, times: Sequence[float]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cut(times, labels=list("abcdefghij")[: len(times) + 1]).to_textgrid(path)
    return path


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    return write(tmp_path / "reference.TextGrid", [0.5, 1.0, 1.5])


@pytest.fixture
def both(tmp_path: Path, reference: Path) -> Path:
    """A reference to which a tier was added."""
    cut([0.51, 1.0, 1.6], labels="abcd").to_textgrid(tmp_path / "both.TextGrid", tier="auto", into=reference)
    return tmp_path / "both.TextGrid"


def test_times_of_both_sides_in_another_unit_are_a_warning(tmp_path: Path) -> None:
    for name, shift in {"a": 0, "b": 4}.items():
        times = [0, *range(100 + shift, 3000, 83), 3050]
        lines = [f"{start} {end} x\n" for start, end in itertools.pairwise(times)]
        (tmp_path / f"{name}.lab").write_text("".join(lines))  # milliseconds, which HTK would count in 100 ns
        (tmp_path / f"{name}.csv").write_text("start,end,label\n" + "".join(lines).replace(" ", ","))
    for suffix in (".lab", ".csv"):
        with pytest.warns(PhonsegWarning, match="Its times seem to be in another unit than was read"):
            score = evaluate(tmp_path / f"a{suffix}", tmp_path / f"b{suffix}")
        assert len([text for text in score.warnings if "another unit" in text]) == 2


def test_a_reference_that_was_rounded_is_not_scored_against_itself(both: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("start,end,label\n0,0.4996,x\n0.4996,1.0004,y\n1.0004,1.5004,z\n1.5004,2,\n")
    with pytest.raises(TextGridError, match=r'its tier "phones" has the same boundaries.*one of: "auto"'):
        evaluate(tmp_path / "a.csv", both)


def test_short_gaps_between_labels_are_worth_a_note() -> None:
    edges = np.arange(1, 9) / 10
    gapped = cut(np.sort([*edges, *(edges + 0.005)]), labels=["" if i % 2 else "a" for i in range(17)])
    (note,) = evaluate(gapped, cut(edges)).notes
    assert note.startswith("reference: 8 segments without a label are shorter than 15 ms.")
    assert evaluate(cut(edges, labels="aaaaaaaaa"), cut(edges + 0.001)).notes == ()


def test_the_end_of_a_recording_in_a_list_is_a_warning() -> None:
    with pytest.warns(PhonsegWarning, match="the last boundary is the end of the recording, which does not count"):
        evaluate(cut([0.5, 1.0]), [0.5, 1.0, 2.0])


def test_files_that_are_short_are_judged_together(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    words = [0.3 + np.cumsum(generator.uniform(0.08, 0.25, 6)) for _ in range(21)]
    for number, (times, others) in enumerate(itertools.pairwise(words)):
        write(tmp_path / f"in/{number}.TextGrid", times.tolist())
        write(tmp_path / f"right/{number}.TextGrid", (times + 0.01).tolist())
        write(tmp_path / f"late/{number}.TextGrid", (times + 0.06).tolist())
        write(tmp_path / f"other/{number}.TextGrid", others.tolist())
    assert evaluate(tmp_path / "in", tmp_path / "right").warnings == ()
    for folder, advice in {
        "late": "if the predictions were 60 ms earlier.",
        "other": "to the same recordings?",
    }.items():
        with pytest.warns(PhonsegWarning, match=f"^20 pairs agree no better .* {re.escape(advice)}$"):
            score = evaluate(tmp_path / "in", tmp_path / folder)
        assert len(score.warnings) == 1


def test_the_start_of_a_recording_is_no_boundary_wherever_it_lies(tmp_path: Path) -> None:
    reference = cut([2.5, 3.0], labels="abc", start=2.0)
    for suffix in (".csv", ".ctm", ".txt"):
        reference.save(tmp_path / f"a{suffix}")
        for sides in ([reference, tmp_path / f"a{suffix}"], [tmp_path / f"a{suffix}", reference]):
            score = evaluate(*sides)
            assert (score.n_reference, score.n_predicted, score.hits) == (2, 2, 2)


def test_an_empty_path_is_not_the_current_folder(reference: Path) -> None:
    for sides in (["", ""], ["", reference], [reference, ""]):
        with pytest.raises(ConfigurationError, match="an empty path is no label file"):
            evaluate(*sides)


@pytest.mark.parametrize("times", [np.ma.masked_array([0.5, 1.0], [0, 1]), [0.5 + 1j], ["0.5"], [True]])
def test_what_is_no_list_of_times_is_refused(times: Any) -> None:
    with pytest.raises(ConfigurationError, match="boundaries: not numbers"):
        evaluate([0.5], times)


@pytest.mark.parametrize("tolerance", ["0.02", None, True, 0, float("nan")])
def test_a_tolerance_is_a_number(tolerance: Any) -> None:
    with pytest.raises(ConfigurationError, match="tolerance is "):
        evaluate([0.5], [0.5], tolerance=tolerance)


def test_a_file_that_names_another_recording_is_worth_a_note(tmp_path: Path, reference: Path) -> None:
    for name in ("reference", "other"):
        (tmp_path / "a.csv").write_text(
            f"recording,start,end\n{name}.wav,0,0.5\n{name}.wav,0.5,1.01\n{name}.wav,1.01,2\n"
        )
        notes = evaluate(reference, tmp_path / "a.csv").notes
        said = f'{reference} has the name of the recording "reference", but {tmp_path / "a.csv"} names "other".'
        assert notes == ((said,) if name == "other" else ())


def test_a_tier_of_points_is_not_passed_over(tmp_path: Path, reference: Path) -> None:
    grid = parselmouth.praat.call("Create TextGrid", 0, 2, "phones words", "phones")
    parselmouth.praat.call(grid, "Insert boundary", 2, 0.5)
    grid.save(str(tmp_path / "points.TextGrid"))
    with pytest.raises(TextGridError, match='tier "phones" holds points, not intervals'):
        evaluate(reference, tmp_path / "points.TextGrid")


def test_a_tier_may_be_given_by_its_number(both: Path, reference: Path) -> None:
    assert evaluate(reference, both, prediction_tier=2).hits == evaluate(reference, both, prediction_tier="auto").hits
    with pytest.raises(ConfigurationError, match="tier"):
        evaluate(reference, both, prediction_tier=2.0)  # type: ignore[arg-type]


def test_what_is_not_there_is_told(tmp_path: Path, reference: Path) -> None:
    for sides in ([tmp_path / "gone", tmp_path], [reference, tmp_path / "gone.TextGrid"], ["gone", "gone too"]):
        with pytest.raises(TextGridError, match=r"gone\S*: does not exist\. Check the spelling"):
            evaluate(*sides)


def test_many_warnings_of_one_kind_are_summed_up(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    for number in range(8):
        write(tmp_path / f"in/{number}.TextGrid", [0.5, 1.0])
        cut([0.5, 1.01], 2.3 if number > 1 else 2.0).to_textgrid(tmp_path / f"out/{number}.TextGrid")
    with pytest.warns(PhonsegWarning, match=r"^6 of 8 pairs differ in duration, such as: .*2\.TextGrid: lasts"):
        score = evaluate(tmp_path / "in", tmp_path / "out")
    assert len([text for text in score.warnings if "differ in duration" in text]) == 1
    assert isinstance(score, CorpusScore)
    assert score.files["7"].warnings[0].endswith("Do they belong to the same recording?")


def test_labels_of_audacity_have_the_name_of_their_recording(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("recording,start,end\nx.wav,0,0.5\nx.wav,0.5,1.01\nx.wav,1.01,2\n")
    (tmp_path / "x.labels.txt").write_text("0\t0.5\ta\n0.5\t1\tb\n1\t2\tc\n")
    assert evaluate(tmp_path / "x.csv", tmp_path / "x.labels.txt").notes == ()


def test_a_rate_is_not_asked_for_where_it_has_no_effect(tmp_path: Path) -> None:
    frames = "".join(f"{start} {start + 100} a\n" for start in range(0, 4000, 100))
    (tmp_path / "x.phn").write_text(f"MillisecondsPerFrame: 1.0\nEND OF HEADER\n{frames}")
    with pytest.raises(TextGridError, match=r"lasts 2\.000 s") as caught:
        evaluate(tmp_path / "x.phn", cut([0.5, 1.0]))
    assert "--sample-rate" not in str(caught.value)
