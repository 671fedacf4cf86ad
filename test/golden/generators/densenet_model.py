"""DenseNet-121 (Huang et al. 2017) in both forms. They differ in the order of channels: in the form for CIFAR, what a
layer adds comes first."""
from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn


def convolution(inputs, outputs, kernel):
    return nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False)


class Layer(nn.Module):
    def __init__(self, norm, inputs, growth):
        super().__init__()
        self.kind = norm
        self.add_module(f"{norm}1", nn.BatchNorm2d(inputs))
        self.conv1 = convolution(inputs, 4 * growth, 1)
        self.add_module(f"{norm}2", nn.BatchNorm2d(4 * growth))
        self.conv2 = convolution(4 * growth, growth, 3)

    def forward(self, x):
        y = self.conv1(F.relu(getattr(self, f"{self.kind}1")(x)))
        y = self.conv2(F.relu(getattr(self, f"{self.kind}2")(y)))
        return torch.cat([y, x] if self.kind == "bn" else [x, y], 1)


class Transition(nn.Module):
    def __init__(self, norm, inputs):
        super().__init__()
        self.kind = norm
        self.add_module(norm, nn.BatchNorm2d(inputs))
        self.conv = convolution(inputs, inputs // 2, 1)

    def forward(self, x):
        return F.avg_pool2d(self.conv(F.relu(getattr(self, self.kind)(x))), 2)


class DenseNet(nn.Module):
    def __init__(self, stem, num_classes, width=64):
        super().__init__()
        growth, blocks = width // 2, [6, 12, 24, 16]
        if stem == "cifar":
            names = "bn", "dense{}", "{}", "trans{}", "bn"
            layers = OrderedDict(conv1=convolution(3, width, 3))
        else:
            names = "norm", "denseblock{}", "denselayer{}", "transition{}", "norm5"
            first = nn.Conv2d(3, width, 7, 2, 3, bias=False)
            layers = OrderedDict(conv0=first, norm0=nn.BatchNorm2d(width), relu0=nn.ReLU(), pool0=nn.MaxPool2d(3, 2, 1))
        norm, block, layer, transition, last = names
        channels = width
        for i, length in enumerate(blocks, 1):
            inside = OrderedDict()
            for j in range(length):
                inside[layer.format(j if stem == "cifar" else j + 1)] = Layer(norm, channels, growth)
                channels += growth
            layers[block.format(i)] = nn.Sequential(inside)
            if i < len(blocks):
                layers[transition.format(i)] = Transition(norm, channels)
                channels //= 2
        layers[last] = nn.BatchNorm2d(channels)
        self.head = "linear" if stem == "cifar" else "classifier"
        self.layers = list(layers)
        if stem == "cifar":
            for name, module in layers.items():
                self.add_module(name, module)
        else:
            self.features = nn.Sequential(layers)
        self.add_module(self.head, nn.Linear(channels, num_classes))

    def forward(self, x):
        layers = [getattr(getattr(self, "features", self), name) for name in self.layers]
        for layer in layers:
            x = layer(x)
        return getattr(self, self.head)(F.relu(x).mean((2, 3)))
