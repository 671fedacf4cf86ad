"""Computes operations in PyTorch, one request per line on stdin, one answer per line on stdout, as JSON.

A tensor is [shape, dtype, base64 of its values]. A request has an operation, its tensors and its numbers; an answer has
the results, and the gradients of the sum of their squares by the float tensors.
"""
import base64
import json
import sys

import torch
import torch.nn.functional as F

DTYPES = {"float32": torch.float32, "int32": torch.int32, "uint8": torch.uint8}

OPERATIONS = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "exp": torch.exp,
    "log": torch.log,
    "sqrt": torch.sqrt,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "abs": torch.abs,
    "relu": F.relu,
    "gelu": F.gelu,
    "silu": F.silu,
    "elu": F.elu,
    "softplus": F.softplus,
    "sum": lambda x, axis: x.sum(axis, dtype=torch.int32) if not x.is_floating_point() else x.sum(axis),
    "mean": lambda x, axis: x.mean(axis),
    "variance": lambda x, axis: x.var(axis),
    "logsumexp": lambda x, axis: x.logsumexp(axis),
    "softmax": lambda x, axis: x.softmax(axis),
    "logSoftmax": lambda x, axis: x.log_softmax(axis),
    "cumsum": lambda x, axis: x.cumsum(axis),
    "prod": lambda x, axis: x.prod(axis),
    "argmax": lambda x, axis: x.argmax(axis).to(torch.int32),
    "flip": lambda x, axis: x.flip(axis),
    "transpose": lambda x: x.transpose(-2, -1),
    "matmul": torch.matmul,
    "conv2d": lambda x, w, stride, padding: F.conv2d(x, w, None, stride, padding),
    "maxPool2d": lambda x, size, stride: F.max_pool2d(x, size, stride),
    "avgPool2d": lambda x, size, stride: F.avg_pool2d(x, size, stride),
    "crossEntropy": lambda x, y: F.cross_entropy(x, y.long()),
    "layerNorm": lambda x, w, b: F.layer_norm(x, w.shape, w, b),
}


def tensor_of(packed):
    shape, dtype, values = packed
    data = bytearray(base64.b64decode(values))
    flat = torch.frombuffer(data, dtype=DTYPES[dtype]) if data else torch.zeros(0, dtype=DTYPES[dtype])
    return flat.reshape(shape).clone()


def packed(t):
    t = t.detach().contiguous()
    return [list(t.shape), str(t.dtype).split(".")[1], base64.b64encode(t.numpy().tobytes()).decode()]


print(json.dumps({"version": torch.__version__}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    tensors = [tensor_of(each) for each in request["tensors"]]
    for t in tensors:
        t.requires_grad_(t.is_floating_point())
    y = OPERATIONS[request["op"]](*tensors, *request["numbers"])
    gradients = []
    if y.requires_grad:
        (y * y).sum().backward()
        gradients = [packed(torch.zeros_like(t) if t.grad is None else t.grad) for t in tensors if t.requires_grad]
    print(json.dumps({"result": packed(y), "gradients": gradients}), flush=True)
