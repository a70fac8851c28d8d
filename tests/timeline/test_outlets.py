"""Methods whose work is done in higher packages: every entry leads somewhere, and nothing else imports by name."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

import phonseg
from phonseg.timeline.outlets import OUTLETS, outlet
from phonseg.timeline.segmentation import Segmentation

PACKAGE = Path(phonseg.__file__).parent


@pytest.mark.parametrize("name", OUTLETS)
def test_every_outlet_leads_to_what_it_names(name: str) -> None:
    module, _, attribute = OUTLETS[name].partition(":")
    found = outlet(name)
    assert (found.__module__, found.__name__) == (module, attribute)


def test_the_methods_carry_out_what_their_outlets_do(tmp_path: Path) -> None:
    made = Segmentation(np.array([0.5]), 1.0, recording=(np.zeros(16_000, np.float32), 16_000))
    made.to_textgrid(tmp_path / "a.TextGrid")
    outlet("to_textgrid")(made, tmp_path / "b.TextGrid")
    assert (tmp_path / "a.TextGrid").read_bytes() == (tmp_path / "b.TextGrid").read_bytes()
    assert type(made.player()) is outlet("player")


def test_nothing_else_imports_by_name() -> None:
    by_name = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, (ast.Name, ast.Attribute, ast.alias))
        and {getattr(node, "id", ""), getattr(node, "attr", ""), getattr(node, "name", "")}
        & {"import_module", "__import__", "importlib", "resolve_name", "pkgutil"}
    }
    assert by_name == {"__init__.py", "timeline/outlets.py"}
