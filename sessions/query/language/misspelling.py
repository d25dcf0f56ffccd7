"""The word that was probably meant by another one."""

from collections.abc import Iterable

# Among words as short as these, one changed letter often makes another word: `ip` is not `id`, nor is `us` `os`.
SHORTEST = 4
# Words as long as these are found with two mistakes.
LONG = 8
LONGEST = 40


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word with the fewest letters that are missing, additional, changed or swapped; None if it has many."""
    if len(word) > LONGEST:
        return None
    candidates = [(distance, one) for one in known if (distance := _distance(word, one)) <= _allowed(word, one)]
    return min(candidates)[1] if candidates else None


def _allowed(word: str, known: str) -> int:
    if word == f"{known}s":
        return 1
    shorter = min(len(word), len(known))
    return 0 if shorter < SHORTEST else 1 if shorter < LONG else 2


def _distance(one: str, other: str) -> int:
    """How many letters were added, left out, changed, or swapped with the next (optimal string alignment)."""
    before, last = [0] * (len(other) + 1), list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        current = [row]
        for column, expected in enumerate(other, 1):
            changed = last[column - 1] + (letter != expected)
            current.append(min(last[column] + 1, current[column - 1] + 1, changed))
            is_swapped = row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == expected
            if is_swapped:
                current[column] = min(current[column], before[column - 2] + 1)
        before, last = last, current
    return last[-1]
