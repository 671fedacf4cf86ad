"""recurrent.json: LSTM, GRU and RNN of PyTorch over whole sequences, forward and backward."""
import torch

from .fill import filled_tensor
from .names import snake_case
from .writing import document, numbers, row

ABOUT = [
    "LSTM, GRU and RNN in PyTorch 1.13 (float32): outputs y and the last states, and the gradients of sum_q "
    "sum(output_q * filled(shape, key/dyq, -1, 1)).",
    "filled(size, name, low, high) is test/helpers/fill.ts; input x, states h0 and c0 and every parameter n are "
    "filled(size, key/n, -1, 1). sizes are T, B, C, H; options are named as antinode names them.",
]
# kind, key, sizes, options, whether there is a first state
CASES = [
    ("lstm", "layers/64", [7, 3, 5, 6], {"numLayers": 2}, True),
    ("lstm", "recurrent/1", [3, 2, 2, 3], {"bias": False, "batchFirst": True}, False),
    ("lstm", "recurrent/2", [3, 2, 2, 2], {"numLayers": 2, "bidirectional": True}, True),
    ("gru", "recurrent/3", [4, 2, 3, 3], {"numLayers": 2}, True),
    ("gru", "recurrent/4", [3, 2, 2, 2], {"bidirectional": True, "batchFirst": True}, False),
    ("rnn", "recurrent/5", [4, 2, 3, 3], {"numLayers": 2}, True),
    ("rnn", "recurrent/6", [3, 2, 2, 3], {"nonlinearity": "relu", "bias": False}, True),
]
CLASSES = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn": torch.nn.RNN}


def computed(kind, key, sizes, options, state):
    steps, batch, inputs, hidden = sizes
    layer = CLASSES[kind](inputs, hidden, **snake_case(options))
    with torch.no_grad():
        for name, p in layer.named_parameters():
            p.copy_(filled_tensor(p.shape, f"{key}/{name}", -1, 1))
    shape = [batch, steps, inputs] if layer.batch_first else [steps, batch, inputs]
    x = filled_tensor(shape, f"{key}/x", -1, 1, grad=True)
    rows = layer.num_layers * (2 if layer.bidirectional else 1)
    names = [] if not state else ["h0", "c0"] if kind == "lstm" else ["h0"]
    states = [filled_tensor([rows, batch, hidden], f"{key}/{name}", -1, 1, grad=True) for name in names]
    y, last = layer(x, None if not state else tuple(states) if kind == "lstm" else states[0])
    outputs = [y, *(last if kind == "lstm" else [last])]
    sum((q * filled_tensor(q.shape, f"{key}/dy{i}", -1, 1)).sum() for i, q in enumerate(outputs)).backward()
    leaves = {"x": x, **dict(zip(names, states)), **dict(layer.named_parameters())}
    return {
        **{"kind": kind, "key": key, "sizes": sizes, "options": options, "state": state},
        "outputs": [numbers(q) for q in outputs],
        "grads": {name: numbers(leaf.grad) for name, leaf in leaves.items()},
    }


def generate():
    return {"about": ABOUT, "cases": [computed(*case) for case in CASES]}


def layout(data):
    return document(data["about"], "cases", map(row, data["cases"]))


def tolerance(path):
    """PyTorch sums in float32, in an order that depends on the processor."""
    return 1e-5, 1e-6
