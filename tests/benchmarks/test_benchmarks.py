"""The benchmarks, run on the demo recordings: what they print is what phonseg's own functions say."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import oracle
import pytest
import soundfile
from conftest import RATE, mel_segmenter, speech_like
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray

import phonseg
from phonseg.audio.find import find_recordings
from phonseg.errors import ConfigurationError
from phonseg.evaluation.evaluate import bootstrap, evaluate, signed_errors
from phonseg.evaluation.score import CorpusScore, pooled
from phonseg.timeline.candidates import Candidates
from phonseg.timeline.segmentation import Segmentation

sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks"))

import accuracy
import conditions
import errors
import phone_classes
import systems
import thresholds
from labelled import analyse_folder
from markdown_table import number, percent, table

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "data" / "demo"

Report = dict[str, Any]


def printed(main: Callable[[list[str]], None], *arguments: str | Path) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as output:
        main([str(argument) for argument in arguments])
    return output.getvalue()


def cells(markdown: str, first: str) -> list[list[str]]:
    """The rows of the first table whose first title is `first`."""
    lines = markdown.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"| {first} "))
    found = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        found.append([cell.strip() for cell in line.strip("|").split("|")])
    return found


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Report]:
    """What accuracy.py prints and writes of the demo recordings, with a second model, and of them made harder."""
    folder = tmp_path_factory.mktemp("accuracy")
    mel_segmenter().save(folder / "model.safetensors")
    file, model = folder / "figures.json", f"by hand={folder / 'model.safetensors'}"
    text = printed(accuracy.main, DEMO, "--harder", "--unlabelled", DEMO, "--json", file, "--model", model)
    return text, json.loads(file.read_text("utf-8"))


@pytest.fixture(scope="module")
def scored() -> CorpusScore:
    """The demo recordings as the shipped model segments them with no option, scored by phonseg."""
    files = {}
    for recording in find_recordings(DEMO):
        reference = phonseg.read_textgrid(recording.with_suffix(".TextGrid"))
        score = evaluate(reference, phonseg.segment(recording), lenient=True)
        files[recording.stem] = score
    return CorpusScore(**vars(pooled(list(files.values()))), files=files, failed={})


def test_the_figures_are_those_of_phonseg_evaluate(ran: tuple[str, Report], scored: CorpusScore) -> None:
    row = ran[1]["sets"][0]["rows"][0]
    assert (row["system"], row["operating_point"]) == ("phonseg", "default, label-free")
    expected = {**scored.total.to_dict(), "compared": row["compared"]}  # lists of boundaries, without durations
    assert {name: row[name] for name in expected} == expected
    for name, measure in (("f1", lambda s: s.f1), ("r_value", lambda s: s.r_value)):
        strict = CorpusScore(**{**vars(scored), "lenient": None})
        interval = bootstrap(strict, measure, generator=np.random.default_rng(0))
        assert row[f"{name}_interval"] == pytest.approx(interval)


def test_the_errors_are_those_of_phonseg_signed_errors(ran: tuple[str, Report]) -> None:
    found = [
        signed_errors(phonseg.read_textgrid(recording.with_suffix(".TextGrid")), phonseg.segment(recording))
        for recording in find_recordings(DEMO)
    ]
    row = ran[1]["sets"][0]["rows"][0]
    assert row["median_error_ms"] == pytest.approx(1000 * np.median(np.concatenate(found)))
    assert row["mean_absolute_error_ms"] == pytest.approx(1000 * np.abs(np.concatenate(found)).mean())


def test_the_tables_show_what_is_written(ran: tuple[str, Report]) -> None:
    text, report = ran
    first, second = [line for line in text.splitlines() if line.startswith("| system ")][:2]
    rows = report["sets"][0]["rows"]
    assert [line[:2] for line in cells(text, "system")] == [[row["system"], row["operating_point"]] for row in rows]
    for line, row in zip(cells(text, "system"), rows, strict=True):
        shown = dict(zip([title.strip() for title in first.strip("|").split("|")], line, strict=True))
        assert shown["F1"] == percent(row["f1"])
        assert shown["R-value"] == percent(row["r_value"])
        assert shown["lenient F1"] == percent(row["lenient"]["f1"])
        assert shown["cost F1"] == percent(row["cost_f1"])
        assert shown["median error"] == number(row["median_error_ms"], sign="+")
    curve = cells(text[text.index(second) :], "system")
    middle = [f"{percent(row['f1'])} / {percent(row['r_value'])}" for row in rows]
    assert [line[5] for line in curve] == middle  # within 20 ms, as in the first table


def test_wider_tolerances_hit_no_less(ran: tuple[str, Report]) -> None:
    for row in ran[1]["sets"][0]["rows"]:
        assert list(row["tolerance_curve"]) == [f"{tolerance} ms" for tolerance in (5, 10, 15, 20, 25, 30, 50)]
        shares = [figures["f1"] for figures in row["tolerance_curve"].values()]
        assert shares == sorted(shares)


def test_every_system_has_its_default_and_its_oracles(ran: tuple[str, Report]) -> None:
    report = ran[1]
    assert list(report["systems"]) == ["phonseg", "by hand", "log-mel difference"]
    rows = report["sets"][0]["rows"]
    points = ["default, label-free", "oracle, best R-value", "oracle, best F1"]
    assert [(row["system"], row["operating_point"]) for row in rows] == [
        (system, point) for system in report["systems"] for point in points
    ]
    for default, best_r_value, best_f1 in (rows[i : i + 3] for i in range(0, len(rows), 3)):
        assert default["cost_f1"] == pytest.approx(best_f1["f1"] - default["f1"])
        assert default["cost_r_value"] == pytest.approx(best_r_value["r_value"] - default["r_value"])
        assert best_f1["cost_f1"] == best_r_value["cost_r_value"] == 0
        assert best_f1["f1"] >= best_r_value["f1"]
        assert best_r_value["r_value"] >= best_f1["r_value"]
        assert default["threshold"] is None


@pytest.mark.parametrize("threshold", [0.01, 0.05, 0.1, 0.3, 0.5, 0.9])
def test_no_fixed_threshold_beats_the_oracle(ran: tuple[str, Report], threshold: float) -> None:
    scores = []
    for recording in find_recordings(DEMO):
        candidates = phonseg.segment(recording).candidates
        chosen = candidates.times[candidates.prominences >= threshold]
        scores.append(evaluate(phonseg.read_textgrid(recording.with_suffix(".TextGrid")), chosen))
    _, best_r_value, best_f1 = ran[1]["sets"][0]["rows"][:3]
    assert best_r_value["r_value"] >= pooled(scores).r_value
    assert best_f1["f1"] >= pooled(scores).f1


def test_what_is_lost_is_told_for_every_condition(ran: tuple[str, Report]) -> None:
    (demo,) = ran[1]["sets"]
    default = {row["system"]: row for row in demo["rows"] if row["threshold"] is None}
    expected = [(system, condition) for system in default for condition in conditions.harder(DEMO)]
    assert [(row["system"], row["condition"]) for row in demo["harder"]] == expected
    for row in demo["harder"]:
        assert row["f1"] + row["lost_f1"] == pytest.approx(default[row["system"]]["f1"])
        assert row["r_value"] + row["lost_r_value"] == pytest.approx(default[row["system"]]["r_value"])
    noisy = {row["condition"]: row["f1"] for row in demo["harder"] if row["system"] == "phonseg"}
    assert noisy["babble, 20 dB"] > noisy["babble, 5 dB"]
    shown = cells(ran[0][ran[0].index("Made harder") :], "system")
    assert [line[:3] for line in shown] == [[r["system"], r["condition"], percent(r["f1"])] for r in demo["harder"]]


def milliseconds(candidates: st.SearchStrategy[list[int]]) -> st.SearchStrategy[NDArray[np.float64]]:
    return candidates.map(lambda times: np.array(sorted(times), dtype=np.float64) / 1000)


times = st.lists(st.integers(1, 300), unique=True, max_size=12)


@st.composite
def found_candidates(draw: st.DrawFn) -> Candidates:
    places = draw(milliseconds(times))
    levels = st.integers(1, 6).map(lambda level: level / 8)  # equal ones among them
    prominences = draw(st.lists(levels, min_size=len(places), max_size=len(places)))
    return Candidates(places, np.array(prominences), 0.5, 1.0)


@settings(max_examples=50)
@given(st.lists(st.tuples(milliseconds(times), found_candidates()), min_size=1, max_size=3))
def test_every_threshold_has_the_score_of_what_it_keeps(
    recordings: list[tuple[NDArray[np.float64], Candidates]],
) -> None:
    every = thresholds.every_threshold(recordings)
    levels = sorted({p for _, candidates in recordings for p in candidates.prominences}, reverse=True)
    assert [threshold for threshold, _ in every] == [np.inf, *levels]
    for threshold, score in every:
        hits = kept = 0
        for reference, candidates in recordings:
            chosen = candidates.times[candidates.prominences >= threshold]
            whole = [[round(1000 * time) for time in row] for row in (reference, chosen)]
            hits += oracle.most_pairs(*whole, 20)
            kept += len(chosen)
        assert (score.n_predicted, score.hits, score.found) == (kept, hits, hits)
        assert score.n_reference == sum(len(reference) for reference, _ in recordings)


def labelled_folder(folder: Path, names: list[str]) -> Path:
    for seed, name in enumerate(names):
        samples, joins = speech_like(6, seed)
        soundfile.write(folder / f"{name}.wav", samples, RATE)
        Segmentation(joins, len(samples) / RATE).to_textgrid(folder / f"{name}.TextGrid")
    return folder


def test_what_fails_is_listed_and_left_out_for_all(tmp_path: Path) -> None:
    folder = labelled_folder(tmp_path, ["good", "bad", "alone"])
    (folder / "bad.wav").write_bytes(b"RIFF of no kind")
    (folder / "alone.wav").unlink()
    analysed = analyse_folder(folder, systems.models([]), {})
    assert list(analysed.recordings) == ["good"]
    assert sorted(analysed.failed) == ["alone", "bad"]
    assert "bad.wav" in analysed.failed["bad"]
    text = printed(errors.main, folder)
    assert all(reason in text for reason in analysed.failed.values())


def test_a_set_without_boundaries_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labelled_folder(tmp_path, ["one"])
    with pytest.raises(SystemExit) as stopped:
        accuracy.main([str(tmp_path), "--unlabelled", str(DEMO), "--tier", "words"])
    assert stopped.value.code == 1
    assert "has no recording with boundaries in a tier words" in capsys.readouterr().err


def test_the_sentences_that_all_speakers_of_timit_read_are_also_left_out(tmp_path: Path) -> None:
    folder = labelled_folder(tmp_path, ["dr1-x_sa1", "dr1-x_SA2", "dr1-x_si1", "visa11"])
    file = tmp_path / "figures.json"
    printed(accuracy.main, folder, "--unlabelled", DEMO, "--json", file)
    whole, rest = json.loads(file.read_text("utf-8"))["sets"]
    assert (whole["recordings"], rest["recordings"]) == (4, 2)
    assert rest["name"] == f"{whole['name']} without sa1 and sa2"
    assert rest["rows"][0]["n_reference"] == 2 * 7


def test_a_recording_is_made_harder_in_the_same_way_every_time() -> None:
    recording = DEMO / "english.wav"
    harder = conditions.harder(DEMO)
    once, again = (conditions.under_conditions("english", recording, harder) for _ in range(2))
    other = conditions.under_conditions("other", recording, harder)
    assert all(np.array_equal(once[name][0], again[name][0]) for name in harder)
    random = [name for name in harder if not np.array_equal(once[name][0], other[name][0])]
    assert random == [name for name in harder if name.startswith(("white noise", "babble", "room"))]


def test_harder_needs_talkers_for_its_babble(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        accuracy.main([str(DEMO), "--harder"])
    assert "--harder needs --unlabelled FOLDER" in capsys.readouterr().err


def test_the_log_mel_difference_learns_nothing_and_sees_no_label(tmp_path: Path) -> None:
    for recording in find_recordings(DEMO):
        shutil.copy(recording, tmp_path)
    with_labels, without = systems.log_mel_difference([DEMO]), systems.log_mel_difference([tmp_path])
    assert with_labels.segmenter.operating_point == without.segmenter.operating_point
    streams = with_labels.segmenter.streams
    assert [stream.weight for stream in streams] == [stream.weight for stream in without.segmenter.streams]
    assert [list(stream.encoder.parameters()) for stream in streams] == [[], [], []]
    assert {stream.contrast.lags for stream in streams} == {(2, 3, 4)}


def test_the_log_mel_difference_needs_recordings(tmp_path: Path) -> None:
    (tmp_path / "bad.wav").write_bytes(b"RIFF of no kind")
    with pytest.raises(ConfigurationError, match=r"holds no recording that can be read\. .*bad\.wav"):
        systems.log_mel_difference([tmp_path])


@pytest.mark.parametrize("model", ["model.safetensors", "=model.safetensors", "name=", "phonseg=model.safetensors"])
def test_a_model_needs_a_name_of_its_own(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        errors.main([str(DEMO), "--model", model])
    assert f"--model {model}: is not a new name with a file." in capsys.readouterr().err


def test_missed_boundaries_and_false_alarms_by_where_they_are() -> None:
    reference = Segmentation(np.array([0.1, 0.2, 0.23, 0.5]), 1.0, labels=["h#", "iy", "tcl", "t", "made up"])
    wanted, alarms = errors.compare(reference, np.array([0.105, 0.21, 0.46, 0.8]), phone_classes.timit_class)
    assert [each.classes for each in wanted] == [
        ("silence", "vowel"),
        ("vowel", "closure"),
        ("closure", "stop"),
        ("stop", "other"),
    ]
    assert [each.shorter for each in wanted] == pytest.approx([100, 30, 30, 270])
    assert [each.distance for each in wanted] == pytest.approx([5, 10, 20, 40])
    assert [each.error for each in wanted[:2]] == pytest.approx([5, 10])
    assert [each.error for each in wanted[2:]] == [None, None]
    assert [(alarm.inside, round(alarm.distance)) for alarm in alarms] == [("stop", 40), ("other", 300)]


def test_nothing_found_is_infinitely_far() -> None:
    reference = Segmentation(np.array([0.1]), 1.0, labels=["a", "b"])
    ((wanted,), alarms) = errors.compare(reference, np.zeros(0), phone_classes.ipa_class)
    assert (wanted.distance, wanted.error, alarms) == (np.inf, None, [])


def test_the_error_tables_account_for_every_boundary(scored: CorpusScore) -> None:
    text = printed(errors.main, DEMO)
    missed, alarms = scored.n_reference - scored.hits, scored.n_predicted - scored.hits
    assert f"### {missed} of {scored.n_reference} boundaries missed" in text
    assert f"### {alarms} false alarms" in text
    for first in ("phones before > after", "shorter phone, ms"):
        assert sum(int(row[1]) for row in cells(text, first)) == scored.n_reference
        assert sum(int(row[2]) for row in cells(text, first)) == missed
    assert sum(int(row[1]) for row in cells(text, "nearest boundary found, ms")) == missed
    for first in ("inside", "nearest boundary of the reference, ms"):
        assert sum(int(row[1]) for row in cells(text, first)) == alarms


def test_timit_has_61_symbols_each_in_one_class() -> None:
    symbols = [symbol for some in phone_classes.TIMIT.values() for symbol in some.split()]
    assert len(symbols) == len(set(symbols)) == 61
    letters = "".join(phone_classes.IPA.values())
    assert len(letters) == len(set(letters))


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        *(("bcl", "closure"), ("b", "stop"), ("ax-h", "vowel"), ("y", "liquid/glide"), ("AH0", "vowel")),
        *(("", "silence"), ("h#", "silence"), ("jh", "affricate"), ("eng", "nasal"), ("HH", "fricative")),
        ("ɡ͡b", "other"),
    ],
)
def test_classes_of_timit(label: str, expected: str) -> None:
    assert phone_classes.timit_class(label) == expected


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        *(("y", "vowel"), ("ãː", "vowel"), ("w͡a", "vowel"), ("t͡ʃʰ", "affricate"), ("t͡ɬ'", "affricate")),
        *(("kʷ", "stop"), ("ɡ͡b", "stop"), ("ǃ", "stop"), ("ç", "fricative"), ("c\u0327", "fricative")),
        *(("n̥ʰ", "nasal"), ("ɾ", "liquid/glide"), ("", "silence"), ("sil", "silence"), ("7", "other"), ("ʰ", "other")),
    ],
)
def test_classes_of_ipa(label: str, expected: str) -> None:
    assert phone_classes.ipa_class(label) == expected


@pytest.mark.parametrize(("labels", "y"), [(["h#", "y", "iy", "tcl"], "liquid/glide"), (["", "y", "ø", "t"], "vowel")])
def test_the_labels_of_a_set_tell_its_alphabet(labels: list[str], y: str) -> None:
    assert phone_classes.classifier(labels)("y") == y


def test_a_table_is_as_wide_as_its_widest_cells() -> None:
    assert table(["a", "b|c"], [["longer", "1"], ["x", "1000"]]).splitlines() == [
        "| a      | b\\|c |",
        "| ------ | ---: |",
        "| longer |    1 |",
        "| x      | 1000 |",
    ]


@pytest.mark.parametrize(
    ("value", "sign", "shown"), [(0.12345, "", "12.3"), (0.05, "+", "+5.0"), (None, "", "-"), (np.nan, "+", "-")]
)
def test_shares_are_shown_in_percent(value: float | None, sign: str, shown: str) -> None:
    assert percent(value, sign=sign) == shown


def speed(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """What speed.py prints, from a process of its own, since it keeps to one core."""
    command = [sys.executable, ROOT / "benchmarks" / "speed.py", DEMO, "--runs", "1", *arguments]
    return subprocess.run(command, capture_output=True, encoding="utf-8")


def test_speed_times_the_whole_and_its_stages() -> None:
    rows = cells(speed("--seconds", "0.5", "2").stdout, "system")
    assert [row[:4] for row in rows] == [["phonseg", "WAV", "16000", seconds] for seconds in ("0.5", "2")]
    for row in rows:
        whole, *stages = map(float, row[6:])
        assert whole == pytest.approx(sum(stages), abs=0.4)  # seven numbers, each rounded
        assert float(row[5]) == pytest.approx(1000 * float(row[3]) / whole, rel=0.05, abs=1)


@pytest.mark.slow
def test_speed_compares_two_versions() -> None:
    options = ["--seconds", "1", "--formats", "WAV", "FLAC", "MP3", "--rates", "16000", "44100", "--other"]
    rows = cells(speed(*options, ROOT).stdout, "format")
    assert [row[:3] for row in rows] == [
        [file_format, rate, "1"] for file_format in ("WAV", "FLAC", "MP3") for rate in ("16000", "44100")
    ]
    for row in rows:
        this, other, ratio = map(float, row[3:])
        assert ratio == pytest.approx(other / this, abs=0.02)
        assert 0.2 < ratio < 5  # it is the same version


@pytest.mark.slow
def test_speed_needs_another_checkout_with_phonseg_in_it(tmp_path: Path) -> None:
    done = speed("--seconds", "1", "--other", tmp_path)
    assert done.returncode == 1
    assert f"{tmp_path.resolve()}: " in done.stderr
    assert done.stderr.endswith("Give a checkout.\n") or done.stderr.endswith("Give another checkout.\n")
