"""Tables that people open in a spreadsheet."""

from __future__ import annotations

import csv
import io

import pytest

from app.core.table import csv_text


@pytest.mark.pure
@pytest.mark.parametrize("cell", ["=1+1", "+86 138", "-1", "@SUM(A1)", "\tx", "＝cmd"])
def test_no_cell_is_a_formula(cell):
    [[read, _]] = csv.reader(io.StringIO(csv_text([[cell, "x"]]), newline=""))
    assert read == f"'{cell}"


@pytest.mark.pure
def test_commas_quotes_and_lines_come_back_as_they_were():
    rows = [["一，二", 'say "no"', "two\nlines", "", "7"], ["x", None, 7, "", ""]]
    read = list(csv.reader(io.StringIO(csv_text(rows), newline="")))
    assert read == [["一，二", 'say "no"', "two\nlines", "", "7"], ["x", "", "7", "", ""]]
