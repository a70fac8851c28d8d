"""The house itself: public names, what an import loads, sizes of rooms, versions, and the commands of the README."""

from __future__ import annotations

import ast
import configparser
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import phonseg

ROOT = Path(__file__).resolve().parent.parent
ROOMS = sorted((ROOT / "phonseg").rglob("*.py"))
HEAVY = {"numpy", "torch", "scipy", "librosa", "matplotlib", "parselmouth"}


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, encoding="utf-8")


def loaded(*arguments: str) -> set[str]:
    """The modules that `python ARGUMENTS` imports on its way."""
    lines = run(sys.executable, "-X", "importtime", *arguments).stderr.splitlines()
    return {line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:")}


@pytest.fixture(scope="module")
def setup() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def test_public_names() -> None:
    assert set(phonseg.__all__) == {
        *("TrainingSettings", "bootstrap", "matched_pairs", "export", "Segment"),
        *("diarize", "Diarization", "Turn"),
        *("change_tempo", "change_tempo_files", "time_map", "TempoChange", "TimeMap"),
        *(
            "segment",
            "load",
            "Segmenter",
            "train",
            "adapt",
            "segment_files",
            "diarize_files",
            "check",
            "evaluate",
            "evaluate_diarization",
            "plot_score",
            "Score",
            "CorpusScore",
            "changes",
            "Changes",
            "Change",
            "Decision",
            "read_reference",
        ),
        *(
            "read_turns",
            "read_textgrid",
            "Segmentation",
            "FrameGrid",
            "Provenance",
            "PhonsegError",
            "PhonsegWarning",
            "__version__",
        ),
    }
    assert dir(phonseg) == sorted(phonseg.__all__)


@pytest.mark.parametrize("name", [name for name in phonseg.__all__ if name != "__version__"])
def test_every_public_name_resolves_to_what_it_names(name: str) -> None:
    found = getattr(phonseg, name)
    assert callable(found)
    assert found.__name__ == name
    assert found.__doc__.strip()


def test_type_checkers_see_the_same_names_from_the_same_homes() -> None:
    tree = ast.parse((ROOT / "phonseg" / "__init__.py").read_text("utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    seen = {name.asname: node.module for node in imports for name in node.names if name.asname}
    assert seen == {name: getattr(phonseg, name).__module__ for name in phonseg.__all__ if name != "__version__"}


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'phonseg' has no attribute 'nonsense'"):
        phonseg.nonsense  # noqa: B018


def test_no_package_or_module_has_a_public_name() -> None:
    beside = {path.stem for path in (ROOT / "phonseg").iterdir()}
    assert beside.isdisjoint(phonseg.__all__)


def test_import_is_light() -> None:
    assert {name for name in loaded("-c", "import phonseg") if name.startswith("phonseg")} == {"phonseg"}
    assert not HEAVY & loaded("-c", "import phonseg")


def test_help_is_light() -> None:
    modules = loaded("-m", "phonseg", "--help")
    assert "phonseg.cli.main" in modules
    assert not HEAVY & modules


@pytest.mark.parametrize(
    "room",
    [
        "timeline.grid",
        "detection.peaks",
        "annotation.textgrid.reader",
        "evaluation.pairs.pairing",
        "evaluation.evaluate",
    ],
)
def test_scoring_textgrids_needs_no_neural_network(room: str) -> None:
    modules = loaded("-c", f"import phonseg.{room}")
    assert f"phonseg.{room}" in modules
    assert not {"torch", "parselmouth", "matplotlib"} & modules


def test_modules_are_small() -> None:
    lines = {str(room): len(room.read_text("utf-8").splitlines()) for room in ROOMS}
    assert {name: count for name, count in lines.items() if count > 250} == {}


def test_folders_hold_few_modules_and_each_says_what_it_is_for() -> None:
    modules = {folder: [room for room in ROOMS if room.parent == folder] for folder in {room.parent for room in ROOMS}}
    most = {"phonseg": 4, "cli": 18}  # with __init__.py
    assert {folder.name for folder, inside in modules.items() if len(inside) > most.get(folder.name, 14)} == set()
    for folder in modules:
        text = (folder / "__init__.py").read_text("utf-8")
        assert folder == ROOT / "phonseg" or (text.count("\n") <= 5 and len(ast.parse(text).body) == 1), folder


def test_functions_are_short() -> None:
    long = [
        f"{room.stem}.{node.name}"
        for room in ROOMS
        for node in ast.walk(ast.parse(room.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and node.end_lineno - (node.body[0].end_lineno or 0) >= 40
    ]
    assert long == []


def test_tests_lie_in_the_folders_of_what_they_test() -> None:
    folders = {path.parent.relative_to(ROOT / "tests") for path in (ROOT / "tests").rglob("test_*.py")}
    assert {path for path in folders if not (ROOT / "phonseg" / path).is_dir()} == {Path("benchmarks")}


def test_packages_stand_on_ten_floors(setup: configparser.ConfigParser) -> None:
    floors = setup["importlinter:contract:layers"]["layers"].split("\n")[1:]
    assert len(floors) == 10
    named = {name.strip("()") for floor in floors for name in re.split(r" [|:] ", floor)}
    assert named == {
        path.stem for path in (ROOT / "phonseg").iterdir() if path.name not in {"__init__.py", "models", "py.typed"}
    } - {"__pycache__"}


GLOSSARY = (
    *("hearing", "lesson", "ledger", "roughen", "curriculum", "chatter"),
    *("listening", "spelling", "pieces", "conventions", "tally"),
)


def test_no_name_needs_a_glossary() -> None:
    names = {
        (room.name, str(name))
        for room in ROOMS
        for node in ast.walk(ast.parse(room.read_text("utf-8")))
        for name in (getattr(node, "name", None), getattr(node, "id", None), getattr(node, "arg", None))
        if name
    } | {(room.name, part) for room in ROOMS for part in room.parts}
    assert [(room, name) for room, name in names if any(word in name.lower() for word in GLOSSARY)] == []


def public(node: ast.Module | ast.ClassDef) -> Iterator[ast.FunctionDef | ast.ClassDef]:
    """The public functions and classes in a module, and the public methods of these."""
    for inside in node.body:
        if isinstance(inside, (ast.FunctionDef, ast.ClassDef)) and not inside.name.startswith("_"):
            yield inside
            if isinstance(inside, ast.ClassDef):
                yield from public(inside)


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: str(room.relative_to(ROOT)))
def test_docstrings_name_every_argument_and_attribute(room: Path) -> None:
    missing = []
    if room.parent.name == "cli" and room.name not in ("main.py", "options.py"):
        return  # phonseg/cli/__init__.py says what the modules of commands share
    for node in public(ast.parse(room.read_text("utf-8"))):
        text = ast.get_docstring(node) or ""
        section, names = "Args", []
        if isinstance(node, ast.ClassDef):
            section = "Attributes"
            names = [one.target.id for one in node.body if isinstance(one, ast.AnnAssign)]  # type: ignore[union-attr]
        elif not any(getattr(one, "id", "") in ("overload", "property") for one in node.decorator_list):
            names = [one.arg for one in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
        told = re.search(rf"^{section}:\n((?:    .*\n|\n)*)", text + "\n", flags=re.MULTILINE)
        found = re.findall(r"^    (\w+):", told[1], flags=re.MULTILINE) if told else []
        lost = [name for name in names if name not in ("self", "cls", *found) and not name.startswith("_")]
        missing += [f"{node.name}: {', '.join(lost)}"] if lost else []
    assert missing == []


def test_version_stands_in_one_place(setup: configparser.ConfigParser) -> None:
    version = setup["metadata"]["version"]
    citation = (ROOT / "CITATION.cff").read_text("utf-8")
    assert re.findall(r"^version: (\S+)$", citation, flags=re.MULTILINE) == [version]
    assert phonseg.__version__ == version


def test_the_oldest_dependencies_are_the_lower_bounds(setup: configparser.ConfigParser) -> None:
    bounds = (
        setup["options"]["install_requires"]
        + "".join(setup["options.extras_require"][extra] for extra in ("m4a", "elan"))
    ).split()
    oldest = re.sub("#.*", "", (ROOT / "constraints-oldest.txt").read_text("utf-8")).split()
    assert oldest == [bound.replace(">=", "==") for bound in bounds]


def test_the_tested_versions_cover_every_dependency(setup: configparser.ConfigParser) -> None:
    tested = set(re.findall(r"^([\w.-]+)==", (ROOT / "constraints.txt").read_text("utf-8"), flags=re.MULTILINE))
    needed = setup["options"]["install_requires"] + setup["options.extras_require"]["dev"]
    assert {re.split("[>=]", name)[0] for name in needed.split()} <= tested


def test_the_readme_sets_up_with_tested_versions() -> None:
    use, develop = (run(".ci/fenced-block", number, "README.md").stdout for number in "12")
    assert use.startswith("python3 -m venv .venv && .venv/bin/pip install -c constraints.txt . && .venv/bin/phonseg ")
    assert develop.startswith('.venv/bin/pip install -c constraints.txt -e ".[dev]" && .venv/bin/python -m pytest')


def test_fenced_blocks_are_found_by_number(tmp_path: Path) -> None:
    document = tmp_path / "document.md"
    document.write_text("# One\n\n```bash\nfirst && \\\n  more\n```\n\ntext\n\n```\nsecond\n```\n", "utf-8")
    assert run(".ci/fenced-block", "1", document).stdout == "first && \\\n  more\n"
    assert run(".ci/fenced-block", "2", document).stdout == "second\n"
    with pytest.raises(subprocess.CalledProcessError):
        run(".ci/fenced-block", "3", document)


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="what belongs to the project is known to git alone")
def test_no_file_holds_a_path_of_one_machine() -> None:
    names = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").stdout.split("\0")
    files = [ROOT / name for name in names if (ROOT / name).is_file()]
    own_path = re.compile(rb"/(?:root|work|Users/\w+|home/\w+)/")
    assert len(files) > len(ROOMS)
    assert [path.name for path in files if own_path.search(path.read_bytes())] == []
