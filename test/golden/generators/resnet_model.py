"""Residual networks (He et al. 2015) in both forms: for CIFAR, and for ImageNet with torchvision's names."""
import torch.nn.functional as F
from torch import nn


def convolution(inputs, outputs, kernel, stride=1):
    return nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False)


class Block(nn.Module):
    """Convolutions conv1, conv2, ... of (kernel, channels), each normalised, beside a shortcut. The stride is that of
    the first 3x3 convolution."""

    def __init__(self, stem, inputs, convolutions, stride):
        super().__init__()
        self.depth = len(convolutions)
        channels, left = inputs, stride
        for i, (kernel, outputs) in enumerate(convolutions, 1):
            here, left = (left, 1) if kernel == 3 else (1, left)
            self.add_module(f"conv{i}", convolution(channels, outputs, kernel, here))
            self.add_module(f"bn{i}", nn.BatchNorm2d(outputs))
            channels = outputs
        self.beside = "shortcut" if stem == "cifar" else "downsample"
        self.add_module(self.beside, nn.Sequential())
        if stride != 1 or inputs != channels:
            projection = nn.Sequential(convolution(inputs, channels, 1, stride), nn.BatchNorm2d(channels))
            self.add_module(self.beside, projection)

    def forward(self, x):
        y = x
        for i in range(1, self.depth + 1):
            y = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(y))
            if i < self.depth:
                y = F.relu(y)
        return F.relu(y + getattr(self, self.beside)(x))


def basic(planes):
    return [(3, planes), (3, planes)]


def bottleneck(planes):
    return [(1, planes), (3, planes), (1, 4 * planes)]


MODELS = {
    "resnet18": (basic, [2, 2, 2, 2]),
    "resnet34": (basic, [3, 4, 6, 3]),
    "resnet50": (bottleneck, [3, 4, 6, 3]),
}


class ResNet(nn.Module):
    """Four stages of blocks, the mean over all places, a linear layer."""

    def __init__(self, model, stem, num_classes, width=64):
        super().__init__()
        kind, blocks = MODELS[model]
        self.stem = stem
        self.conv1 = convolution(3, width, 3) if stem == "cifar" else convolution(3, width, 7, 2)
        self.bn1 = nn.BatchNorm2d(width)
        channels = width
        for stage, count in enumerate(blocks):
            layers = []
            for i in range(count):
                convolutions = kind(width * 2**stage)
                layers.append(Block(stem, channels, convolutions, 2 if stage > 0 and i == 0 else 1))
                channels = convolutions[-1][1]
            self.add_module(f"layer{stage + 1}", nn.Sequential(*layers))
        self.last = "linear" if stem == "cifar" else "fc"
        self.add_module(self.last, nn.Linear(channels, num_classes))

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)))
        if self.stem == "imagenet":
            y = F.max_pool2d(y, 3, 2, 1)
        for stage in range(1, 5):
            y = getattr(self, f"layer{stage}")(y)
        return getattr(self, self.last)(y.mean((2, 3)))
