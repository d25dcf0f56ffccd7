"""What a page shows of the rows: differences, a little around them, and so many at once."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from sessions.presenters.compare_rows import CONTEXT, ROWS_ON_A_PAGE, Fold, rows_to_show
from sessions.viewers.differing.change import Change


@dataclass(frozen=True)
class Row:
    change: Change
    number: int = 0


def rows(signs: str) -> list[Row]:
    """`.` for a row without a difference, `x` for one with."""
    return [Row(Change.CHANGED if sign == "x" else Change.SAME, number) for number, sign in enumerate(signs)]


def shown(signs: str) -> str:
    folded = rows_to_show(rows(signs), 0, unfolded=False).shown
    return "".join(
        f"({row.count})" if isinstance(row, Fold) else "x" if row.change is Change.CHANGED else "." for row in folded
    )


def test_long_runs_without_a_difference_are_folded() -> None:
    assert shown("." * 9 + "x" + "." * 10 + "x" + "." * 9) == "(6)...x...(4)...x...(6)"
    assert shown("x" + "." * 7 + "x" + "....") == "x.......x...."
    assert shown("." * 20) == "(20)"
    assert shown("x") == "x"
    assert shown("") == ""


@given(st.text("..x", max_size=60))
def test_every_row_is_shown_or_counted_and_every_difference_is_shown(signs: str) -> None:
    page = rows_to_show(rows(signs), 0, unfolded=False)
    assert sum(row.count if isinstance(row, Fold) else 1 for row in page.shown) == len(signs)
    numbers = [row.number for row in page.shown if isinstance(row, Row)]
    assert numbers == sorted(numbers)
    for place, sign in enumerate(signs):
        if "x" in signs[max(place - CONTEXT, 0) : place + CONTEXT + 1] or sign == "x":
            assert place in numbers


def test_pages_hold_every_row_once() -> None:
    many = rows("x" * (2 * ROWS_ON_A_PAGE + 1))
    first = rows_to_show(many, 0, unfolded=False)
    second = rows_to_show(many, first.next or 0, unfolded=False)
    third = rows_to_show(many, second.next or 0, unfolded=False)
    assert [*first.shown, *second.shown, *third.shown] == many
    assert (first.previous, second.previous, third.next) == (None, 0, None)
    assert (third.first, third.last, third.total) == (1001, 1001, 1001)


def test_a_place_behind_the_end_is_the_last_page() -> None:
    assert rows_to_show(rows("xxx"), 10**9, unfolded=False).first == 1
    assert rows_to_show([], 7, unfolded=False).shown == []


def test_nothing_is_folded_when_all_is_asked_for() -> None:
    page = rows_to_show(rows("." * 50), 0, unfolded=True)
    assert (len(page.shown), page.is_folded, page.is_all_the_same) == (50, False, True)
