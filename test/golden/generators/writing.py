"""How the files are laid out: numbers rounded to nine digits, one case a line."""
import json

import numpy as np

COMPACT = (",", ":")


def rounded(values, digits=9):
    """A flat list of numbers; nine digits tell any two float32 numbers apart."""
    return [float(f"%.{digits}g" % value) for value in np.asarray(values, dtype=np.float64).ravel()]


def numbers(tensor):
    """The values of a tensor as a flat list."""
    return rounded(tensor.detach().numpy())


def shape_and_numbers(tensor):
    return {"shape": list(tensor.shape), "data": numbers(tensor)}


def row(case, separators=COMPACT):
    return json.dumps(case, separators=separators)


def document(about, key, rows):
    """A file with lines that say what it holds, and one row for each case."""
    head = ",\n".join(f" {json.dumps(line)}" for line in about)
    return '{"about":[\n' + head + f'],\n"{key}":[\n' + ",\n".join(rows) + "\n]}\n"
