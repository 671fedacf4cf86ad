"""models.json: networks in their form for CIFAR that train for a few steps on a batch of images, in float64."""
import torch
import torch.nn.functional as F

from .fill import filled_integers
from .networks import FILLED, SHORT, double, fill, layout, network, short_state_dict
from .writing import numbers, rounded

ABOUT = [
    "Networks for CIFAR in PyTorch 1.13, computed in float64; batch normalisation with eps 1e-5, momentum 0.1; no "
    "dropout.",
    FILLED,
    "x is filled(size, key/x, -2, 2) of the shape images, labels floor(filled(batch, key/y, 0, 1) * numClasses).",
    "Steps of SGD(lr 0.01, momentum 0.9, weight decay 5e-4) on the mean cross entropy give losses; logits and "
    "gradientNorms are those of the first step, evalLogits are computed in evaluation mode after the last.",
    SHORT,
]
# number of classes, width, shape of the images, steps; the second half is small enough for the reference backend
IMAGES, SMALL = [8, 3, 32, 32], [2, 3, 16, 16]
MODELS = [
    *[("resnet18", 10, 64, IMAGES, 4), ("resnet34", 100, 64, IMAGES, 4), ("resnet50", 10, 64, IMAGES, 4)],
    *[("vgg16", 10, 64, IMAGES, 4), ("densenet121", 100, 64, IMAGES, 4), ("googlenet", 100, 64, IMAGES, 4)],
    *[("resnet18", 5, 8, SMALL, 2), ("resnet34", 5, 8, SMALL, 2), ("resnet50", 5, 8, SMALL, 2)],
    *[("vgg16", 5, 8, [2, 3, 32, 32], 2), ("densenet121", 5, 8, SMALL, 2), ("googlenet", 5, 8, SMALL, 2)],
]


def norm(gradient):
    """That of the bias before a normalisation is 0, but for rounding."""
    value = rounded([gradient.norm()])[0]
    return value if value > 1e-12 else 0.0


def computed(model, num_classes, width, images, steps):
    key = f"models/{model}" if width == 64 else f"models/{model}/{width}"
    net = fill(network(model, "cifar", num_classes, width), key)
    x = double(images, f"{key}/x", -2, 2)
    labels = filled_integers(images[:1], f"{key}/y", num_classes)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4)
    losses, first = [], {}
    for step in range(steps):
        logits = net(x)
        loss = F.cross_entropy(logits, labels)
        optimizer.zero_grad()
        loss.backward()
        if step == 0:
            norms = {name: norm(p.grad) for name, p in net.named_parameters()}
            first = {"logits": numbers(logits), "gradientNorms": norms}
        optimizer.step()
        losses.append(loss.item())
    return {
        **{"model": model, "numClasses": num_classes, "width": width, "key": key, "images": images},
        "parameters": sum(p.numel() for p in net.parameters()),
        "stateDict": short_state_dict(net),
        **first,
        "losses": rounded(losses),
        "evalLogits": numbers(net.eval()(x)),
    }


def generate():
    return {"about": ABOUT, "models": [computed(*model) for model in MODELS]}


def tolerance(path):
    """Rounding differs between processors; training from this start magnifies it, most of all in ResNet-50."""
    return 1e-6, 1e-6
