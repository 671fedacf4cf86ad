"""GoogLeNet with batch normalisation (Szegedy et al. 2015) in both forms; dropout is 0. The third branch has two 3x3
convolutions in the form for CIFAR and one in the form for ImageNet, which is torchvision's."""
import torch
import torch.nn.functional as F
from torch import nn

BLOCKS = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


def scaled(planes, width):
    return max(1, round(planes * width / 64))


class Unit(nn.Module):
    """A convolution without bias, batch normalisation, ReLU."""

    def __init__(self, inputs, outputs, kernel, stride=1):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(outputs, eps=0.001)

    def forward(self, x):
        return F.relu(self.bn(self.conv(x)))


def plain(inputs, outputs, kernel):
    return [nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2), nn.BatchNorm2d(outputs), nn.ReLU()]


class Inception(nn.Module):
    def __init__(self, stem, inputs, block):
        super().__init__()
        first, reduce2, second, reduce3, third, fourth = block
        kernels = [(1, first)], [(1, reduce2), (3, second)], [(1, reduce3), (3, third)], [(1, fourth)]
        if stem == "cifar":
            kernels[2].append((3, third))
        self.branches = []
        for i, convolutions in enumerate(kernels, 1):
            layers, channels = [nn.MaxPool2d(3, 1, 1)] if i == 4 else [], inputs
            for kernel, outputs in convolutions:
                layers += plain(channels, outputs, kernel) if stem == "cifar" else [Unit(channels, outputs, kernel)]
                channels = outputs
            name = f"b{i}" if stem == "cifar" else f"branch{i}"
            self.add_module(name, layers[0] if stem == "imagenet" and i == 1 else nn.Sequential(*layers))
            self.branches.append(name)

    def forward(self, x):
        return torch.cat([getattr(self, name)(x) for name in self.branches], 1)


class Auxiliary(nn.Module):
    def __init__(self, inputs, planes, num_classes):
        super().__init__()
        self.conv = Unit(inputs, planes, 1)
        self.fc1 = nn.Linear(16 * planes, 8 * planes)
        self.fc2 = nn.Linear(8 * planes, num_classes)

    def forward(self, x):
        return self.fc2(F.relu(self.fc1(self.conv(F.adaptive_avg_pool2d(x, 4)).flatten(1))))


class GoogLeNet(nn.Module):
    """Returns logits; with auxiliary classifiers, in training, the logits of all three, from the last one."""

    def __init__(self, stem, num_classes, width=64):
        super().__init__()
        self.stem = stem
        small, channels = scaled(64, width), scaled(192, width)
        if stem == "cifar":
            self.prelayer = nn.Sequential(*plain(3, channels, 3))
        else:
            self.conv1, self.conv2, self.conv3 = Unit(3, small, 7, 2), Unit(small, small, 1), Unit(small, channels, 3)
        outputs = {}
        for name, block in BLOCKS.items():
            own = [scaled(planes, width) for planes in block]
            self.add_module(self.named(name), Inception(stem, channels, own))
            channels = outputs[name] = own[0] + own[2] + own[4] + own[5]
        if stem == "imagenet":
            self.aux1 = Auxiliary(outputs["4a"], scaled(128, width), num_classes)
            self.aux2 = Auxiliary(outputs["4d"], scaled(128, width), num_classes)
        self.last = "linear" if stem == "cifar" else "fc"
        self.add_module(self.last, nn.Linear(channels, num_classes))

    def named(self, block):
        return block[::-1] if self.stem == "cifar" else f"inception{block}"

    def pool(self, x, kernel=3):
        return F.max_pool2d(x, 3, 2, 1) if self.stem == "cifar" else F.max_pool2d(x, kernel, 2, ceil_mode=True)

    def forward(self, x):
        y = self.prelayer(x) if self.stem == "cifar" else self.pool(self.conv3(self.conv2(self.pool(self.conv1(x)))))
        auxiliary = []
        for name in BLOCKS:
            y = getattr(self, self.named(name))(y)
            if name in ("3b", "4e"):
                y = self.pool(y, 2 if name == "4e" else 3)
            if self.stem == "imagenet" and self.training and name in ("4a", "4d"):
                auxiliary.insert(0, (self.aux1 if name == "4a" else self.aux2)(y))
        logits = getattr(self, self.last)(y.mean((2, 3)))
        return [logits, *auxiliary] if auxiliary else logits
