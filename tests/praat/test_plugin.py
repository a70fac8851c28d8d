from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from phonseg.errors import ConfigurationError, OutputError
from phonseg.praat import plugin as praat_plugin
from phonseg.praat.plugin import NAME, SCRIPTS, install, preferences_folders, quoted, script, uninstall

HOME = Path("home")
CALL = 'runSubprocess: python$, "-P", "-X", "utf8", "-m", "phonseg", "praat", "answer", request$'


def unquoted(expression: str) -> str:
    """What a Praat expression of strings in quotes and of `unicode$ (...)` stands for."""
    parts = re.findall(r'"([^"]*)"|unicode\$ \((\d+)\)', expression)
    assert " + ".join(f"unicode$ ({number})" if number else f'"{text}"' for text, number in parts) == expression
    return "".join(chr(int(number)) if number else text for text, number in parts)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_whatever_a_path_holds_stands_in_the_script_as_plain_ascii(path: str) -> None:
    expression = quoted(path)
    assert unquoted(expression) == path
    assert expression.isascii()
    assert "'" not in expression  # Praat would put the value of a variable there
    assert "\n" not in expression


def test_a_path_that_is_no_text_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="holds bytes that are not characters"):
        quoted(os.fsdecode(b"/\xff/python"))


def test_the_script_holds_the_absolute_path_and_follows_no_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a b").mkdir()
    Path("a b", "python").symlink_to(sys.executable)
    (line,) = [line for line in script("ask_phonseg.praat", "a b/python").splitlines() if "python$ =" in line]
    assert unquoted(line.strip().removeprefix("python$ = ")) == str(tmp_path / "a b" / "python")
    with pytest.raises(ConfigurationError, match="Python does not know its own path"):
        script("to_textgrid.praat", "")


def test_the_scripts_say_what_praat_needs() -> None:
    setup, command, tempo, shared = (script(name, "/usr/bin/python3") for name in SCRIPTS)
    assert 'Add action command: "Sound", 0, ' in setup
    assert '"To TextGrid (phonseg)...", "To TextGrid...", 1, "to_textgrid.praat"' in setup
    assert "real Sensitivity 0.5" in command
    assert "word Channel mix" in command
    assert "positive Factor 0.8" in tempo
    assert '"Change tempo (phonseg)...", "", 0, "change_tempo.praat"' in setup
    assert CALL in shared
    assert 'python$ = "/usr/bin/python3"' in shared
    assert "{" not in setup + command + tempo + shared


def test_installed_twice_is_installed_once(tmp_path: Path) -> None:
    (plugin,) = install(tmp_path)
    assert plugin == tmp_path / NAME
    before = {path.name: path.read_bytes() for path in plugin.iterdir()}
    assert sorted(before) == sorted(SCRIPTS)
    assert install(tmp_path) == [plugin]
    assert {path.name: path.read_bytes() for path in plugin.iterdir()} == before


@pytest.mark.parametrize("name", ["notes.txt", "setup.praat", "to_textgrid.praat"])
def test_what_others_wrote_is_never_replaced(tmp_path: Path, name: str) -> None:
    plugin = tmp_path / NAME
    plugin.mkdir()
    (plugin / name).write_text("made by hand")
    with pytest.raises(OutputError, match="was not written by phonseg"):
        install(tmp_path)
    assert uninstall(tmp_path) == ([], [])
    assert [path.read_text() for path in plugin.iterdir()] == ["made by hand"]


def test_a_script_of_others_among_ours_is_not_replaced(tmp_path: Path) -> None:
    (plugin,) = install(tmp_path)
    (plugin / "setup.praat").write_text("made by hand")
    with pytest.raises(OutputError, match=r"setup\.praat: was not written by phonseg"):
        install(tmp_path)
    assert uninstall(tmp_path) == ([plugin], [plugin / "setup.praat"])
    assert [path.name for path in plugin.iterdir()] == ["setup.praat"]


def test_a_file_in_the_place_of_the_folder_stays(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("no folder")
    with pytest.raises(OutputError, match="is not a folder"):
        install(tmp_path)
    assert uninstall(tmp_path) == ([], [])


def test_uninstall_removes_what_is_ours_alone(tmp_path: Path) -> None:
    (plugin,) = install(tmp_path)
    for left in ("phonseg-123456789-1.wav", "phonseg-123456789.request", "phonseg-9-12.TextGrid", "phonseg-9.failed"):
        (plugin / left).touch()
    for other in ("notes.txt", "phonseg-1.wav.txt", "phonseg-x.wav"):
        (plugin / other).touch()
    assert uninstall(tmp_path) == (
        [plugin],
        [plugin / name for name in ("notes.txt", "phonseg-1.wav.txt", "phonseg-x.wav")],
    )
    assert uninstall(tmp_path) == ([], [])
    assert len(list(plugin.iterdir())) == 3


def test_uninstall_leaves_no_empty_folder(tmp_path: Path) -> None:
    install(tmp_path / "new")
    assert uninstall(tmp_path / "new") == ([tmp_path / "new" / NAME], [])
    assert list((tmp_path / "new").iterdir()) == []


def test_the_preferences_folders_are_those_of_praats_manual() -> None:
    assert preferences_folders("linux", HOME, {}) == (HOME / ".praat-dir", HOME / ".config" / "praat")
    assert preferences_folders("linux", HOME, {"XDG_CONFIG_HOME": "xdg"})[1] == Path("xdg", "praat")
    assert preferences_folders("darwin", HOME, {}) == (
        HOME / "Library" / "Preferences" / "Praat Prefs",
        HOME / "Library" / "Application Support" / "Praat",
    )
    assert preferences_folders("win32", HOME, {}) == (HOME / "Praat", HOME / "AppData" / "Roaming" / "Praat")
    assert preferences_folders("win32", HOME, {"APPDATA": "roaming"})[1] == Path("roaming", "Praat")


def test_it_goes_where_praat_has_been_and_else_where_it_may_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    monkeypatch.setattr(praat_plugin, "own_preferences_folders", lambda: (old, new))
    assert install() == [old / NAME, new / NAME]
    assert uninstall() == ([old / NAME, new / NAME], [])
    old.rmdir()
    assert install() == [new / NAME]
    assert uninstall() == ([new / NAME], [])


def test_nothing_is_written_where_one_of_two_folders_is_foreign(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    monkeypatch.setattr(praat_plugin, "own_preferences_folders", lambda: (old, new))
    (new / NAME).mkdir(parents=True)
    (new / NAME / "setup.praat").write_text("made by hand")
    old.mkdir()
    with pytest.raises(OutputError, match="was not written by phonseg"):
        install()
    assert list(old.iterdir()) == []


def test_a_person_without_a_home_is_asked_for_a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(ConfigurationError, match=r"home folder is not known .* Give --folder"):
        install()
