"""Label files in other formats: what was read is what is written, and nothing that is there is lost."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from phonseg import export, read_reference
from phonseg.cli.main import main
from phonseg.errors import ConfigurationError, TextGridError
from phonseg.timeline.segmentation import Segmentation

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
        assert "a.csv: is there already" in second.message
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
