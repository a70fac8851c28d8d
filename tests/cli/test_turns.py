"""`phonseg evaluate` and `phonseg changes` of turns of speakers."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from turns_of_speakers import write_rttm

from phonseg.cli.main import main
from phonseg.timeline.segmentation import Segmentation


@pytest.fixture
def folders(tmp_path: Path) -> tuple[str, str]:
    write_rttm(tmp_path / "ref/a.rttm", [(0, 4, "Anna"), (4, 8, "Ben")])
    write_rttm(tmp_path / "out/a.rttm", [(0, 4, "speaker_1"), (4, 7, "speaker_2")])
    return str(tmp_path / "ref"), str(tmp_path / "out")


def test_rttm_files_and_folders_of_them_are_scored_as_turns(
    folders: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    files = [f"{folder}/a.rttm" for folder in folders]
    assert main(["evaluate", *files]) == 0
    printed = capsys.readouterr().out
    assert "no collar            12.5 %       12.5 %        0.0 %        0.0 %\n" in printed
    assert "who is who: speaker 1 = Anna; speaker 2 = Ben" in printed
    assert main(["evaluate", *files, "--json", "--collar", "0.25"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["collar"], told["reference_seconds"], told["missed_seconds"]) == (0.25, 7.0, 0.75)
    assert told["without_collar"]["error_rate"] == 0.125
    assert main(["evaluate", *folders, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["total"]["error_rate"], told["total"]["count_exact"], list(told["files"])) == (0.125, 1.0, ["a"])
    Path(folders[0], "b.rttm").touch()
    assert main(["evaluate", *folders]) == 1
    assert "1 could not be scored:\n" in capsys.readouterr().out


def test_a_textgrid_of_speakers_is_scored_against_an_rttm_file(
    folders: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "both.TextGrid"
    Segmentation([4.0], 8.0, labels=["Anna", ""]).to_textgrid(path, tier="Anna")
    Segmentation([4.0], 8.0, labels=["", "Ben"]).to_textgrid(path, tier="Ben", into=path)
    for command in (
        ["evaluate", str(path), f"{folders[1]}/a.rttm"],
        ["evaluate", f"{folders[1]}/a.rttm", str(path)],
        ["evaluate", str(path), str(path), "--rttm"],
    ):
        assert main(command) == 0
        assert "error rate" in capsys.readouterr().out


def test_textgrids_beside_rttm_files_are_scored_unless_rttm_is_given(
    folders: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in folders:
        Segmentation([1.0, 2.0], 8.0, labels=["a", "b", "c"]).to_textgrid(f"{folder}/a.TextGrid")
    command = ["evaluate", *folders, "--json"]
    assert main(command) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["total"]["n_reference"] == 2
    assert f"warning: {folders[0]}: the RTTM files in it do not count. To compare who speaks when, give" in said.err
    assert main([*command, "--rttm"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["total"]["reference_seconds"] == 8.0
    assert "do not count" not in said.err
    assert main(["changes", *folders, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["unchanged"] == 2
    assert main(["changes", *folders, "--json", "--rttm"]) == 0
    assert json.loads(capsys.readouterr().out)["moved"] == 1


BOUNDARIES_ONLY = [
    "--tier x",
    "--reference-tier x",
    "--prediction-tier x",
    "--sample-rate 16000",
    "--tolerance 0.02",
    "--tolerance 0",
]
BOUNDARIES_ONLY += ["--labelled-only", "--lenient", "--figure x.png", "--recordings .", "--model default"]


@pytest.mark.parametrize("option", BOUNDARIES_ONLY)
def test_options_for_boundaries_are_refused_for_turns(
    folders: tuple[str, str], capsys: pytest.CaptureFixture[str], option: str
) -> None:
    assert main(["evaluate", *folders, *option.split()]) == 2
    name = option.split()[0]
    expected = f"phonseg: {name} is for boundaries, and turns of speakers are compared. Leave it out.\n"
    assert capsys.readouterr().err == expected


@pytest.mark.parametrize("option", ["--within 0.05", "--tier phones", "--automatic-tier x", "--corrected-tier x"])
def test_options_for_boundaries_are_refused_for_changes_of_turns(
    folders: tuple[str, str], capsys: pytest.CaptureFixture[str], option: str
) -> None:
    assert main(["changes", *folders, *option.split()]) == 2
    assert f"{option.split()[0]} is for boundaries" in capsys.readouterr().err


def test_a_collar_is_refused_for_boundaries_and_out_of_its_range(
    folders: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x.TextGrid"
    Segmentation([1.0], 2.0, labels=["a", "b"]).to_textgrid(path)
    assert main(["evaluate", str(path), str(path), "--collar", "0"]) == 2
    assert capsys.readouterr().err == "phonseg: --collar is for turns of speakers. Give RTTM files, or --rttm.\n"
    assert main(["evaluate", *folders, "--collar", "250"]) == 2
    assert "collar is 250 s, longer than most turns. 250 ms? Then give 0.250." in capsys.readouterr().err


def test_changes_of_turns_are_listed(folders: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    automatic, corrected = folders[1], folders[0]
    assert main(["changes", automatic, corrected]) == 0
    printed = capsys.readouterr().out
    assert "renamed in a: speaker 1 -> Anna; speaker 2 -> Ben" in printed
    assert "turns: 1 unchanged, 1 moved, 0 given to another speaker (reassigned), 0 added, 0 removed" in printed
    assert "speaking time: 1.00 s added, 0.00 s removed" in printed
    assert main(["changes", automatic, corrected, "--csv"]) == 0
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert (row["file"], row["change"], row["end_before"], row["end_after"]) == ("a", "moved", "7.0", "8.0")
    assert main(["changes", automatic, corrected, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["added_seconds"] == 1.0
    Path(automatic, "b.rttm").touch()
    assert main(["changes", automatic, corrected, "--csv"]) == 1
    assert capsys.readouterr().err.startswith("failed: ")


def test_a_file_and_a_folder_are_refused(folders: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", folders[0], f"{folders[1]}/a.rttm"]) == 2
    assert "one of the two is a folder" in capsys.readouterr().err
    assert main(["evaluate", f"{folders[0]}/a.rttm", "none.rttm"]) == 1
    assert "none.rttm: does not exist" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--turns", "--rttm"])
def test_the_option_for_turns_has_two_names(folders: tuple[str, str], option: str) -> None:
    path = Path(folders[0], "a.TextGrid")
    Segmentation([4.0], 8.0, labels=["Anna", ""]).to_textgrid(path, tier="Anna")
    for command in ("evaluate", "changes"):
        assert main([command, str(path), str(path), option]) == 0


@pytest.mark.parametrize("command", ["evaluate", "changes"])
def test_where_tiers_of_speakers_are_taken_for_sounds_the_option_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    paths = [tmp_path / "in/a.TextGrid", tmp_path / "out/a.TextGrid"]
    for path in paths:
        path.parent.mkdir()
        Segmentation([4.0], 8.0, labels=["Anna", ""]).to_textgrid(path, tier="Anna")
        Segmentation([4.0], 8.0, labels=["", "Ben"]).to_textgrid(path, tier="Ben", into=path)
    advice = "Give the name or the number of one interval tier. If these are tiers of speakers, give --rttm.\n"
    assert main([command, *map(str, paths)]) == 1
    assert capsys.readouterr().err.endswith(advice)
    assert main([command, *(str(path.parent) for path in paths)]) == 1
    assert capsys.readouterr().out.endswith(advice)
    assert main([command, *map(str, paths), "--tier", "phones"]) == 1
    assert "--rttm" not in capsys.readouterr().err
