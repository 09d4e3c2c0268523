"""Tests of reading columns of numbers, and of errors with their line and column."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveaview.gaze.recordings.pupil import truth
from foveaview.gaze.recordings.table import Table, read_table
from foveaview.gaze.recordings.table_layout import layout

MISSING = ["", "n/a", "NaN", "nan", "NA", "NULL", "None", "-", ".", '""']


def file(folder: Path, text: str, name: str = "eye.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def read(folder: Path, text: str, *numbers: str) -> Table:
    return read_table(layout(file(folder, text)), numbers)


@pytest.mark.slow
@given(
    st.lists(st.tuples(*[st.sampled_from(MISSING) | st.floats(-1e6, 1e6)] * 3), min_size=1, max_size=20),
    st.sampled_from([",", ";", "\t"]),
)
def test_read_table_numbers_and_missing_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str | float, ...]], mark: str
) -> None:
    text = "".join(mark.join(map(str, (count, *row))) + "\n" for count, row in enumerate(rows))
    table = read(tmp_path_factory.mktemp("table"), mark.join("tabc") + "\n" + text, "t", "c", "a")
    for name, column in (("a", 0), ("c", 2)):
        wanted = [np.nan if isinstance(row[column], str) else row[column] for row in rows]
        np.testing.assert_array_equal(table[name], np.array(wanted, float))


def test_read_table_invalid_cell_names_line_and_column(tmp_path: Path) -> None:
    rows = "".join(f"{count},0.5\n" for count in range(10))
    with pytest.raises(ValueError, match=r"^eye\.csv: line 12, column gaze_x: 'abc' is not a number$"):
        read(tmp_path, f"t,gaze_x\n{rows}10,abc\n11,0.5\n", "t", "gaze_x")


def test_read_table_counts_comments_and_empty_lines(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="line 6, column x: 'abc'"):
        read(tmp_path, "# one\n\nt,x\n0,0.5\n\n1,abc\n", "t", "x")


@pytest.mark.parametrize("row", ["1", "1,0.5,0.5,7"])
def test_read_table_row_of_wrong_width_names_line(tmp_path: Path, row: str) -> None:
    cells = row.count(",") + 1
    with pytest.raises(ValueError, match=f"line 3 has {cells} cells, but the header has 3"):
        read(tmp_path, f"t,x,y\n0,0.5,0.5\n{row}\n2,0.5,0.5\n", "t", "x")


def test_read_table_incomplete_last_row_is_left_out(tmp_path: Path) -> None:
    table = read(tmp_path, "t,x,y\n0,0.5,0.5\n1,0.", "t", "x")
    assert table.rows == 1
    assert table.notes == ["line 3, the last one, is incomplete and was left out"]


def test_read_table_decimal_commas_are_read(tmp_path: Path) -> None:
    table = read(tmp_path, "t;x\n0;0,25\n1;\n2;-1,5e1\n", "t", "x")
    np.testing.assert_array_equal(table["x"], [0.25, np.nan, -15])
    assert table.notes == ["numbers are written with decimal commas"]


def test_read_table_white_space_separates_cells(tmp_path: Path) -> None:
    table = read(tmp_path, "t   x y\n 0  0.25  1\n 1  nan  2 \n", "t", "x", "y")
    np.testing.assert_array_equal(table["x"], [0.25, np.nan])
    np.testing.assert_array_equal(table["y"], [1, 2])


def test_read_table_quoted_cell_may_hold_delimiter(tmp_path: Path) -> None:
    table = read(tmp_path, 't,said,x\n0,"yes, there",0.5\n1,"no",\n', "t", "x")
    np.testing.assert_array_equal(table["x"], [0.5, np.nan])


def test_read_table_unclosed_quote_names_line(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="line 2 has 2 cells"):
        read(tmp_path, 't,said,x\n0,"yes,0.5\n1,no,0.5\n', "t", "x")


def test_read_table_missing_column_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no column 'y': it has t, x"):
        read(tmp_path, "t,x\n0,0.5\n", "t", "y")


@pytest.mark.parametrize(("text", "words"), [("", "is empty"), ("# a\n", "comments"), ("t,x\n", "no rows")])
def test_read_table_empty_file_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read(tmp_path, text, "t")


def test_read_table_words_become_flags(tmp_path: Path) -> None:
    form = layout(file(tmp_path, "t,on\n0,True\n1,false\n2,\n"))
    assert read_table(form, ["t"], {"on": truth}).flags["on"].tolist() == [1, 0, -1]


def test_read_table_unknown_word_names_line(tmp_path: Path) -> None:
    form = layout(file(tmp_path, "t,on\n0,True\n1,perhaps\n"))
    with pytest.raises(ValueError, match="line 3, column on: 'perhaps' is neither true nor false"):
        read_table(form, ["t"], {"on": truth})


def test_read_table_labels_have_names_and_codes(tmp_path: Path) -> None:
    table = read(tmp_path, 't,Participant name\n0,"Doe, A"\n1,"Doe, A"\n2,\n3,B\n', "t")
    names, codes = table.labels["Participant name"]
    assert (names, codes.tolist()) == (["Doe, A", "B"], [0, 0, -1, 1])


def test_read_table_texts_are_kept_with_rows(tmp_path: Path) -> None:
    long = "a word of many letters, " * 20
    form = layout(file(tmp_path, f't,said\n0,\n1,"{long}"\n2,\n3,end\n'))
    assert read_table(form, ["t"], texts=["said"]).texts["said"] == [(1, long.strip()), (3, "end")]


def test_layout_without_header_numbers_columns(tmp_path: Path) -> None:
    form = layout(file(tmp_path, "0,0.5\n1,0.25\n"))
    assert form.names == ("column 1", "column 2")
    assert read_table(form, ["column 2"])["column 2"].tolist() == [0.5, 0.25]


def test_read_table_latin_1_is_noted(tmp_path: Path) -> None:
    path = tmp_path / "eye.csv"
    path.write_bytes("t,G\xfcte\n0,0.5\n".encode("latin-1"))
    table = read_table(layout(path), ["G\xfcte"])
    assert table.notes == ["the text is not UTF-8 and was read as Latin-1, from line 1 or later"]


@pytest.mark.slow
def test_read_table_many_parts_keep_rows_and_lines(tmp_path: Path) -> None:
    count = 300_000
    text = "t,x\n" + "".join(f"{row},{row % 7}\n" if row % 1000 else f"{row},\n" for row in range(count))
    table = read(tmp_path, text, "t", "x")
    assert table.rows == count
    assert table["t"][-1] == count - 1
    assert int(np.isnan(table["x"]).sum()) == count // 1000
    assert [table.line(row) for row in (0, 1, count - 1)] == [2, 3, count + 1]


@given(
    st.lists(st.integers(-10_000, 10_000), min_size=1, max_size=30),
    st.sampled_from([";", "\t"]),
    st.sampled_from(["1.0", "2,5", "a", ""]),
)
def test_read_table_detects_commas_in_used_columns(
    tmp_path_factory: pytest.TempPathFactory, hundredths: list[int], mark: str, text: str
) -> None:
    rows = [(value, f"{value / 100:.2f}".replace(".", ","), text) for value in hundredths]
    lines = "".join(mark.join(map(str, row)) + "\n" for row in rows)
    table = read(tmp_path_factory.mktemp("table"), mark.join("txv") + "\n" + lines, "t", "x")
    np.testing.assert_allclose(table["x"], np.array(hundredths) / 100)
    assert table.notes == ["numbers are written with decimal commas"]


def test_layout_skips_lines_before_header(tmp_path: Path) -> None:
    text = "Recording date:\t2024/03/04\nResolution\t800 x 600\n\nSession Start\n" + "\t".join("tabcd") + "\n"
    table = read(tmp_path, text + "0\t1\t2\t3\t4\n", "t", "d")
    assert (table["d"].tolist(), table.line(0)) == ([4], 6)


def test_layout_of_r_table_names_row_column(tmp_path: Path) -> None:
    table = read(tmp_path, "t,x\n1,0,0.5\n2,4,0.25\n", "t", "x", "row")
    assert (table["t"].tolist(), table["row"].tolist()) == ([0, 4], [1, 2])


def test_read_table_comments_among_rows_are_noted(tmp_path: Path) -> None:
    table = read(tmp_path, "t,x\n0,0.5\n#MESSAGE,1,go\n2,0.25\n", "t", "x")
    assert table["t"].tolist() == [0, 2]
    assert table.line(1) == 4
    assert table.notes == ["1 lines that begin with # are comments and were left out"]


def test_read_table_lists_in_text_stay_one_cell(tmp_path: Path) -> None:
    table = read(tmp_path, 't,words,x\n0,"[1, 2]",5\n1,one,6\n2,"[1, 2, 3, 4]",7\n', "t", "x")
    assert table["x"].tolist() == [5, 6, 7]


def test_read_table_only_empty_cells_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="has no rows below its header"):
        read(tmp_path, "subject,t,x\n,,\n", "t", "x")
