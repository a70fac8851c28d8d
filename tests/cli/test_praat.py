from __future__ import annotations

from pathlib import Path

import pytest

from phonseg.cli.main import main
from phonseg.praat import plugin as praat_plugin
from phonseg.praat.plugin import NAME, SCRIPTS


def test_what_is_installed_and_removed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(praat_plugin, "own_preferences_folders", lambda: (tmp_path / "old", tmp_path / "new"))
    (tmp_path / "old").mkdir()
    plugin = tmp_path / "old" / NAME
    assert main(["praat", "install"]) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"{plugin} written.\n")
    assert "Select a Sound" in told
    assert main(["praat", "uninstall"]) == 0
    assert capsys.readouterr().out.startswith(f"{plugin} removed.\n")
    assert main(["praat", "uninstall"]) == 0
    assert capsys.readouterr().out == "There was nothing to remove.\n"


def test_what_stays_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["praat", "install", "--folder", str(tmp_path)]) == 0
    (tmp_path / NAME / "notes.txt").touch()
    assert main(["praat", "uninstall", "--folder", str(tmp_path)]) == 0
    told = capsys.readouterr().out
    assert f"What phonseg wrote in {tmp_path / NAME} is removed." in told
    assert f"{tmp_path / NAME / 'notes.txt'} stays" in told


def test_a_foreign_folder_is_an_error_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / NAME).mkdir()
    (tmp_path / NAME / SCRIPTS[0]).write_text("made by hand")
    assert main(["praat", "install", "--folder", str(tmp_path)]) == 4
    assert capsys.readouterr().err.startswith(f"phonseg: {tmp_path / NAME}: was not written by phonseg")


def test_an_answer_says_by_its_code_and_its_file_what_failed(tmp_path: Path) -> None:
    assert main(["praat", "answer", str(tmp_path / "phonseg-1.request")]) == 1
    assert "cannot be read" in (tmp_path / "phonseg-1.failed").read_text(encoding="utf-8")
