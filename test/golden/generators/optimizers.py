"""Optimizers by the names that antinode gives them: those of PyTorch, and those of rules.py with the same methods."""
import inspect
from collections import defaultdict

import torch

from .names import snake_case
from .rules import RULES

TORCH = {
    "sgd": torch.optim.SGD,
    "adam": torch.optim.Adam,
    "amsgrad": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "radam": torch.optim.RAdam,
}


class RuleOptimizer:
    """Applies a rule to float64 copies of the parameters, and rounds them into the parameters after each step."""

    def __init__(self, rule, decay, params, weight_decay=0.0, **options):
        self.rule, self.decay, self.weight_decay, self.options = rule, decay, weight_decay, options
        self.lr = options.get("lr", inspect.signature(rule).parameters["lr"].default)
        self.params = list(params)
        self.thetas = [p.detach().double().numpy().copy() for p in self.params]
        self.states = [defaultdict(float) for _ in self.params]
        self.t = 0

    def zero_grad(self):
        for p in self.params:
            p.grad = None

    def step(self):
        self.t += 1
        for i, p in enumerate(self.params):
            theta, g = self.thetas[i], p.grad.double().numpy()
            if self.decay == "l2":
                g = g + self.weight_decay * theta
            else:
                theta = (1 - self.lr * self.weight_decay) * theta
            self.thetas[i] = self.rule(theta, g, self.t, self.states[i], **self.options)
            p.data.copy_(torch.from_numpy(self.thetas[i]))


def make_optimizer(name, params, options):
    """An optimizer for options as antinode names them."""
    given = snake_case(options)
    if name in TORCH:
        return TORCH[name](params, **given)
    rule, default_decay = RULES[name]
    decay = given.pop("decay", default_decay)
    return RuleOptimizer(rule, decay, params, **given)
