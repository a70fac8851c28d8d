"""A preferences folder of Praat -> the plug-in in it, by which Praat calls phonseg; and its removal.

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
SCRIPTS = ("setup.praat", "to_textgrid.praat", "change_tempo.praat", "ask_phonseg.praat")
TEMPLATES = Path(__file__).parent
OURS = b"# phonseg's plug-in for Praat"  # the beginning of each of our scripts
LEFT_BEHIND = re.compile(
    r"phonseg-\d+(-\d+(-new)?)?\.(request|failed|warned|wav|TextGrid)"
)  # the files of a call, which stay if it is cut short
PLAIN = re.compile(r"[A-Za-z0-9 /\\:._~+()@%,=-]+")  # has no special meaning between the quotes of a Praat script


def preferences_folders(platform: str, home: Path, environment: Mapping[str, str]) -> tuple[Path, Path]:
    """Returns where Praat 6 and Praat 7 keep their preferences.

    Args:
        platform: as in `sys.platform`.
        home: the home folder of the person.
        environment: the environment variables.
    """
    if platform == "win32":
        return home / "Praat", Path(environment.get("APPDATA") or home / "AppData" / "Roaming") / "Praat"
    if platform == "darwin":
        library = home / "Library"
        return library / "Preferences" / "Praat Prefs", library / "Application Support" / "Praat"
    return home / ".praat-dir", Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "praat"


def own_preferences_folders() -> tuple[Path, Path]:
    """Returns where Praat 6 and Praat 7 keep the preferences of the person who runs this process.

    Raises:
        ConfigurationError: if the home folder is not known.
    """
    try:
        return preferences_folders(sys.platform, Path.home(), os.environ)
    except RuntimeError as error:
        raise ConfigurationError(f"praat: your home folder is not known ({error}). Give --folder.") from error


def install(folder: str | Path | None = None, *, python: str = sys.executable) -> list[Path]:
    """Writes the plug-in; an older one is replaced.

    Args:
        folder: Praat's preferences folder; None for those of Praat 6 and 7, or for the one of them that exists.
        python: the path of the Python that has phonseg; a relative path becomes absolute.

    Returns:
        The folders of the plug-in.

    Raises:
        OutputError: if a folder or a script of that name was not written by phonseg, or nothing can be written.
        ConfigurationError: if no Praat script can hold the path of Python, or the home folder is not known.
    """
    scripts = {name: script(name, python) for name in SCRIPTS}
    plugins = _plugins(folder)
    for plugin in plugins:
        _check_ours(plugin)
    for plugin in plugins:
        make_folder(plugin)
        for name, text in scripts.items():
            with replacing(plugin / name) as partial:
                partial.write_text(text, encoding="ascii", newline="\n")
    return plugins


def uninstall(folder: str | Path | None = None) -> tuple[list[Path], list[Path]]:
    """Removes what `install` wrote, and what calls that were cut short have left there.

    Args:
        folder: Praat's preferences folder; None for those of Praat 6 and 7.

    Returns:
        The folders that the plug-in was removed from, and the files of others, which stay in them. A folder that is
        empty afterwards is removed too.

    Raises:
        OutputError: if something cannot be removed.
        ConfigurationError: if the home folder is not known.
    """
    emptied = [plugin for plugin in _plugins(folder) if _has_our_script(plugin)]
    stays: list[Path] = []
    for plugin in emptied:
        with as_output_error(plugin):
            for path in sorted(plugin.iterdir()):
                if _is_ours(path):
                    path.unlink()
                else:
                    stays.append(path)
            with suppress(OSError):
                plugin.rmdir()
    return emptied, stays


def script(name: str, python: str) -> str:
    """Returns the text of a script, in ASCII alone, so that no encoding can spoil it.

    Args:
        name: one of `SCRIPTS`.
        python: the path of the Python that the script calls.

    Raises:
        ConfigurationError: if the path is empty, or no Praat script can hold it.
    """
    if not python:
        raise ConfigurationError("praat: Python does not know its own path. Start phonseg by the full path of Python.")
    text = (TEMPLATES / name).read_text(encoding="ascii")
    return text.replace("{python}", quoted(os.path.abspath(python)))  # links stay: resolving them would leave a venv


def quoted(text: str) -> str:
    """Returns text as a Praat expression.

    Between quotes, Praat replaces 'x' by the value of the variable x. So every character that may have a special
    meaning is written as its number.

    Args:
        text: for example a path.

    Raises:
        ConfigurationError: if the text holds bytes that are not characters, as the name of a file can.
    """
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ConfigurationError(f"{text!r}: holds bytes that are not characters; Praat cannot call it. Rename it.")
    runs = re.findall(f"{PLAIN.pattern}|.", text, flags=re.DOTALL)
    return " + ".join(f'"{run}"' if PLAIN.fullmatch(run) else f"unicode$ ({ord(run)})" for run in runs) or '""'


def _plugins(folder: str | Path | None) -> list[Path]:
    """The folders of the plug-in: in the preferences folders that exist, or in all if none does."""
    places = own_preferences_folders() if folder is None else (Path(folder),)
    there = [place for place in places if os.path.isdir(place)]
    return [place.absolute() / NAME for place in there or places]


def _check_ours(plugin: Path) -> None:
    """Raises OutputError if installing would replace, or mix with, what phonseg did not write."""
    if not os.path.lexists(plugin):
        return
    if not os.path.isdir(plugin):
        raise OutputError(f"{plugin}: is not a folder. Move it away, and install again.")
    with as_output_error(plugin):
        foreign = [path for path in sorted(plugin.iterdir()) if not _is_ours(path)]
    installed = _has_our_script(plugin)
    for path in foreign:
        if path.name in SCRIPTS or not installed:
            name = path if installed else plugin
            raise OutputError(f"{name}: was not written by phonseg ({path.name}). Move it away, and install again.")


def _has_our_script(plugin: Path) -> bool:
    return any(_is_ours(plugin / name) for name in SCRIPTS)


def _is_ours(path: Path) -> bool:
    """Whether phonseg wrote a file, by its name and, for a script, its beginning."""
    if path.name not in SCRIPTS:
        return bool(LEFT_BEHIND.fullmatch(path.name)) and not path.is_dir()
    with suppress(OSError), open(path, "rb") as file:
        return file.read(len(OURS)) == OURS
    return False
