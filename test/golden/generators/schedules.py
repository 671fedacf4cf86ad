"""schedules.json: learning rates of PyTorch's schedules, epoch by epoch."""
import math
import warnings

import torch
from torch.optim import lr_scheduler

from .names import snake_case
from .writing import document, rounded, row

ABOUT = [
    "Learning rates of PyTorch 1.13's schedules, epoch by epoch from 0, for one group that starts at initialLr; "
    "options are named as antinode names them.",
    "momentumAtEpoch holds the momentum of an SGD that starts at 0.9, lrLambda the text of a function, schedulers the"
    " parts of a SequentialLR with their options.",
]
SPELLED = {"t_max": "T_max", "t0": "T_0", "t_mult": "T_mult"}
ONE_CYCLE = {
    "phases": {
        **{"maxLr": 0.3, "epochs": 6, "stepsPerEpoch": 5},
        **{"threePhase": True, "baseMomentum": 0.8, "maxMomentum": 0.9},
    },
    "linear": {
        **{"maxLr": 1.0, "totalSteps": 25, "pctStart": 0.4, "annealStrategy": "linear"},
        **{"divFactor": 10.0, "finalDivFactor": 100.0},
    },
    "still": {
        **{"maxLr": 0.2, "totalSteps": 12, "pctStart": 0.25, "annealStrategy": "linear"},
        **{"threePhase": True, "cycleMomentum": False},
    },
}
WARM_UP_THEN_COSINE = [
    {"scheduler": "LinearLR", "options": {"startFactor": 0.1, "totalIters": 5}},
    {"scheduler": "CosineAnnealingLR", "options": {"tMax": 20, "etaMin": 0.001}},
]
THREE_PARTS = [
    {"scheduler": "LinearLR", "options": {"totalIters": 4}},
    {"scheduler": "StepLR", "options": {"stepSize": 3, "gamma": 0.5}},
    {"scheduler": "ExponentialLR", "options": {"gamma": 0.9}},
]
# schedule, options, initialLr, how many epochs, whether the momentum is shown
CASES = [
    ("MultiStepLR", {"milestones": [8, 16], "gamma": 0.1}, 0.1, 40, False),
    ("StepLR", {"stepSize": 7, "gamma": 0.5}, 0.1, 40, False),
    ("ExponentialLR", {"gamma": 0.9}, 0.1, 40, False),
    ("CosineAnnealingLR", {"tMax": 30, "etaMin": 0.001}, 0.1, 30, False),
    ("CosineAnnealingWarmRestarts", {"t0": 5, "tMult": 2, "etaMin": 0.0005}, 0.1, 40, False),
    ("LinearLR", {"startFactor": 0.1, "totalIters": 5}, 0.1, 40, False),
    ("OneCycleLR", {"maxLr": 0.3, "totalSteps": 40}, 0.012, 40, False),
    ("StepLR", {"stepSize": 3}, 0.5, 12, False),
    ("CosineAnnealingLR", {"tMax": 7, "etaMin": 0.002}, 0.1, 32, False),
    ("CosineAnnealingLR", {"tMax": 1}, 0.1, 6, False),
    ("CosineAnnealingWarmRestarts", {"t0": 4}, 0.1, 14, False),
    ("LinearLR", {}, 0.3, 8, False),
    ("LinearLR", {"startFactor": 1.0, "endFactor": 0.0, "totalIters": 6}, 0.3, 9, False),
    ("OneCycleLR", ONE_CYCLE["phases"], 0.1, 30, True),
    ("OneCycleLR", ONE_CYCLE["linear"], 0.1, 25, True),
    ("OneCycleLR", ONE_CYCLE["still"], 0.1, 12, True),
    ("OneCycleLR", {"maxLr": 0.2, "totalSteps": 9, "pctStart": 0.0}, 0.1, 9, True),
    ("LambdaLR", {"lrLambda": "0.95 ** epoch"}, 0.1, 20, False),
    ("LambdaLR", {"lrLambda": "1 / sqrt(epoch + 1)"}, 0.2, 20, False),
    ("SequentialLR", {"schedulers": WARM_UP_THEN_COSINE, "milestones": [5]}, 0.1, 26, False),
    ("SequentialLR", {"schedulers": THREE_PARTS, "milestones": [4, 12]}, 0.1, 20, False),
]
LAMBDAS = {
    "0.95 ** epoch": lambda epoch: 0.95**epoch,
    "1 / sqrt(epoch + 1)": lambda epoch: 1 / math.sqrt(epoch + 1),
}


def make(optimizer, scheduler, options):
    given = {SPELLED.get(name, name): value for name, value in snake_case(options).items()}
    if "lr_lambda" in given:
        given["lr_lambda"] = LAMBDAS[given["lr_lambda"]]
    if "schedulers" in given:
        given["schedulers"] = [make(optimizer, **part) for part in given["schedulers"]]
    return getattr(lr_scheduler, scheduler)(optimizer, **given)


def computed(scheduler, options, initial_lr, epochs, momentum):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=initial_lr, momentum=0.9)
    schedule = make(optimizer, scheduler, options)
    rates, momenta = [], []
    for _ in range(epochs):
        rates.append(optimizer.param_groups[0]["lr"])
        momenta.append(optimizer.param_groups[0]["momentum"])
        optimizer.step()
        schedule.step()
    described = {"scheduler": scheduler, "options": options, "initialLr": initial_lr}
    shown = {"momentumAtEpoch": rounded(momenta, 12)} if momentum else {}
    return {**described, "lrAtEpoch": rounded(rates, 12), **shown}


def generate():
    # PyTorch's SequentialLR calls the other schedules in a way that PyTorch warns of
    warnings.filterwarnings("ignore", message="The epoch parameter")
    return {"about": ABOUT, "schedules": [computed(*case) for case in CASES]}


def layout(data):
    return document(data["about"], "schedules", map(row, data["schedules"]))


def tolerance(path):
    """Rates are computed in float64; rates that should be 0 are a rounding error of the largest."""
    return 1e-9, 1e-12
