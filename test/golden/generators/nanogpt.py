"""nanogpt.json: the small GPT of the benchmark while it trains, computed in float64 with the model of the PyTorch peer."""
import pathlib
import sys

import torch
import torch.nn.functional as F

from .fill import filled_integers, filled_tensor
from .writing import document, rounded, row

sys.path.append(str(pathlib.Path(__file__).resolve().parents[3] / "bench" / "peers"))
from torch_steps import NanoGPT  # noqa: E402

ABOUT = [
    "NanoGPT of bench/peers/torch_steps.py in PyTorch 1.13 (float64): names and shapes of its parameters, and 4 steps of "
    "AdamW with its defaults on one batch. gradNorms are those of the first step, for each parameter.",
    "filled(size, name, low, high) is test/helpers/fill.ts. Every parameter p with two axes is filled(size, key/p, -0.1, "
    "0.1), norm weights filled(size, key/p, 0.5, 1.5), biases filled(size, key/p, -0.1, 0.1); tokens (16, 65) are "
    "floor(65 filled(1040, key/tokens, 0, 1)), of which the last 64 of each row are the targets of the first 64.",
]
KEY, BATCH, CONTEXT, VOCABULARY, STEPS = "nanogpt", 16, 64, 65, 4


def generate():
    model = NanoGPT()
    with torch.no_grad():
        for name, p in model.named_parameters():
            low, high = (0.5, 1.5) if p.dim() == 1 and name.endswith("weight") else (-0.1, 0.1)
            p.copy_(filled_tensor(p.shape, f"{KEY}/{name}", low, high))
    model.double()
    tokens = filled_integers([BATCH, CONTEXT + 1], f"{KEY}/tokens", VOCABULARY)
    optimizer = torch.optim.AdamW(model.parameters())
    losses, norms = [], {}
    for step in range(STEPS):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(tokens[:, :-1]), tokens[:, 1:].reshape(-1))
        loss.backward()
        if step == 0:
            norms = {name: rounded(p.grad.norm())[0] for name, p in model.named_parameters()}
        optimizer.step()
        losses += rounded(loss.item())
    shapes = {name: list(p.shape) for name, p in model.named_parameters()}
    return {"about": ABOUT, "runs": [{"key": KEY, "losses": losses, "gradNorms": norms, "shapes": shapes}]}


def layout(data):
    return document(data["about"], "runs", [row(run, (", ", ": ")) for run in data["runs"]])


def tolerance(path):
    """float64 computes more digits than the file has."""
    return 1e-8, 0
