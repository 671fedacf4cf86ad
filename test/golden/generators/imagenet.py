"""imagenet.json: networks in their form for ImageNet, with torchvision's names, and logits computed in float64."""
import torch

from .networks import FILLED, SHORT, double, fill, layout, network, short_state_dict
from .writing import numbers

ABOUT = [
    "Networks for ImageNet in PyTorch 1.13, computed in float64; momentum of batch normalisation 0.1; no dropout.",
    "parameters and stateDict are those of 1000 classes and width 64, logits those of numClasses and width, with key.",
    FILLED,
    "x is filled(size, key/x, -2, 2) of the given shape. trainLogits are computed in training mode (a list for each "
    "classifier, the auxiliary ones from the last to the first), then evalLogits in evaluation mode.",
    SHORT,
]
# the width is 16 where the network is large
MODELS = [("resnet18", 64), ("resnet34", 64), ("resnet50", 64), ("vgg16", 16), ("densenet121", 64), ("googlenet", 64)]
CLASSES, IMAGES = 20, [2, 3, 75, 97]


def computed(model, width):
    key = f"imagenet/{model}"
    whole = network(model, "imagenet", 1000)
    net = fill(network(model, "imagenet", CLASSES, width), key)
    x = double(IMAGES, f"{key}/x", -2, 2)
    with torch.no_grad():
        train = net(x)
        evaluated = net.eval()(x)
    return {
        **{"model": model, "numClasses": CLASSES, "width": width, "key": key, "images": IMAGES},
        "parameters": sum(p.numel() for p in whole.parameters()),
        "stateDict": short_state_dict(whole),
        "trainLogits": [numbers(each) for each in (train if isinstance(train, list) else [train])],
        "evalLogits": numbers(evaluated),
    }


def generate():
    return {"about": ABOUT, "models": [computed(*model) for model in MODELS]}


def tolerance(path):
    return 1e-6, 1e-6
