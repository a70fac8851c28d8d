"""The house itself: public names, what an import loads, sizes of rooms, versions, and the commands of the README."""

from __future__ import annotations

import ast
import configparser
import re
import subprocess
import sys
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
        *(
            "segment",
            "load",
            "Segmenter",
            "train",
            "adapt",
            "segment_files",
            "check",
            "evaluate",
            "plot_score",
            "Score",
            "CorpusScore",
            "changes",
            "Changes",
            "Change",
            "Decision",
            "read_reference",
        ),
        *("read_textgrid", "Segmentation", "FrameGrid", "Provenance", "PhonsegError", "PhonsegWarning", "__version__"),
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
    ["timeline.grid", "detection.peaks", "annotation.textgrid.reader", "evaluation.pairing", "evaluation.evaluate"],
)
def test_scoring_textgrids_needs_no_neural_network(room: str) -> None:
    modules = loaded("-c", f"import phonseg.{room}")
    assert f"phonseg.{room}" in modules
    assert not {"torch", "parselmouth", "matplotlib"} & modules


def test_rooms_are_small() -> None:
    lines = {str(room): len(room.read_text("utf-8").splitlines()) for room in ROOMS}
    assert {name: count for name, count in lines.items() if count > 250} == {}


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
