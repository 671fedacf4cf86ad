"""printing.json: texts of tensors, as PyTorch prints them."""
import math

import torch
from torch import bool as b, float32 as f, int32 as i, uint8 as u

from .writing import document, row

ABOUT = [
    "Texts of tensors in PyTorch 1.13, without tensor( and ); int64 in place of int32 and uint8.",
    "values are row-major; a ramp of n and step stands for k * step with k from 0 to n - 1.",
    "Numbers that JSON cannot hold are strings.",
]
NAMES = {f: "float32", i: "int32", u: "uint8", b: "bool"}
nan, inf = math.nan, math.inf

SCALARS = [(5.0, f), (-0.25, f), (nan, f), (-inf, f), (7, i), (True, b)]
LISTS = [
    *[[0.0, 0.0], [0.1, 0.2, 1 / 3], [100.0, 20.0, 3.0], [1.0, 1000.0], [1.0, 1001.0], [-1.0, 1e8], [1e8, 2e8]],
    *[[1.1e8, 2e8], [0.0001, 0.001], [0.00009, 0.001], [0.5, 500.0], [0.5, 501.0], [1e-30, 1.0], [1e38, -1e-38]],
    *[[0.5, nan, inf, -inf], [1000.5, nan, 1.0], [nan, 12.0, 345.0], [nan, -inf, 12345.0], [nan, nan]],
    # halves of the last digit
    *[[0.03125, 0.09375, 0.15625, -0.03125], [100005.0, 1.0], [100015.0, 1.0], [2.0000152587890625, 1.0]],
    [999995.0, 1.0],
]
SHAPED = [
    ([1.0, 2.0, 3.0, 4.0], f, (2, 2)),
    ([1.5, -2.25, 3.0, 400.0], f, (2, 2)),
    ([1, -20, 300], i, None),
    ([1, 2**31 - 1, -(2**31)], i, None),
    ([0, 255, 7], u, (3, 1)),
    ([True, False, True, True], b, (2, 2)),
    ([], f, (0,)),
    ([], f, (0, 3)),
    ([], i, (2, 0)),
]
# count, step, dtype, shape
RAMPS = [
    (40, 1.0, f, None),
    (60, 0.142578125, f, (2, 30)),
    (25, 1e5, f, None),
    (2000, 0.25, f, (40, 50)),
    (1001, 1.0, f, None),
    *[(math.prod(shape), 1, i, shape) for shape in ((2, 2, 3, 4), (1, 24, 1))],
    *[(count, 1, i, None) for count in (1000, 1001)],
    *[(math.prod(shape), 1, i, shape) for shape in ((2, 600), (8, 9, 16), (7, 6, 5, 5), (343, 3))],
    (1100, 1, b, (11, 100)),
]


def encoded(value):
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def case(values, dtype, shape=None, ramp=None):
    t = torch.tensor(values, dtype=dtype)
    if shape is not None:
        t = t.reshape(shape)
    # PyTorch adds the name of a dtype that is not its default
    text = str(t.to(torch.int64) if dtype in (i, u) else t)[len("tensor("):-1]
    if ", size=" in text:
        text = text[: text.index(", size=")]
    given = {"ramp": ramp} if ramp else {"values": [encoded(v) for v in t.reshape(-1).tolist()]}
    return {"dtype": NAMES[dtype], "shape": list(t.shape), **given, "text": text}


def generate():
    ramps = [case([k * step for k in range(n)], dtype, shape, [n, step]) for n, step, dtype, shape in RAMPS]
    plain = [case(values, f) for values in LISTS]
    cases = [*[case(*each) for each in SCALARS], *plain, *[case(*each) for each in SHAPED], *ramps]
    return {"about": ABOUT, "cases": cases}


def layout(data):
    return document(data["about"], "cases", map(row, data["cases"]))


def tolerance(path):
    """The values are what is printed: they must be equal."""
    return 0, 0
