"""Compares computed data with data from a file, number by number."""
import math


# what a case is made of, which is to be equal
GIVEN = {"options", "args", "inputs", "initialLr"}


def within(actual, expected, scale, allowed):
    """Whether a number is near enough: `allowed` is a part of the number and a part of the scale. NaN never is."""
    relative, absolute = allowed
    return abs(actual - expected) <= relative * abs(expected) + absolute * scale


def largest(values):
    """The largest absolute value of a list; what is not a number does not count."""
    return max((abs(x) for x in values if isinstance(x, float)), default=0.0)


def allowed_at(path, tolerance):
    return (0, 0) if GIVEN.intersection(path) else tolerance(path)


def settled(actual, expected, tolerance, path=(), scale=None):
    """The computed data, with the numbers of the file where those are near enough, so that last digits stay."""
    if isinstance(actual, float) and isinstance(expected, float):
        near = within(actual, expected, abs(expected) if scale is None else scale, allowed_at(path, tolerance))
        return expected if near else actual
    if isinstance(actual, dict) and isinstance(expected, dict):
        return {k: settled(v, expected[k], tolerance, (*path, k)) if k in expected else v for k, v in actual.items()}
    if isinstance(actual, list) and isinstance(expected, list):
        scale, pairs = largest(expected), enumerate(zip(actual, expected))
        kept = [settled(x, y, tolerance, (*path, i), scale) for i, (x, y) in pairs]
        return kept + actual[len(kept) :]
    return actual


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
        difference = abs(actual - expected)
        if not within(actual, expected, scale, allowed):
            self.differences.append(f"{place}: computed {actual!r}, the file has {expected!r}")
        if not difference <= self.largest * scale:
            self.largest = difference / scale if scale > 0 else math.inf
            self.place = place


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
            scale = largest(b)
            for i, (x, y) in enumerate(zip(a, b)):
                if isinstance(x, float) and isinstance(y, float):
                    found.see(x, y, f"{place}.{i}", scale, allowed_at((*path, i), tolerance))
                else:
                    walk(x, y, (*path, i))
        elif isinstance(a, float) and isinstance(b, float):
            found.see(a, b, place, abs(b), allowed_at(path, tolerance))
        elif type(a) is not type(b) or a != b:
            fail(place, a, b)

    walk(actual, expected, ())
    return found
