from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st

from phonseg.cli.main import main
from phonseg.errors import ConfigurationError
from phonseg.evaluation.changes import Change, changes
from phonseg.timeline.segmentation import Segmentation

# Times 200 ms apart, so that whatever is moved by less than 50 ms has one partner.
PLACES = st.lists(
    st.tuples(st.integers(1, 60), st.sampled_from(["kept", "moved", "added", "removed"])), unique_by=lambda p: p[0]
)


@given(PLACES.map(sorted), st.data())
def test_what_was_done_is_what_is_reported(places: list[tuple[int, str]], data: st.DataObject) -> None:
    before, after, done = [], [], []
    for place, what in places:
        time = place / 5
        shift = data.draw(st.floats(0.001, 0.049)) * data.draw(st.sampled_from([-1, 1])) if what == "moved" else 0.0
        before += [time] if what != "added" else []
        after += [time + shift] if what != "removed" else []
        if what != "kept":
            done.append(Change("", None if what == "added" else time, None if what == "removed" else time + shift))
    found = changes(np.array(before), np.array(after))
    assert list(found.changes) == done
    assert [one.kind for one in found.changes] == [what for _, what in places if what != "kept"]
    assert found.unchanged == sum(what == "kept" for _, what in places)
    assert changes(np.array(after), np.array(before)).unchanged == found.unchanged


def test_an_unchanged_boundary_is_no_partner_for_another() -> None:
    found = changes([1.0], [0.99, 1.0])
    assert (found.unchanged, found.changes) == (1, (Change("", None, 0.99),))


def test_what_was_moved_far_was_removed_and_added() -> None:
    assert [one.kind for one in changes([1.0], [1.06]).changes] == ["removed", "added"]
    (one,) = changes([1.0], [1.06], within=0.1).changes
    assert one.by == pytest.approx(0.06)
    with pytest.raises(ConfigurationError, match="within is 0"):
        changes([1.0], [1.0], within=0)


def test_the_command_prints_them_as_table_json_and_csv(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder, times in {"automatic": [0.2, 0.4, 0.6], "corrected": [0.2, 0.41, 0.8]}.items():
        (tmp_path / folder).mkdir()
        Segmentation(times, 1.0).to_textgrid(tmp_path / folder / "a.TextGrid")
    command = ["changes", str(tmp_path / "automatic"), str(tmp_path / "corrected")]
    assert main(command) == 0
    printed = capsys.readouterr().out
    assert "moved       0.4000 s    0.4100 s  +10.0 ms  a\n" in printed
    assert "boundaries: 1 unchanged, 1 moved (median 10.0 ms), 1 added, 1 removed" in printed
    assert printed.splitlines()[0].split() == ["change", "before", "after", "by", "file"]
    assert main([*command, "--json"]) == 0
    as_json = json.loads(capsys.readouterr().out)
    assert [one["change"] for one in as_json["changes"]] == ["moved", "removed", "added"]
    assert (as_json["moved"], as_json["added"], as_json["removed"], as_json["unchanged"]) == (1, 1, 1, 1)
    files = [str(tmp_path / folder / "a.TextGrid") for folder in ("automatic", "corrected")]
    assert main(["changes", *files]) == 0
    assert capsys.readouterr().out.splitlines()[0].split() == ["change", "before", "after", "by"]
    (tmp_path / "automatic" / "b.TextGrid").write_text("no TextGrid")
    assert main(command) == 1
    assert "1 could not be compared:\n  " in capsys.readouterr().out
    assert main([*command, "--csv"]) == 1
    output = capsys.readouterr()
    rows = list(csv.DictReader(io.StringIO(output.out)))
    assert [(row["file"], row["change"], row["before"], row["after"]) for row in rows] == [
        ("a", "moved", "0.4", "0.41"),
        ("a", "removed", "0.6", ""),
        ("a", "added", "", "0.8"),
    ]
    assert output.err.startswith("failed: ")
