"""The plug-in by which Praat calls phonseg: where it goes, its scripts, and how it is taken away again.

Praat runs `setup.praat` of every folder `plugin_*` in its preferences folder when it starts. Praat 7 has another
preferences folder than Praat 6 (Praat manual, "Preferences folder" and "Plug-ins").
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from phonseg.errors import ConfigurationError, OutputError
from phonseg.system.atomic_files import as_output_error, make_folder, replacing

NAME = "plugin_phonseg"
SCRIPTS = ("setup.praat", "to_textgrid.praat")
TEMPLATES = Path(__file__).parent
OURS = b"# phonseg's plug-in for Praat"  # how each of our scripts begins
LEFT = re.compile(r"phonseg-\d+(-\d+)?\.(request|failed|warned|wav|TextGrid)")  # what goes to phonseg and comes back
PLAIN = re.compile(r"[A-Za-z0-9 /\\:._~+()@%,=-]+")  # what means itself between the quotes of a Praat script


def preferences_folders(platform: str, home: Path, environment: Mapping[str, str]) -> tuple[Path, Path]:
    """Where Praat 6 and Praat 7 keep their preferences. platform: as in `sys.platform`; home: of the person."""
    if platform == "win32":
        return home / "Praat", Path(environment.get("APPDATA") or home / "AppData" / "Roaming") / "Praat"
    if platform == "darwin":
        library = home / "Library"
        return library / "Preferences" / "Praat Prefs", library / "Application Support" / "Praat"
    return home / ".praat-dir", Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "praat"


def own_preferences_folders() -> tuple[Path, Path]:
    """Those of whoever runs this process. Raises ConfigurationError where the system does not tell."""
    try:
        return preferences_folders(sys.platform, Path.home(), os.environ)
    except RuntimeError as error:
        raise ConfigurationError(f"praat: your home folder is not known ({error}). Give --folder.") from error


def install(folder: str | Path | None = None, *, python: str = sys.executable) -> list[Path]:
    """Write the plug-in and return its folders; where it is already, it is written anew.

    folder: Praat's preferences folder; by default those of Praat 6 and 7, as far as they exist, and both of them where
    Praat has never been started. python: the interpreter that has phonseg; its path becomes absolute.

    Raises OutputError where a folder or a script of that name is not ours, and where nothing can be written;
    ConfigurationError for a path of Python that no Praat script can hold.
    """
    if folder is None:
        known = own_preferences_folders()
        chosen = [place for place in known if place.is_dir()] or list(known)
    else:
        chosen = [Path(folder)]
    scripts = {name: script(name, python) for name in SCRIPTS}
    plugins = [place.absolute() / NAME for place in chosen]
    for plugin in plugins:
        _check_ours(plugin)
    for plugin in plugins:
        make_folder(plugin)
        for name, text in scripts.items():
            with replacing(plugin / name) as partial:
                partial.write_text(text, encoding="ascii", newline="\n")
    return plugins


def uninstall(folder: str | Path | None = None) -> tuple[list[Path], list[Path]]:
    """Remove what `install` wrote, and what calls that were cut short have left there.

    Returns the plug-in's folders that it was removed from, and what stays in them since it is not ours; a folder in
    which nothing stays is removed itself. folder: as for `install`, by default those of Praat 6 and 7. Raises
    OutputError where something cannot be removed.
    """
    places = own_preferences_folders() if folder is None else (Path(folder),)
    emptied: list[Path] = []
    stays: list[Path] = []
    for plugin in (place.absolute() / NAME for place in places):
        if not any(_is_ours(plugin / name) for name in SCRIPTS):
            continue
        with as_output_error(plugin):
            for path in sorted(plugin.iterdir()):
                if _is_ours(path):
                    path.unlink()
                else:
                    stays.append(path)
            with suppress(OSError):
                plugin.rmdir()
        emptied.append(plugin)
    return emptied, stays


def script(name: str, python: str) -> str:
    """The text of one of the `SCRIPTS`, for the interpreter `python`; ASCII alone, so that no encoding can spoil it."""
    text = (TEMPLATES / name).read_text(encoding="ascii")
    if not python:
        raise ConfigurationError("praat: Python does not know its own path. Start phonseg by the full path of Python.")
    return text.replace("{python}", quoted(os.path.abspath(python)))  # not resolved: that would leave a venv


def quoted(text: str) -> str:
    """Text as a Praat expression. Raises ConfigurationError for a name of a file that is no text.

    In quotes, Praat replaces 'x' by the value of a variable x; whatever is not plain goes by its number.
    """
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ConfigurationError(f"{text!r}: holds bytes that are no characters; Praat cannot call it. Rename it.")
    runs = re.findall(f"{PLAIN.pattern}|.", text, flags=re.DOTALL)
    return " + ".join(f'"{run}"' if PLAIN.fullmatch(run) else f"unicode$ ({ord(run)})" for run in runs) or '""'


def _check_ours(plugin: Path) -> None:
    if os.path.lexists(plugin) and not plugin.is_dir():
        raise OutputError(f"{plugin}: is no folder. Move it away, and install again.")
    foreign = [path for path in _listed(plugin) if not _is_ours(path)]
    if foreign and not any(_is_ours(plugin / name) for name in SCRIPTS):
        raise OutputError(f"{plugin}: was not written by phonseg ({foreign[0].name}). Move it away, and install again.")
    for path in foreign:
        if path.name in SCRIPTS:
            raise OutputError(f"{path}: was not written by phonseg. Move it away, and install again.")


def _listed(plugin: Path) -> list[Path]:
    if not plugin.is_dir():
        return []
    with as_output_error(plugin):
        return sorted(plugin.iterdir())


def _is_ours(path: Path) -> bool:
    """Whether a file was written by us, as its name says and, for a script, its beginning."""
    if path.name not in SCRIPTS:
        return bool(LEFT.fullmatch(path.name)) and not path.is_dir()
    try:
        with open(path, "rb") as file:
            return file.read(len(OURS)) == OURS
    except OSError:
        return False
