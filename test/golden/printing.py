"""Writes printing.json: texts of tensors in PyTorch. Run: python3 test/golden/printing.py > test/golden/printing.json"""

import json
import math

import torch
from torch import bool as b, float32 as f, int32 as i, uint8 as u

nan, inf = math.nan, math.inf
names = {f: "float32", i: "int32", u: "uint8", b: "bool"}
cases = []


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
    cases.append({"dtype": names[dtype], "shape": list(t.shape), **given, "text": text})


def ramp(count, step, dtype, shape=None):
    case([k * step for k in range(count)], dtype, shape, [count, step])


for value in (5.0, -0.25, nan, -inf):
    case(value, f)
case(7, i)
case(True, b)

for values in (
    [0.0, 0.0], [0.1, 0.2, 1 / 3], [100.0, 20.0, 3.0], [1.0, 1000.0], [1.0, 1001.0], [-1.0, 1e8], [1e8, 2e8],
    [1.1e8, 2e8], [0.0001, 0.001], [0.00009, 0.001], [0.5, 500.0], [0.5, 501.0], [1e-30, 1.0], [1e38, -1e-38],
    [0.5, nan, inf, -inf], [1000.5, nan, 1.0], [nan, 12.0, 345.0], [nan, -inf, 12345.0], [nan, nan],
    # halves of the last digit
    [0.03125, 0.09375, 0.15625, -0.03125], [100005.0, 1.0], [100015.0, 1.0], [2.0000152587890625, 1.0], [999995.0, 1.0],
):
    case(values, f)
case([1.0, 2.0, 3.0, 4.0], f, (2, 2))
case([1.5, -2.25, 3.0, 400.0], f, (2, 2))
case([1, -20, 300], i)
case([1, 2**31 - 1, -(2**31)], i)
case([0, 255, 7], u, (3, 1))
case([True, False, True, True], b, (2, 2))
case([], f, (0,))
case([], f, (0, 3))
case([], i, (2, 0))

ramp(40, 1.0, f)
ramp(60, 0.142578125, f, (2, 30))
ramp(25, 1e5, f)
ramp(2000, 0.25, f, (40, 50))
ramp(1001, 1.0, f)
for count, shape in (
    (48, (2, 2, 3, 4)), (24, (1, 24, 1)), (1000, None), (1001, None), (1200, (2, 600)), (1152, (8, 9, 16)),
    (1050, (7, 6, 5, 5)), (1029, (343, 3)),
):
    ramp(count, 1, i, shape)
ramp(1100, 1, b, (11, 100))

about = [
    f"Texts of tensors in PyTorch {torch.__version__[:4]}, without tensor( and ); int64 in place of int32 and uint8.",
    "values are row-major; a ramp of n and step stands for k * step with k from 0 to n - 1.",
    "Numbers that JSON cannot hold are strings.",
]
lines = ",\n".join(json.dumps(each, separators=(",", ":")) for each in cases)
print(f'{{"about":{json.dumps(about, indent=1)},"cases":[\n{lines}\n]}}')
