"""What models.py and imagenet.py share: how networks are made and filled, and how their shapes are listed."""
import math

import torch

from .densenet_model import DenseNet
from .fill import filled_tensor
from .googlenet_model import GoogLeNet
from .resnet_model import ResNet
from .vgg_model import VGG
from .writing import row

FILLED = (
    "filled(size, name, low, high) is test/helpers/fill.ts. Every parameter p with more than one axis is filled(size,"
    " key/p, -b, b) with b = sqrt(3 / fanIn); other *.weight filled(size, key/p, 0.5, 1.5), other parameters "
    "filled(size, key/p, -0.1, 0.1); running_mean 0, running_var 1."
)
SHORT = (
    "In stateDict a number stands for a batch normalisation: weight, bias, running_mean and running_var of that "
    "length and the scalar num_batches_tracked."
)
CLASSES = {"vgg16": VGG, "densenet121": DenseNet, "googlenet": GoogLeNet}


def network(model, *args):
    """The network of that name; further arguments are the form, the number of classes, and the width."""
    return CLASSES[model](*args) if model in CLASSES else ResNet(model, *args)


def double(shape, name, low, high):
    return filled_tensor(shape, name, low, high).double()


def bounds(name, shape):
    if len(shape) > 1:
        bound = math.sqrt(3 / math.prod(shape[1:]))
        return -bound, bound
    return (0.5, 1.5) if name.endswith("weight") else (-0.1, 0.1)


def fill(net, key):
    """Fills the parameters, and returns the network in float64."""
    net = net.double()
    with torch.no_grad():
        for name, p in net.named_parameters():
            p.copy_(double(p.shape, f"{key}/{name}", *bounds(name, p.shape)))
    return net


def short_state_dict(net):
    """The shapes of a state dict, with one number for each batch normalisation."""
    normalisations = {name: m.num_features for name, m in net.named_modules() if isinstance(m, torch.nn.BatchNorm2d)}
    shapes = {}
    for name, value in net.state_dict().items():
        owner = name.rpartition(".")[0]
        shapes[owner if owner in normalisations else name] = normalisations.get(owner, list(value.shape))
    return shapes


def layout(data):
    about = ",\n".join(f" {row(line)}" for line in data["about"])
    models = [",\n ".join(f"{row(key)}:{row(value)}" for key, value in model.items()) for model in data["models"]]
    return '{"about":[\n' + about + '\n],"models":[\n' + ",\n".join("{" + model + "}" for model in models) + "\n]}\n"
