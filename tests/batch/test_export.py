"""Label files in other formats: what was read is what is written, and nothing that is there is lost."""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import phonseg.batch.export
from phonseg import export, read_reference, read_turns, segment_files
from phonseg.annotation.label_file import LabelFile
from phonseg.cli.main import main
from phonseg.errors import ConfigurationError, PhonsegWarning, TextGridError
from phonseg.timeline.diarization import Diarization
from phonseg.timeline.segmentation import Segmentation
from phonseg.timeline.turns import Turn

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"
MADE = Segmentation(np.array([0.25, 0.5]), 1.0, labels=["h#", "ʃ", "iː"])


@pytest.fixture
def corrected(tmp_path: Path) -> Path:
    folder = tmp_path / "corrected"
    (folder / "deep").mkdir(parents=True)
    MADE.to_textgrid(folder / "a.TextGrid")
    MADE.to_textgrid(folder / "deep" / "[b] 1.textgrid")
    (folder / "deep" / "[b] 1.wav").touch()
    (folder / "notes.txt").touch()
    return folder


def test_a_folder_is_mirrored_and_every_segment_arrives(corrected: Path, tmp_path: Path) -> None:
    done = export(corrected, tmp_path / "out", formats=("csv", "json"))
    assert [one.message for one in done] == ["", ""]
    assert sorted(path.relative_to(tmp_path / "out").as_posix() for one in done for path in one.files) == [
        "a.csv",
        "a.json",
        "deep/[b] 1.csv",
        "deep/[b] 1.json",
    ]
    with (tmp_path / "out" / "deep" / "[b] 1.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(float(row["start"]), float(row["end"]), row["label"]) for row in rows] == list(MADE.intervals())
    assert {row["recording"] for row in rows} == {"[b] 1.wav"}
    told = json.loads((tmp_path / "out" / "a.json").read_text("utf-8"))
    assert [one["label"] for one in told["segments"]] == ["h#", "ʃ", "iː"]
    assert told["provenance"] is None


def test_without_a_recording_tables_name_the_label_file_and_elan_links_nothing(tmp_path: Path) -> None:
    pytest.importorskip("pympi")
    MADE.to_textgrid(tmp_path / "a.b.TextGrid")
    for recording in ("", "a.b.wav"):
        if recording:
            (tmp_path / recording).touch()
        (one,) = export(tmp_path, formats=("csv", "json", "ctm", "elan"), overwrite=True)
        table, content, ctm, elan = (file.read_text("utf-8") for file in one.files)
        assert {row["recording"] for row in csv.DictReader(table.splitlines())} == {recording or "a.b"}
        assert json.loads(content)["recording"] == (recording or "a.b")
        assert ctm.startswith("a.b 1 0.0 ")
        assert ("MEDIA_URL" in elan) == bool(recording)


def test_what_is_read_is_never_replaced_and_what_is_there_only_on_demand(corrected: Path) -> None:
    path = corrected / "a.TextGrid"
    before = path.read_bytes()
    (corrected / "a.csv").write_text("mine")
    for overwrite in (False, True):
        (one,) = export(path, formats=("textgrid",), overwrite=overwrite)
        assert (one.files, "is there already" in one.message) == ((), True)
        assert path.read_bytes() == before
    (one,) = export(path)
    assert "a.csv: is there already" in one.message
    assert (corrected / "a.csv").read_text() == "mine"
    (one,) = export(path, overwrite=True)
    assert one.files == (corrected / "a.csv",)
    assert [segment.label for segment in read_reference(corrected / "a.csv")] == ["h#", "ʃ", "iː"]


def test_no_label_file_is_replaced_by_another_name_of_it(tmp_path: Path) -> None:
    MADE.to_textgrid(tmp_path / "a.textgrid")
    before = (tmp_path / "a.textgrid").read_bytes()
    os.link(tmp_path / "a.textgrid", tmp_path / "a.TextGrid")  # as on a disk that ignores case
    (one,) = export(tmp_path / "a.textgrid", formats=("textgrid",), overwrite=True)
    assert (one.files, one.message) == (
        (),
        f"{tmp_path / 'a.TextGrid'}: is there already. Choose another folder.",
    )
    assert (tmp_path / "a.textgrid").read_bytes() == before


def test_of_two_label_files_of_one_name_the_first_is_written(tmp_path: Path) -> None:
    for folder, time in (("1", 0.25), ("2", 0.75)):
        (tmp_path / folder).mkdir()
        Segmentation(np.array([time]), 1.0).to_textgrid(tmp_path / folder / "a.TextGrid")
    for _ in range(2):
        first, second = export([tmp_path / "1", tmp_path / "2"], tmp_path / "out", overwrite=True)
        assert (first.message, second.files) == ("", ())
        assert f"a.csv: is there already, with what {first.source} holds. Choose" in second.message
        assert read_reference(tmp_path / "out" / "a.csv").boundaries.tolist() == [0.25]


def test_what_cannot_be_listed_or_written_is_told_and_stops_no_other(
    tmp_path: Path, unlistable: Callable[[Path], Path]
) -> None:
    MADE.to_textgrid(tmp_path / "a.TextGrid")
    MADE.to_textgrid(tmp_path / f"{'n' * 246}.TextGrid")
    closed = unlistable(tmp_path / "closed")
    a, long, folder = export(tmp_path, tmp_path / "out", formats=("audacity",))
    assert a.files == (tmp_path / "out" / "a.labels.txt",)
    assert (long.files, "cannot be written (File name too long)" in long.message) == ((), True)
    assert (folder.source, folder.files) == (closed, ())
    assert "is a folder that cannot be listed" in folder.message


def test_one_damaged_file_stops_no_other(corrected: Path, tmp_path: Path) -> None:
    (corrected / "0.TextGrid").write_text("damaged")
    done = export([corrected, corrected / "a.TextGrid"], tmp_path / "out")
    assert [(one.source.name, bool(one.files)) for one in done] == [
        ("0.TextGrid", False),
        ("a.TextGrid", True),
        ("[b] 1.textgrid", True),
    ]
    assert "0.TextGrid: is not a Praat" in done[0].message


def test_what_cannot_be_asked_is_refused(corrected: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no format word"):
        export(corrected, formats=("word",))
    with pytest.raises(TextGridError, match="nowhere: does not exist"):
        export(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(TextGridError, match="empty: holds no TextGrids"):
        export(tmp_path / "empty")


def test_the_command_says_what_was_written_and_what_failed(
    corrected: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "out")
    assert main(["export", str(corrected), "-o", out, "--format", "csv,audacity"]) == 0
    assert capsys.readouterr().out == f"4 files written in {out}.\n"
    assert main(["export", str(corrected), "-o", out]) == 1
    said = capsys.readouterr()
    assert said.out == f"0 files written in {out}.\n"
    assert said.err.count("failed: ") == 2


@pytest.mark.parametrize("suffix", [".wav", ".FLAC", ".aif", ".sph", ".m4a"])
def test_a_recording_of_any_kind_beside_it_is_named(tmp_path: Path, suffix: str) -> None:
    MADE.to_textgrid(tmp_path / "a.b.TextGrid")
    (tmp_path / f"a.b{suffix}").touch()
    (one,) = export(tmp_path, formats=("json",))
    assert json.loads(one.files[0].read_text("utf-8"))["recording"] == f"a.b{suffix}"


def test_two_label_files_of_one_recording_are_not_mixed(tmp_path: Path) -> None:
    MADE.to_textgrid(tmp_path / "a.TextGrid")
    (tmp_path / "a.phn").write_text("0 8000 x\n8000 16000 y\n")
    first, second = export([tmp_path / "a.TextGrid", tmp_path / "a.phn"], tmp_path / "out")
    assert (first.message, second.files) == ("", ())
    assert f"with what {tmp_path / 'a.TextGrid'} holds" in second.message
    assert [segment.label for segment in read_reference(tmp_path / "out" / "a.csv")] == ["h#", "ʃ", "iː"]


def test_a_file_that_appears_or_changes_at_the_last_moment_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    MADE.to_textgrid(tmp_path / "a.TextGrid")
    table, move = tmp_path / "a.csv", os.fsync

    def saving(descriptor: int) -> None:
        move(descriptor)
        table.write_text("mine")

    monkeypatch.setattr(os, "fsync", saving)
    for _ in range(2):
        (one,) = export(tmp_path, overwrite=True)
        assert (one.files, "a.csv: was changed while phonseg was at work" in one.message) == ((), True)
        assert table.read_text() == "mine"
        table.write_text("yours")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.TextGrid", "a.csv"]


def test_the_name_of_the_tier_that_was_read_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pympi")
    MADE.to_textgrid(tmp_path / "a.TextGrid", tier="sounds")
    by_number = lambda path, tier: real(path, tier="sounds")  # noqa: E731  # whatever a reader takes for a name
    real = phonseg.batch.export.read_label_file
    monkeypatch.setattr(phonseg.batch.export, "read_label_file", by_number)
    (one,) = export(tmp_path, tmp_path / "out", formats=("textgrid", "elan"), tier="1")
    for file in one.files:
        assert [segment.label for segment in read_reference(file, tier="sounds")] == ["h#", "ʃ", "iː"]


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), MemoryError(), IndexError("7")])
def test_whatever_happens_to_one_label_file_the_others_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    for name in "ab":
        MADE.to_textgrid(tmp_path / f"{name}.TextGrid")
    real = phonseg.batch.export.read_label_file

    def stumble(path: Path, tier: str, sample_rate: int) -> LabelFile:
        if path.stem == "a":
            raise error
        return real(path, tier=tier, sample_rate=sample_rate)

    monkeypatch.setattr(phonseg.batch.export, "read_label_file", stumble)
    a, b = export(tmp_path)
    assert a.message.startswith(f"{tmp_path / 'a.TextGrid'}: cannot be exported (")
    assert (b.message, b.files) == ("", (tmp_path / "b.csv",))


def test_what_was_exported_over_the_automatic_table_counts_as_corrected(tmp_path: Path) -> None:
    shutil.copy(DEMO / "english.wav", tmp_path / "x.wav")
    how = {"formats": ("textgrid", "csv"), "progress": False, "executor": ThreadPoolExecutor(1)}
    segment_files(tmp_path, **how)
    MADE.to_textgrid(tmp_path / "x.TextGrid")
    assert "x.csv: is there already. Choose" in export(tmp_path / "x.TextGrid")[0].message
    (record,) = segment_files(tmp_path, **how)
    command = f"phonseg export {tmp_path / 'x.TextGrid'} --overwrite"
    assert (
        f"{tmp_path / 'x.csv'}: holds the automatic boundaries, not those of {tmp_path / 'x.TextGrid'}, which was "
        in (record.message)
    )
    assert f"{command} writes the corrected ones." in record.message
    assert main(command.split()[1:]) == 0
    labels = [segment.label for segment in read_reference(tmp_path / "x.csv")]
    for formats in (("textgrid", "csv"), ("csv",)):
        (record,) = segment_files(tmp_path, **{**how, "formats": formats}, sensitivity=0.3)
        assert record.status == "skipped"
        assert "x.csv: was changed after phonseg wrote it, so it is left alone" in record.message
        assert "automatic" not in record.message
    assert [segment.label for segment in read_reference(tmp_path / "x.csv")] == labels == ["h#", "ʃ", "iː"]


def test_the_rate_of_label_files_in_samples_can_be_given(tmp_path: Path) -> None:
    (tmp_path / "a.phn").write_text("0 8000 x\n8000 12000 y\n")
    export(tmp_path / "a.phn", formats=["json"], sample_rate=8_000)
    assert read_reference(tmp_path / "a.json").boundaries.tolist() == [1.0]


TURNS = Diarization((Turn(0.5, 2.0, "speaker 1"), Turn(1.75, 3.0, "Ms B")), 4.0)


def test_turns_are_exported_with_their_speakers(tmp_path: Path) -> None:
    TURNS.to_textgrid(tmp_path / "a.b.TextGrid", phones=Segmentation([0.75], 4.0))
    (rttm,) = export(tmp_path / "a.b.TextGrid", formats=["rttm"])
    (others,) = export(tmp_path, tmp_path / "out", formats=(name for name in ("csv", "json", "textgrid")), turns=True)
    assert [file.name for file in (*rttm.files, *others.files)] == ["a.b.rttm", "a.b.csv", "a.b.json", "a.b.TextGrid"]
    assert rttm.files[0].read_text("utf-8").splitlines() == [
        "SPEAKER a.b 1 0.5 1.5 <NA> <NA> speaker_1 <NA> <NA>",
        "SPEAKER a.b 1 1.75 1.25 <NA> <NA> Ms_B <NA> <NA>",
    ]
    for file in others.files:
        assert [turn[:3] for turn in read_turns(file)] == [turn[:3] for turn in TURNS]
    with others.files[0].open(encoding="utf-8", newline="") as table:
        assert {row["recording"] for row in csv.DictReader(table)} == {"a.b"}
    (tmp_path / "a.b.wav").touch()
    (named,) = export(tmp_path / "a.b.TextGrid", formats=["json"], turns=True)
    assert json.loads(named.files[0].read_text("utf-8"))["recording"] == "a.b.wav"


def test_an_rttm_file_holds_turns_and_becomes_a_textgrid(tmp_path: Path) -> None:
    TURNS.to_rttm(tmp_path / "a.rttm")
    (one,) = export(tmp_path / "a.rttm", formats=["textgrid"])
    assert read_turns(one.files[0]).speakers == ("speaker 1", "Ms_B")
    with pytest.raises(ConfigurationError, match="there is no format ctm of turns"):
        export(tmp_path / "a.rttm", formats=["ctm"])


def test_tiers_of_speakers_can_be_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (Path(shutil.copy(DEMO / "english.TextGrid", tmp_path))).read_text("utf-8")
    (tmp_path / "english.TextGrid").write_text(text.replace('"phones"', '"Ms B"'), "utf-8")
    with pytest.warns(PhonsegWarning, match='turns of a speaker: "Ms B"; left out: none'):
        export(tmp_path / "english.TextGrid", formats=["rttm"])
    (failed,) = export(tmp_path / "english.TextGrid", formats=["json"])
    assert failed.message.endswith(". If these are tiers of speakers, give --turns.")
    (failed,) = export(tmp_path / "english.TextGrid", formats=["json"], tier="words")
    assert "--turns" not in failed.message
    (one,) = export(tmp_path / "english.TextGrid", speaker_tiers=["Ms B"])
    assert read_turns(one.files[0]).speakers == ("Ms B",)
    command = ["export", str(tmp_path / "english.TextGrid"), "--overwrite", "--speaker-tier", "Ms B"]
    assert main(command) == 0
    assert read_turns(one.files[0]).speakers == ("Ms B",)
    assert main([*command, "--speaker-tier", "Ms C"]) == 1
    assert 'no tier is called "Ms C"' in capsys.readouterr().err
    assert main([*command, "--tier", "Ms B"]) != 0
    assert "--tier names a tier of segments, and turns are written" in capsys.readouterr().err
