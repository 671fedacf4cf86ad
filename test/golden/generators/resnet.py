"""
resnet.json: residual networks that train for four steps on a batch of four images, computed in float64: training from
this start magnifies rounding, so in float32 the numbers depend on the processor and on the number of threads.
"""
import math

import torch
import torch.nn.functional as F

from .fill import filled_integers, filled_tensor
from .resnet_model import ResNet
from .writing import numbers, row, rounded

ABOUT = [
    "CIFAR ResNets in PyTorch 1.13; batch normalisation with eps 1e-5, momentum 0.1.",
    "filled(size, name, low, high) is test/helpers/fill.ts. Every parameter p with more than one axis is filled(size,"
    " key/p, -b, b) with b = sqrt(3 / fanIn); other *.weight filled(size, key/p, 0.5, 1.5), other parameters "
    "filled(size, key/p, -0.1, 0.1); running_mean 0, running_var 1.",
    "x (batch, 3, 32, 32) is filled(size, key/x, -2, 2), labels floor(filled(batch, key/y, 0, 1) * numClasses).",
    "4 steps of SGD(lr 0.01, momentum 0.9, weight decay 5e-4) on the mean cross entropy give losses; logits and "
    "gradientNorms are those of the first step, evalLogits are computed in evaluation mode after the fourth.",
    "In stateDict a number stands for a batch normalisation: weight, bias, running_mean and running_var of that "
    "length and the scalar num_batches_tracked.",
]
MODELS = [("resnet18", 10), ("resnet34", 100), ("resnet50", 10)]
BATCH, STEPS = 4, 4


# How far the numbers of the file, which PyTorch computed in float32, may lie from float64: a part of each number, or of
# the largest logit. (Two runs of PyTorch in float32 lie as far apart.)
ROUNDING = {
    "resnet18": {"logits": 5e-6, "gradientNorms": 1e-6, "losses": [1e-6, 1e-6, 5e-6, 5e-6], "evalLogits": 5e-6},
    "resnet34": {"logits": 5e-6, "gradientNorms": 2e-3, "losses": [1e-6, 1e-4, 3e-2, 5e-2], "evalLogits": 6e-2},
    "resnet50": {"logits": 3e-5, "gradientNorms": 5e-3, "losses": [1e-5, 3e-2, 5e-2, 1e-1], "evalLogits": 5e-1},
}


def double(shape, name, low, high):
    return filled_tensor(shape, name, low, high).double()


def bounds(name, shape):
    if len(shape) > 1:
        bound = math.sqrt(3 / math.prod(shape[1:]))
        return -bound, bound
    return (0.5, 1.5) if name.endswith("weight") else (-0.1, 0.1)


def short_state_dict(net):
    """The shapes of a state dict, with one number for each batch normalisation."""
    normalisations = {name: m.num_features for name, m in net.named_modules() if isinstance(m, torch.nn.BatchNorm2d)}
    shapes = {}
    for name, value in net.state_dict().items():
        owner = name.rpartition(".")[0]
        shapes[owner if owner in normalisations else name] = normalisations.get(owner, list(value.shape))
    return shapes


def computed(model, num_classes):
    key = f"models/{model}"
    net = ResNet(model, num_classes).double()
    with torch.no_grad():
        for name, p in net.named_parameters():
            p.copy_(double(p.shape, f"{key}/{name}", *bounds(name, p.shape)))
    x = double([BATCH, 3, 32, 32], f"{key}/x", -2, 2)
    labels = filled_integers([BATCH], f"{key}/y", num_classes)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)
    losses, first = [], {}
    for step in range(STEPS):
        logits = net(x)
        loss = F.cross_entropy(logits, labels)
        optimizer.zero_grad()
        loss.backward()
        if step == 0:
            norms = {name: rounded([p.grad.norm()])[0] for name, p in net.named_parameters()}
            first = {"logits": numbers(logits), "gradientNorms": norms}
        optimizer.step()
        losses.append(loss.item())
    return {
        **{"model": model, "numClasses": num_classes, "key": key, "batch": BATCH},
        "parameters": sum(p.numel() for p in net.parameters()),
        "stateDict": short_state_dict(net),
        **first,
        "losses": rounded(losses),
        "evalLogits": numbers(net.eval()(x)),
    }


def generate():
    return {"about": ABOUT, "models": [computed(*model) for model in MODELS]}


def layout(data):
    about = ",\n".join(f" {row(line)}" for line in data["about"])
    models = [",\n ".join(f"{row(key)}:{row(value)}" for key, value in model.items()) for model in data["models"]]
    return '{"about":[\n' + about + '\n],"models":[\n' + ",\n".join("{" + model + "}" for model in models) + "\n]}\n"


def tolerance(path):
    """path is models, the place of the model, the name of a list or table, the place in it."""
    _, model, name, place = path
    allowed = ROUNDING[MODELS[model][0]][name]
    if name.endswith("ogits"):
        return 0, allowed
    return (allowed[place] if isinstance(allowed, list) else allowed), 0
