"""optim.json: parameters after some steps of every optimizer, on gradients that do not depend on them."""
import torch

from .fill import filled_tensor
from .optimizers import make_optimizer
from .writing import document, numbers, row

ABOUT = [
    "Trajectories of SGD, Adam, AMSGrad, AdamW and RAdam in PyTorch 1.13, and of PNM, AdaPNM, AdaBound, Padam and "
    "Yogi in their authors' code, in float32.",
    "filled(size, name, low, high) is test/helpers/fill.ts. Parameter j of a case starts as filled(size, key/pj, -1, "
    "1); its gradient in step t, from 1, is filled(size, key/gj/t, -1, 1), except that parameter 0 has a gradient of "
    "zeros in step 5.",
    "Options are named as antinode names them; the default decay is the optimizer's own. paramsAfterStep holds the "
    "values of each parameter after some of 24 steps.",
]
SHAPES = [[5], [3, 4], [2, 3, 2, 2]]
STEPS = 24
SHOWN = (1, 2, 3, 6, 24)
# beta0 = -beta1 / (1 + beta1) makes a pair out of plain momentum
MOMENTUM = -0.9 / 1.9
# keys hold the place in the list, so append new cases
CASES = [
    ("sgd", {"lr": 0.1}),
    ("sgd", {"lr": 0.1, "momentum": 0.9}),
    ("sgd", {"lr": 0.05, "momentum": 0.9, "weightDecay": 0.0005}),
    ("sgd", {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weightDecay": 0.001}),
    ("sgd", {"lr": 0.05, "momentum": 0.8, "dampening": 0.2}),
    ("adam", {"lr": 0.001}),
    ("adam", {"lr": 0.01, "betas": [0.8, 0.95], "eps": 1e-06, "weightDecay": 0.01}),
    ("amsgrad", {"lr": 0.01, "amsgrad": True}),
    ("amsgrad", {"lr": 0.01, "amsgrad": True, "weightDecay": 0.005}),
    ("adamw", {"lr": 0.001, "weightDecay": 0.5}),
    ("adamw", {"lr": 0.01, "weightDecay": 0.05, "amsgrad": True}),
    ("radam", {"lr": 0.01}),
    ("radam", {"lr": 0.01, "betas": [0.9, 0.9], "weightDecay": 0.01}),
    ("adabound", {"lr": 0.001}),
    ("adabound", {"lr": 0.01, "finalLr": 0.5, "gamma": 0.01, "weightDecay": 0.01}),
    ("adabound", {"lr": 0.01, "amsbound": True}),
    ("padam", {}),
    ("padam", {"lr": 0.01, "partial": 0.125, "weightDecay": 0.01}),
    ("padam", {"lr": 0.01, "amsgrad": False, "partial": 0.4}),
    ("yogi", {}),
    ("yogi", {"lr": 0.001, "eps": 0.0001, "initialAccumulator": 0.01, "weightDecay": 0.01}),
    ("pnm", {"lr": 1.0}),
    ("pnm", {"lr": 0.5, "beta1": 0.9, "beta0": 1.0, "weightDecay": 0.0005}),
    ("pnm", {"lr": 0.5, "beta1": 0.8, "beta0": 3.0, "weightDecay": 0.01, "decay": "l2"}),
    ("pnm", {"lr": 0.3, "beta1": 0.9, "beta0": MOMENTUM}),
    ("pnm", {"lr": 1.0, "beta1": 0.9, "beta0": 70.0}),
    ("adapnm", {}),
    ("adapnm", {"lr": 0.01, "weightDecay": 0.5}),
    ("adapnm", {"lr": 0.01, "amsgrad": False}),
    ("adapnm", {"lr": 0.01, "betas": [0.8, 0.95], "beta0": 2.0, "weightDecay": 0.01, "decay": "l2"}),
    ("adapnm", {"lr": 0.01, "betas": [0.9, 0.999], "beta0": MOMENTUM, "amsgrad": False}),
]


def computed(index, name, options):
    key = f"optim/{index}"
    params = [filled_tensor(shape, f"{key}/p{j}", -1, 1, grad=True) for j, shape in enumerate(SHAPES)]
    optimizer = make_optimizer(name, params, options)
    shown = {}
    for t in range(1, STEPS + 1):
        for j, p in enumerate(params):
            none = j == 0 and t == 5
            p.grad = torch.zeros_like(p) if none else filled_tensor(SHAPES[j], f"{key}/g{j}/{t}", -1, 1)
        optimizer.step()
        if t in SHOWN:
            shown[str(t)] = [numbers(p) for p in params]
    return {"optimizer": name, "options": options, "key": key, "shapes": SHAPES, "paramsAfterStep": shown}


def generate():
    return {"about": ABOUT, "cases": [computed(index, *case) for index, case in enumerate(CASES)]}


def layout(data):
    return document(data["about"], "cases", map(row, data["cases"]))


def tolerance(path):
    """The file holds float32 steps; rules.py takes them in float64."""
    return 1e-5, 1e-6
