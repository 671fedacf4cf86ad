"""VGG-16 with batch normalisation (Simonyan and Zisserman 2014) in both forms; dropout is 0."""
from torch import nn


class VGG(nn.Module):
    def __init__(self, stem, num_classes, width=64):
        super().__init__()
        layers, channels = [], 3
        for block, length in enumerate([2, 2, 3, 3, 3]):
            for _ in range(length):
                outputs = width * min(8, 2**block)
                layers += [nn.Conv2d(channels, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU()]
                channels = outputs
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        self.pool = nn.AdaptiveAvgPool2d(1 if stem == "cifar" else 7)
        hidden = 64 * width
        self.classifier = nn.Linear(channels, num_classes)
        if stem == "imagenet":
            first, second = nn.Linear(49 * channels, hidden), nn.Linear(hidden, hidden)
            between = [nn.ReLU(), nn.Dropout(0)]
            self.classifier = nn.Sequential(first, *between, second, *between, nn.Linear(hidden, num_classes))

    def forward(self, x):
        return self.classifier(self.pool(self.features(x)).flatten(1))
