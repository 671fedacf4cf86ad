"""onnx-files.json: ONNX files that PyTorch exports, and what the models compute."""
import base64
import io
import json
import pathlib
import warnings

import torch
from torch import nn
from torch.nn import functional

from .fill import filled_integers, filled_tensor
from .writing import document, numbers, row, shape_and_numbers

ABOUT = [
    "ONNX files written by torch.onnx.export of PyTorch 1.13 (in base64), and what their models compute in evaluation "
    "mode (float32): outputs, and the gradients of sum(output * output) with respect to the parameters.",
    "Inputs, parameters and buffers n are filled(size, key/n, low, high), see test/helpers/fill.ts; tokens are "
    "floor(below * filled(size, key/x, 0, 1)).",
]
PATH = pathlib.Path(__file__).resolve().parent.parent / "onnx-files.json"


class Images(nn.Module):
    """Convolution, normalisation, both kinds of pooling, a residual block, and a reshape that asks for the shape."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 5, stride=2, padding=2, bias=False)
        self.norm = nn.BatchNorm2d(4)
        self.pool = nn.MaxPool2d(3, 2, 1, ceil_mode=True)
        self.mean = nn.AvgPool2d(2, 1, 1, count_include_pad=False)
        self.block = nn.Sequential(nn.Conv2d(4, 4, 3, padding=1, groups=2), nn.BatchNorm2d(4))
        self.dropout = nn.Dropout(0.2)
        self.head = nn.Linear(8, 5)

    def forward(self, x):
        x = self.mean(self.pool(torch.relu(self.norm(self.stem(x)))))
        x = functional.leaky_relu(x + self.block(x), 0.1)
        x = torch.cat([functional.adaptive_avg_pool2d(x, 1), x.amax((2, 3), keepdim=True)], 1)
        return self.head(self.dropout(x.view(x.size(0), -1)))


class Tokens(nn.Module):
    """An embedding, a recurrent layer and attention with a mask."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(7, 4)
        self.rnn = nn.LSTM(4, 2, bidirectional=True, batch_first=True)
        self.norm = nn.LayerNorm(4)
        self.qkv = nn.Linear(4, 12)
        self.head = nn.Sequential(nn.Linear(4, 6), nn.GELU(), nn.Linear(6, 7))

    def forward(self, x):
        batch, steps = x.shape
        y, _ = self.rnn(self.embedding(x))
        q, k, v = (t.view(batch, steps, 2, 2).transpose(1, 2) for t in self.qkv(self.norm(y)).chunk(3, -1))
        mask = torch.tril(torch.ones(steps, steps))
        scores = (q @ k.transpose(-1, -2) / 2**0.5).masked_fill(mask == 0, float("-inf"))
        y = y + (scores.softmax(-1) @ v).transpose(1, 2).reshape(batch, steps, 4)
        return functional.log_softmax(self.head(y), -1)


# key, model, input, version of the operators, axes of any length
CASES = [
    ("images", Images, lambda key: filled_tensor([2, 3, 21, 18], f"{key}/x", -1, 1), 17, {"x": {0: "n"}}),
    ("tokens", Tokens, lambda key: filled_integers([2, 5], f"{key}/x", 7), 15, {"x": {0: "n"}}),
]


def exported(model, x, opset, axes):
    stream = io.BytesIO()
    options = {"opset_version": opset, "input_names": ["x"], "output_names": ["y"], "dynamic_axes": axes}
    # PRESERVE keeps batch normalisation apart from convolution
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(model, x, stream, training=torch.onnx.TrainingMode.PRESERVE, **options)
    return base64.b64encode(stream.getvalue()).decode()


def stored(key):
    """The file that is here: other versions of PyTorch write other ones."""
    return next(case["file"] for case in json.loads(PATH.read_text())["cases"] if case["key"] == key)


def computed(key, kind, make_input, opset, axes):
    model = kind().eval()
    with torch.no_grad():
        for name, t in [*model.named_parameters(), *model.named_buffers()]:
            if t.is_floating_point():
                t.copy_(filled_tensor(t.shape, f"{key}/{name}", 0.2 if name.endswith("var") else -1, 1))
    x = make_input(key)
    y = model(x)
    (y * y).sum().backward()
    file = exported(model, x, opset, axes) if torch.__version__.startswith("1.13") else stored(key)
    gradients = {name: numbers(p.grad) for name, p in model.named_parameters()}
    return {"key": key, "file": file, "shape": list(x.shape), "output": shape_and_numbers(y), "grads": gradients}


def generate():
    return {"about": ABOUT, "cases": [computed(*case) for case in CASES]}


def layout(data):
    return document(data["about"], "cases", map(row, data["cases"]))


def tolerance(path):
    """PyTorch sums in float32, in an order that depends on the processor."""
    return 1e-5, 1e-6
