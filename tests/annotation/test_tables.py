from __future__ import annotations

from pathlib import Path

import pytest

from phonseg.annotation.readers import is_reference
from phonseg.annotation.tables import read_table
from phonseg.errors import TextGridError


def table(folder: Path, text: str | bytes) -> Path:
    path = folder / "a.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.mark.parametrize(
    "text",
    [
        'start,end,label\n0,0.5,a\n0.5,1,"b, c"\n',
        "\ufeffStart;End;Label\r\n0;0,5;a\r\n0,5;1;b, c\r\n",
        "tmin\ttier\ttext\ttmax\n0\tphones\ta\t0.5\n0\twords\tw\t1\n0.5\tphones\tb, c\t1\n",
        'Begin,End,Label,Type,Speaker\n0,0.5,a,phones,x\n0.5,1,"b, c",phones,x\n0,1,w,words,x\n',
        'start,end,label\n"0","0,5",a\n"0,5","1","b, c"\n',
        'xmax,xmin,text\n\n0.5,0,a\n1,0.5,"b, c"\n',
    ],
)
def test_tables_of_many_programs_are_read(tmp_path: Path, text: str) -> None:
    path = table(tmp_path, text)
    assert is_reference(path)
    assert list(read_table(path).segmentation.intervals()) == [(0, 0.5, "a"), (0.5, 1, "b, c")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no columns start and end"),
        ("begin,label\n0,a\n", r"has no columns start and end \(line 1: 'begin,label"),
        ("start,end\n0,0.5\n0.5,x\n", "line 3 is not a segment"),
        ("start,end\n0,0.5\n0.5\n", "line 3 is not a segment"),
        ("start,end\n0,nan\n", "line 2 is not a segment"),
        ("start,end\n0,0\n", "line 2 .* does not end after its start"),
        ("start,end\n0,0.5\n0.4,1\n", "line 3 .* starts before 0.5 s"),
        ("start,end\n-0.5,0.2\n", "line 2 .* starts before 0 s, where the recording starts"),
        ("start,end\n", "holds no segment"),
        pytest.param(f"start,end,label\n0,1,{'a' * 200_000}\n", "cannot be read as a table", id="a long field"),
        pytest.param(f"start,end,{'a' * 200_000}\n0,1\n", "cannot be read as a table", id="a long name"),
        ("start,end,tier\n0,1,words\n", 'no tier is called "phones"'),
    ],
)
def test_a_table_that_is_damaged_is_refused_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(TextGridError, match=rf"a\.csv: .*{message}"):
        read_table(table(tmp_path, text))


def test_other_tables_are_no_references(tmp_path: Path) -> None:
    assert not is_reference(table(tmp_path, "speaker,age\n1,30\n"))
    assert not is_reference(table(tmp_path, b"\xff\x00"))
