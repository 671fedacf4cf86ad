"""layers.json: operations of PyTorch forward and backward."""
import torch
import torch.nn.functional as F

from .fill import filled_integers, filled_tensor
from .layer_cases import CASES
from .writing import row, shape_and_numbers

FILL = (
    "uniform(shape,name,lo,hi): seed=fnv1a32(utf8(name)); x=(seed+(i+1)*0x9E3779B1) mod 2^32; x^=x>>>16; "
    "x=imul(x,0x85EBCA6B); x^=x>>>13; x=imul(x,0xC2B2AE35); x^=x>>>16; value=fround(lo+(hi-lo)*x/2^32)"
)
ABOUT = (
    "float input n of a case is uniform(shape,key/n,lo,hi); int input n is floor(uniform(shape,key/n,0,1)*below) "
    "(the float32 value times below in double); grads are of sum_q(output_q * uniform(shape,key/dyq)); layout NCHW"
)


def like(w, value):
    return torch.full_like(w, value)


def batch_norm_train(x, w, b, eps, momentum):
    return F.batch_norm(x, like(w, 0), like(w, 1), w, b, training=True, momentum=momentum, eps=eps)


def batch_norm_eval(x, w, b, eps, running_mean, running_var):
    return F.batch_norm(x, like(w, running_mean), like(w, running_var), w, b, eps=eps)


# what PyTorch calls otherwise, or takes in another order
SPECIAL = {
    "conv2d": lambda x, w, b=None, bias=True, **args: F.conv2d(x, w, b, **args),
    "batch_norm_train": batch_norm_train,
    "batch_norm_eval": batch_norm_eval,
    "layer_norm": lambda x, w, b, normalized_shape, eps: F.layer_norm(x, normalized_shape, w, b, eps),
    "embedding": lambda w, y: F.embedding(y, w),
    "max": lambda x, dim: x.max(dim).values,
    "cat": lambda a, b, dim: torch.cat([a, b], dim),
    "prod_all_sum_of_squares": lambda x: (x * x).sum(),
    "transpose_reshape_slice": lambda x, about: x.permute(2, 0, 1).reshape(4, 6)[1:3, ::2],
}


def operation(op):
    """The function for the name of an operation."""
    return SPECIAL.get(op) or getattr(torch, op, None) or getattr(F, op)


def given(key, name, spec):
    if spec.get("int"):
        return filled_integers(spec["shape"], f"{key}/{name}", spec["below"])
    return filled_tensor(spec["shape"], f"{key}/{name}", spec["lo"], spec["hi"], grad=True)


def computed(index, op, args, specs):
    key = f"layers/{index}"
    inputs = {name: given(key, name, spec) for name, spec in specs.items()}
    y = operation(op)(*inputs.values(), **args)
    y.backward(filled_tensor(y.shape, f"{key}/dy0", -1, 1))
    leaves = {name: x for name, x in inputs.items() if x.requires_grad}
    grads = {name: shape_and_numbers(x.grad) for name, x in leaves.items()}
    return {"op": op, "args": args, "key": key, "inputs": specs, "outputs": [shape_and_numbers(y)], "grads": grads}


def generate():
    return {"fill": FILL, "about": ABOUT, "cases": [computed(index, *case) for index, case in enumerate(CASES)]}


def layout(data):
    head = row({"fill": data["fill"], "about": data["about"], "cases": []})
    return head.removesuffix("]}") + "\n" + ",\n".join(map(row, data["cases"])) + "\n]}\n"


def tolerance(path):
    """PyTorch sums in float32, in an order that depends on the processor."""
    return 1e-5, 1e-6
