"""The networks of PyTorch that the tests compare with antinode's layer by layer; they are in test/golden/generators."""
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "test" / "golden"))

from generators.densenet_model import DenseNet  # noqa: E402
from generators.googlenet_model import GoogLeNet  # noqa: E402
from generators.resnet_model import ResNet  # noqa: E402


def network(name, stem, num_classes):
    """The network of that name in its form for "cifar" or "imagenet"."""
    others = {"densenet121": DenseNet, "googlenet": GoogLeNet}
    return others[name](stem, num_classes) if name in others else ResNet(name, stem, num_classes)
