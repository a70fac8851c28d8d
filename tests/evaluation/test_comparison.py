"""No wrong score without a word: other recordings, units and tiers, and files compared with themselves."""

from __future__ import annotations

import itertools
import json
import os
import shutil
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest

from phonseg.annotation.readers import read_reference
from phonseg.cli.main import main
from phonseg.errors import PhonsegWarning, TextGridError
from phonseg.evaluation.changes import changes
from phonseg.evaluation.evaluate import evaluate, signed_errors, tolerance_curve
from phonseg.evaluation.score import Compared, CorpusScore, Score
from phonseg.timeline.segmentation import Segmentation

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"
SOUNDS = tuple("abcdefghij")


def cut(times: Sequence[float], duration: float = 2.0, **others: object) -> Segmentation:
    return Segmentation(np.array(times), duration, **others)  # type: ignore[arg-type]


def write(
    path: Path, times: Sequence[float], duration: float = 2.0, *, tier: str = "phones", into: object = None
) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cut(times, duration, labels=SOUNDS[: len(times) + 1]).to_textgrid(path, tier=tier, into=into)  # type: ignore[arg-type]
    return path


def write_phn(path: Path, times: Sequence[float], rate: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = [0, *(round(time * rate) for time in times)]
    path.write_text("".join(f"{a} {b} x{a}\n" for a, b in itertools.pairwise(samples)))
    return path


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    return write(tmp_path / "reference.TextGrid", [0.5, 1.0, 1.5])


@pytest.fixture
def prediction(tmp_path: Path) -> Path:
    return write(tmp_path / "prediction.TextGrid", [0.51, 1.0, 1.5])


@pytest.fixture
def both(tmp_path: Path, reference: Path) -> Path:
    """A reference to which a tier was added."""
    return write(tmp_path / "both.TextGrid", [0.51, 1.0, 1.6], tier="auto", into=reference)


def test_the_score_of_another_recording_is_a_warning_that_goes_with_it(capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(DEMO / f"{name}.TextGrid") for name in ("english", "czech")]
    said = f"{files[0]}: lasts 4.970 s, but {files[1]} lasts 3.836 s. Do they belong to the same recording?"
    assert main(["evaluate", *files]) == 0
    output = capsys.readouterr()
    assert output.err == f"warning: {said}\n"
    lines = output.out.splitlines()
    assert lines[3] == 'reference: tier "phones", 4.970 s; prediction: tier "phones", 3.836 s'
    assert len(lines) == 4
    assert main(["evaluate", *files, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["warnings"] == [said]
    assert main(["changes", *files, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["warnings"] == [said]
    for compare in (evaluate, changes, signed_errors):
        with pytest.warns(PhonsegWarning, match="Do they belong"):
            compare(*files)  # type: ignore[operator]


def test_one_comparison_gives_one_warning(reference: Path, tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    from phonseg.display.score_plots import plot_score

    longer = write(tmp_path / "longer.TextGrid", [0.5, 1.0, 1.5], 2.2)
    for compare in (
        lambda: evaluate(reference, longer, lenient=True),
        lambda: tolerance_curve(reference, longer, [0.01, 0.02, 0.03]),
        lambda: plot_score(reference, longer),
    ):
        with pytest.warns(PhonsegWarning) as caught:
            compare()
        assert len(caught) == 1


def test_a_refused_pair_is_an_error_and_in_folders_it_has_failed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, duration in {"a": 2.0, "b": 4.0}.items():
        write(tmp_path / f"in/{name}.TextGrid", [0.5, 1.0, 1.5], duration)
        write(tmp_path / f"out/{name}.TextGrid", [0.5, 1.0, 1.6])
    message = r"b\.TextGrid: lasts 4\.000 s, but .*b\.TextGrid lasts 2\.000 s"
    with pytest.raises(TextGridError, match=message):
        evaluate(tmp_path / "in/b.TextGrid", tmp_path / "out/b.TextGrid")
    assert main(["evaluate", str(tmp_path / "in/b.TextGrid"), str(tmp_path / "out/b.TextGrid")]) == 1
    assert main(["evaluate", str(tmp_path / "in"), str(tmp_path / "out")]) == 1
    assert "1 could not be scored:\n" in capsys.readouterr().out
    score = evaluate(tmp_path / "in", tmp_path / "out")
    assert isinstance(score, CorpusScore)
    assert (list(score.files), list(score.failed)) == (["a"], ["b"])
    assert changes(tmp_path / "in", tmp_path / "out").failed.keys() == {"b"}


def test_a_phn_file_at_another_rate_is_told_and_can_be_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    times = [0.5, 1.0, 1.5, 1.95]
    phn, textgrid = write_phn(tmp_path / "x.phn", times, 25_000), write(tmp_path / "x.TextGrid", times[:3])
    with pytest.warns(PhonsegWarning, match="give --sample-rate 25000"):
        evaluate(phn, textgrid)
    assert evaluate(phn, textgrid, sample_rate=25_000).f1 == 1
    assert tolerance_curve(phn, textgrid, [0.01], sample_rate=25_000)[0].hits == 3
    assert changes(phn, textgrid, sample_rate=25_000).unchanged == 3
    assert main(["evaluate", str(phn), str(textgrid), "--sample-rate", "25000"]) == 0
    assert "reference: up to 1.950 s; prediction: tier" in capsys.readouterr().out
    write_phn(tmp_path / "y.phn", times, 48_000)
    with pytest.raises(TextGridError, match="samples at 48000 Hz"):
        evaluate(tmp_path / "y.phn", textgrid)


def test_a_reference_read_before_knows_whether_it_tells_its_duration(tmp_path: Path) -> None:
    phn = read_reference(write_phn(tmp_path / "x.phn", [0.5, 1.0, 1.5], 16_000))
    score = evaluate(phn, cut([0.5, 1.0], 1.7))
    assert score.notes[0].startswith("reference: ends at 1.500 s, but prediction lasts 1.700 s.")
    assert score.compared["reference"] == Compared((), 1.5, tells_duration=False)


def test_empty_recordings_and_lists_are_no_problem() -> None:
    assert evaluate([], []).n_reference == 0
    assert evaluate(cut([], 0.0), cut([], 0.0)).n_reference == 0
    assert evaluate([0.5, 9.0], [0.5]).hits == 1
    assert evaluate(cut([0.5], 9.0), []).n_predicted == 0
    with pytest.raises(TextGridError, match="has its last boundary at 9"):
        evaluate(cut([0.5]), [0.5, 9.0])


@pytest.mark.parametrize("how", ["itself", "link", "hard link", "copy"])
def test_a_file_compared_with_itself_is_a_warning(reference: Path, tmp_path: Path, how: str) -> None:
    other = reference if how == "itself" else tmp_path / "other.TextGrid"
    if how == "link":
        other.symlink_to(reference)
    elif how == "hard link":
        os.link(reference, other)
    elif how == "copy":
        shutil.copy(reference, other)
    for compare in (evaluate, changes):
        with pytest.warns(PhonsegWarning, match=r"reference\.TextGrid: is compared with (itself|.*other)"):
            compare(reference, other)  # type: ignore[operator]
    with pytest.warns(PhonsegWarning, match="is compared with"):
        score = evaluate(reference, other)
    assert (score.f1, len(score.warnings)) == (1, 1)


def test_in_folders_too(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / f"in/{name}.TextGrid", [0.5, 1.0, 1.5])
        write(tmp_path / f"out/{name}.TextGrid", [0.5, 1.0, 1.5] if name == "a" else [0.6])
    with pytest.warns(PhonsegWarning, match=r"a\.TextGrid: is compared with") as caught:
        score = evaluate(tmp_path / "in", tmp_path / "out")
    assert len(caught) == len(score.warnings) == 1


@pytest.mark.parametrize("how", ["file", "copy", "read before", "phn", "folder"])
def test_a_reference_in_the_file_of_the_prediction_is_not_scored_against_itself(
    reference: Path, both: Path, tmp_path: Path, how: str
) -> None:
    first: object = {"file": both, "copy": reference, "read before": read_reference(both)}.get(how)
    if how == "phn":
        first = tmp_path / "x.phn"
        first.write_text("".join(f"{a} {a + 8000} {'abcd'[a // 8000]}\n" for a in range(0, 32_000, 8000)))
    if how == "folder":
        for folder in ("in", "out"):
            (tmp_path / folder).mkdir()
            shutil.copy(both, tmp_path / folder)
        score = evaluate(tmp_path / "in", tmp_path / "out")
        assert isinstance(score, CorpusScore)
        assert 'one of: "auto"' in score.failed["both"]
        assert evaluate(tmp_path / "in", tmp_path / "out", prediction_tier="auto").hits == 2
        return
    message = r'both\.TextGrid: its tier "phones" .* prediction_tier\), one of: "auto"\.'
    for compare in (evaluate, signed_errors):
        with pytest.raises(TextGridError, match=message):
            compare(first, both)  # type: ignore[operator]
    with pytest.raises(TextGridError, match=message):
        tolerance_curve(first, both, [0.02])  # type: ignore[arg-type]
    assert evaluate(first, both, prediction_tier="auto").hits == 2  # type: ignore[arg-type]


def test_it_is_scored_if_it_was_asked_for(both: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.warns(PhonsegWarning, match="is compared with itself"):
        assert evaluate(both, both, prediction_tier="phones").f1 == 1
    assert main(["evaluate", str(both), str(both)]) == 1
    assert "--prediction-tier" in capsys.readouterr().err
    assert main(["evaluate", str(both), str(both), "--tier", "phones"]) == 0
    assert capsys.readouterr().err.startswith("warning: ")
    assert main(["evaluate", str(both), str(both), "--prediction-tier", "auto", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["warnings"] == told["notes"] == []
    assert told["compared"]["prediction"]["tiers"] == ["auto"]


def test_tiers_of_either_side(both: Path, prediction: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(both, prediction, reference_tier="auto").hits == 2
    assert evaluate(both, prediction, tier="auto").hits == 2  # the only tier of the prediction, whatever its name
    assert evaluate(prediction, both, tier="auto", reference_tier="phones").hits == 2
    with pytest.raises(TextGridError, match='no tier is called "auto"'):
        evaluate(both, prediction, prediction_tier="auto")
    assert main(["evaluate", str(both), str(prediction), "--reference-tier", "auto"]) == 0
    assert 'reference: tier "auto", 2.000 s; prediction: tier "phones", 2.000 s' in capsys.readouterr().out
    assert main(["evaluate", str(both), str(prediction), "--tier", "auto"]) == 0
    assert len(changes(both, both, automatic_tier="auto").of_kind("moved")) == 1
    assert main(["changes", str(both), str(both), "--automatic-tier", "auto", "--corrected-tier", "phones"]) == 0
    assert 'automatic: tier "auto", 2.000 s; corrected: tier "phones", 2.000 s' in capsys.readouterr().out


def test_notes_of_one_kind_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in "abc":
        write_phn(tmp_path / f"in/{name}.phn", [0.5, 1.0, 1.5, 1.7 if name != "c" else 1.99], 16_000)
        write(tmp_path / f"out/{name}.TextGrid", [0.5, 1.0, 1.6])
    score = evaluate(tmp_path / "in", tmp_path / "out")
    assert isinstance(score, CorpusScore)
    first = f"{tmp_path / 'in/a.phn'}: ends at 1.700 s, but {tmp_path / 'out/a.TextGrid'} lasts 2.000 s."
    assert len(score.notes) == 1
    assert score.notes[0].startswith(f"2 of 3 references end before their predictions, such as: {first}")
    assert [len(file.notes) for file in score.files.values()] == [1, 1, 0]
    assert main(["evaluate", str(tmp_path / "in"), str(tmp_path / "out")]) == 0
    assert f"note: {score.notes[0]}\n" in capsys.readouterr().out
    assert score.to_dict()["total"]["notes"] == list(score.notes)
    assert score.compared["prediction"] == Compared(("phones",), 6.0, tells_duration=True)
    assert score.total == Score(9, 9, 6, 6, 0.02)


def test_which_of_several_files_counts_is_told_if_they_differ(tmp_path: Path) -> None:
    for name, times in {"a": [0.5, 1.0], "b": [0.5, 1.1]}.items():
        write(tmp_path / f"in/{name}.TextGrid", [0.5, 1.0])
        cut(times).save(tmp_path / f"in/{name}.csv")
        cut(times).save(tmp_path / f"in/{name}.json")
        write(tmp_path / f"out/{name}.TextGrid", [0.5, 1.05])
    (tmp_path / "in" / "ages.csv").write_text("speaker,age\na,30\n")
    score = evaluate(tmp_path / "in", tmp_path / "out")
    assert len(score.notes) == 2
    counts, beside = tmp_path / "in/b.TextGrid", tmp_path / "in/b.csv"
    assert score.notes[0] == f"{counts} counts; {beside}, beside it, has other boundaries and does not count."
    assert len(score.files["b"].notes) == 2
    assert score.notes[1] == f"1 file is no label file and was left out: {tmp_path / 'in/ages.csv'}"


def test_the_same_labels_words_and_exchanged_arguments_are_worth_a_note(tmp_path: Path, reference: Path) -> None:
    saved = tmp_path / "again.csv"
    read_reference(reference).save(saved)
    assert "have the same boundaries and labels" in evaluate(reference, saved).notes[0]
    words, sounds = cut([1.0], labels="ab"), cut(np.arange(1, 13) / 10)
    assert "prediction has 12. Do both mark the same things" in evaluate(words, sounds).notes[0]
    automatic = write(tmp_path / "a.TextGrid", [0.5, 1.1, 1.5])
    cut([0.5, 1.1, 1.5]).to_textgrid(automatic)
    (note,) = evaluate(automatic, reference).notes
    assert "is numbered, as phonseg does it" in note
    assert evaluate(reference, automatic).notes == ()


@pytest.mark.parametrize("factor", [100, 1000, 16_000])
def test_lists_in_other_units_are_a_warning(factor: float) -> None:
    times = np.array([0.5, 1.0, 1.5, 2.0, 2.5])
    for sides in ([times, factor * times], [factor * times, times], [times, cut(factor * times, factor * 3)]):
        with pytest.warns(PhonsegWarning, match=r"Are both in seconds\?"):
            evaluate(*sides)
    with nullcontext() if factor == 100 else pytest.warns(PhonsegWarning, match="in another unit than was read"):
        evaluate(times[:4], factor * times)


def test_a_name_with_other_capitals_is_named(tmp_path: Path) -> None:
    write(tmp_path / "in/SA1.TextGrid", [0.5])
    write(tmp_path / "in/b.TextGrid", [0.5])
    write(tmp_path / "out/sa1.TextGrid", [0.6])
    write(tmp_path / "out/b.TextGrid", [0.6])
    score = evaluate(tmp_path / "in", tmp_path / "out")
    assert isinstance(score, CorpusScore)
    assert score.failed["SA1"].endswith("(but there is sa1, with other capitals).")
    write(tmp_path / "in/c.TextGrid", [0.5])
    (tmp_path / "out/c.lbl").touch()
    score = evaluate(tmp_path / "in", tmp_path / "out")
    assert isinstance(score, CorpusScore)
    assert score.failed["c"].endswith(f"(but {tmp_path / 'out/c.lbl'} is of another kind).")


@pytest.mark.parametrize(("given", "meant"), [("20", "20 ms? Then give 0.020"), ("1", "1 ms? Then give 0.001")])
def test_milliseconds_are_no_tolerance(
    reference: Path, prediction: Path, given: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(reference), str(prediction), "--tolerance", given]) == 2
    assert meant in capsys.readouterr().err
    assert main(["changes", str(reference), str(prediction), "--within", given]) == 2
    assert meant in capsys.readouterr().err


def test_a_prediction_that_is_early_or_late_is_told_by_how_much() -> None:
    reference = read_reference(DEMO / "english.TextGrid")
    with pytest.warns(PhonsegWarning, match=r"They would agree if prediction were 50 ms earlier\.$"):
        evaluate(reference, cut(reference.boundaries + 0.05, reference.duration + 0.04))
    assert evaluate(reference, cut(reference.boundaries + 0.01, reference.duration)).warnings == ()


def test_boundaries_of_a_reference_in_a_file_with_other_tiers_are_worth_a_note(tmp_path: Path) -> None:
    times = [0.3, 0.5, 0.7, 1.0, 1.2, 1.5]
    reference = write(tmp_path / "reference.TextGrid", times)
    both = write(tmp_path / "both.TextGrid", [0.31, 1.0, 1.6], tier="auto", into=reference)
    for same in (times, [*times[:-1], 1.501]):
        with pytest.raises(TextGridError, match='its tier "phones" has the same boundaries as the reference'):
            evaluate(same, both)
        assert evaluate(same, both, prediction_tier="phones").recall == 1
    for alike, said in {
        (0.3, 0.5, 0.7, 1.0, 1.25, 1.6): "4 of 6",
        (0.306, 0.494, 0.706, 1.0, 1.2, 1.494): "6 of 6",
    }.items():
        (note,) = evaluate(alike, both).notes
        assert f'{said} boundaries of the reference are those of its tier "phones", to 1' in note
        assert evaluate(alike, both, prediction_tier="phones").notes == ()
    assert evaluate([0.32, 0.52, 0.72, 1.02, 1.22, 1.52], both).notes == ()
