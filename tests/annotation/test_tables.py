from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

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
        pytest.param(f"start,end,label\n0,1,{'a' * 200_000}\n", "line 2 cannot be read as a row", id="a long field"),
        pytest.param(f"start,end,{'a' * 200_000}\n0,1\n", "cannot be read as a table", id="a long name"),
        ("start,end,tier\n0,1,words\n", 'no tier is called "phones"'),
        ("start,end,start\n0,1,2\n", "has 2 columns start"),
        ("Text,start,end,text\na,0,1,b\n", "has 2 columns text"),
        ("begin,end,label,type,speaker\n0,1,a,phones,x\n1,2,b,phones,y\n", r"holds 2 speakers \(x, y\)"),
        ("start;end;channel\n0;1;1\n0;1;2\n", r"holds 2 channels \(1, 2\)"),
        ("start,end\n1_0,20\n", "line 2 is not a segment"),
        ("start,end\n0,1\n1,２\n", "line 3 is not a segment"),
        ("start,end\n0,1\n1,٢\n", "line 3 is not a segment"),
        pytest.param("start,end," * 2_000 + "\n0,1\n", "holds more than 1000 columns", id="many columns"),
        pytest.param("start,end\n0,1\n1,2" + "," * 1_000_001, "line 3 has 1000004 characters", id="a long line"),
    ],
)
def test_a_table_that_is_damaged_is_refused_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(TextGridError, match=rf"a\.csv: .*{message}"):
        read_table(table(tmp_path, text))


def test_other_tables_are_no_references(tmp_path: Path) -> None:
    assert not is_reference(table(tmp_path, "speaker,age\n1,30\n"))
    assert not is_reference(table(tmp_path, ";".join(f"feature{i}" for i in range(6_374))))
    assert not is_reference(table(tmp_path, b"\xff\x00"))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (0, 2, 1)])
@pytest.mark.parametrize("marks", [('"', '"'), ('"', '"a'), ('"a', '"'), ('"a', '"b'), ('"a', "x"), ('"', "x")])
@pytest.mark.parametrize("between", [0, 3])
def test_a_stray_quotation_mark_does_not_swallow_rows(
    tmp_path: Path, delimiter: str, order: tuple[int, ...], marks: tuple[str, str], between: int
) -> None:
    labels = ["x", marks[0], *["y"] * between, marks[1], "z"]
    rows = [("start", "end", "label"), *((f"{i}", f"{i + 1}", label) for i, label in enumerate(labels))]
    text = "".join(delimiter.join(row[place] for place in order) + "\n" for row in rows)
    with pytest.raises(TextGridError, match=r"a\.csv: .*line 3 .*quotation marks.*twice"):
        read_table(table(tmp_path, text))


def test_a_quotation_mark_inside_a_field_is_one_of_its_characters(tmp_path: Path) -> None:
    path = table(tmp_path, 'start,end,label\n0,1,a"\n1,2,t"a"\n2,3,""""\n3,4,"""a"\n')
    assert read_table(path).segmentation.labels == ('a"', 't"a"', '"', '"a')
    with pytest.raises(TextGridError, match=r"line 2 cannot be read as a row.*twice"):
        read_table(table(tmp_path, 'start,end,label\n0,1,"a"b\n'))


@given(labels=st.lists(st.text('",;\t\n a"').map(str.strip), min_size=1, max_size=5), delimiter=st.sampled_from(",;\t"))
def test_labels_that_are_quoted_read_back(
    tmp_path_factory: pytest.TempPathFactory, labels: list[str], delimiter: str
) -> None:
    text = io.StringIO()
    rows = [("recording", "start", "end", "label"), *(("x, y", i, i + 1, label) for i, label in enumerate(labels))]
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    path = table(tmp_path_factory.mktemp("quoted"), text.getvalue())
    assert read_table(path).segmentation.labels == tuple(labels)


def test_a_separator_may_be_named_in_the_first_line(tmp_path: Path) -> None:
    for text in (
        "sep=;\r\nstart;end;label\r\n0;0,5;a\r\n0,5;1;b\r\n",
        '"sep=;"\nstart;end;label\n0;0.5;a\n0.5;1;b\n',
        "SEP=|\nstart|end|label\n0|0.5|a\n0.5|1|b\n",
    ):
        path = table(tmp_path, text)
        assert is_reference(path)
        assert list(read_table(path).segmentation.intervals()) == [(0, 0.5, "a"), (0.5, 1, "b")]
    assert not is_reference(table(tmp_path, "sep=,\nspeaker,age\n1,30\n"))


def test_one_speaker_and_speakers_of_other_tiers_are_no_fault(tmp_path: Path) -> None:
    rows = "0,0.5,a,phones,x\n0.5,1,b,phones,x\n0,1,w,words,y\n1,2,,phones,\n"
    assert len(read_table(table(tmp_path, "Begin,End,Label,Type,Speaker\n" + rows)).segmentation) == 3


@pytest.mark.parametrize(
    ("header", "field", "name"),
    [
        ("recording", "x/talk.wav", "talk"),
        ("file", "C:\\x\\talk", "talk"),
        ("bundle", "other", "other"),
        ("recording", "a.b.wav", "a.b"),
        ("recording", "a.csv", "a"),
        ("note", "talk", ""),
        ("recording", "", ""),
    ],
)
def test_the_recording_that_a_table_names(tmp_path: Path, header: str, field: str, name: str) -> None:
    assert read_table(table(tmp_path, f"start,end,{header}\n0,1,{field}\n")).recording == name
