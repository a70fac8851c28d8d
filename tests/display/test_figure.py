from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from phonseg.display.figure import new_figure, plain, save_figure


def test_a_label_is_on_one_line_and_changes_nothing_around_it() -> None:
    assert plain(" a\n b\t\udcff ʃ ") == "a b ? ʃ"
    assert plain("\x1b[31m\0\u202e") == r"\x1b[31m\x00\u202e"


@pytest.mark.filterwarnings("ignore:Glyph")
def test_a_picture_holds_any_label(tmp_path: Path) -> None:
    figure = new_figure(2, 1)
    figure.text(0, 0.5, plain("a\x1b\0\x0b<&\u202e"), parse_math=False)
    for kind in ("svg", "png", "pdf"):
        save_figure(figure, tmp_path / f"x.{kind}")
    ElementTree.parse(tmp_path / "x.svg")
