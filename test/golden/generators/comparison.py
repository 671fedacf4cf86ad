"""Compares computed data with data from a file."""
import math


class Comparison:
    """How many numbers were compared, which were too far apart, and the largest difference with where it is."""

    def __init__(self):
        self.numbers = 0
        self.differences = []
        self.largest = 0.0
        self.place = ""

    @property
    def worst(self):
        return f"{self.largest:.1e} at {self.place}" if self.place else "0"

    def see(self, actual, expected, place, scale, allowed):
        self.numbers += 1
        relative, absolute = allowed
        difference = abs(actual - expected)
        # negated, so that NaN is a difference
        if not difference <= relative * abs(expected) + absolute * scale:
            self.differences.append(f"{place}: computed {actual!r}, the file has {expected!r}")
        if not difference <= self.largest * scale:
            self.largest = difference / scale if scale > 0 else math.inf
            self.place = place


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def compare(actual, expected, tolerance):
    """
    tolerance(path) gives the difference that the number at a path may have: a part of the number, and a part of the
    largest number of its list. Everything that is not a float must be equal.
    """
    found = Comparison()

    def fail(place, a, b):
        found.differences.append(f"{place}: computed {a!r:.80}, the file has {b!r:.80}")

    def walk(a, b, path):
        place = ".".join(map(str, path))
        if isinstance(a, dict) and isinstance(b, dict):
            if list(a) != list(b):
                fail(place, list(a), list(b))
            for key in [key for key in a if key in b]:
                walk(a[key], b[key], (*path, key))
        elif isinstance(a, list) and isinstance(b, list):
            if len(a) != len(b):
                fail(place, f"{len(a)} entries", f"{len(b)} entries")
            scale = max((abs(x) for x in b if is_number(x)), default=0)
            for i, (x, y) in enumerate(zip(a, b)):
                if isinstance(x, float) and isinstance(y, float):
                    found.see(x, y, f"{place}.{i}", scale, tolerance((*path, i)))
                else:
                    walk(x, y, (*path, i))
        elif isinstance(a, float) and isinstance(b, float):
            found.see(a, b, place, abs(b), tolerance(path))
        elif type(a) is not type(b) or a != b:
            fail(place, a, b)

    walk(actual, expected, ())
    return found
