"""language-model.json: losses and norms of gradients while an LSTM language model trains."""
import torch
import torch.nn.functional as F

from .fill import filled_integers, filled_tensor
from .optimizers import make_optimizer
from .writing import document, rounded, row

ABOUT = [
    "An LSTM language model in PyTorch 1.13 (float32; AdaPNM in its authors' code): vocabulary 50, embedding 12, 2 "
    "layers of 16, no dropout, trained on 10 windows of 8 steps with the state carried over, gradients clipped to "
    "norm 0.25.",
    "filled(size, name, low, high) is test/helpers/fill.ts; every parameter n starts as filled(size, key/n, -0.3, "
    "0.3); tokens (81, 4) are floor(50 filled(324, key/tokens, 0, 1)). losses and gradNorms (before clipping) are "
    "those of each window.",
]
RUNS = [
    ("lm/Adam", "adam", {"lr": 0.01, "weightDecay": 1e-05}),
    ("lm/AdaPNM", "adapnm", {"lr": 0.01, "weightDecay": 1e-05, "amsgrad": False, "decay": "l2"}),
    ("lm/SGD", "sgd", {"lr": 1}),
]
WINDOWS, STEPS, BATCH, VOCABULARY = 10, 8, 4, 50


class LanguageModel(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = torch.nn.Embedding(VOCABULARY, 12)
        self.rnn = torch.nn.LSTM(12, 16, num_layers=2)
        self.decoder = torch.nn.Linear(16, VOCABULARY)

    def forward(self, tokens, state):
        y, state = self.rnn(self.encoder(tokens), state)
        return self.decoder(y), state


def computed(key, name, options):
    model = LanguageModel()
    with torch.no_grad():
        for n, p in model.named_parameters():
            p.copy_(filled_tensor(p.shape, f"{key}/{n}", -0.3, 0.3))
    tokens = filled_integers([WINDOWS * STEPS + 1, BATCH], f"{key}/tokens", VOCABULARY)
    optimizer = make_optimizer(name, model.parameters(), options)
    state, losses, norms = None, [], []
    for at in range(0, WINDOWS * STEPS, STEPS):
        logits, state = model(tokens[at : at + STEPS], state)
        state = tuple(s.detach() for s in state)
        loss = F.cross_entropy(logits.reshape(-1, VOCABULARY), tokens[at + 1 : at + STEPS + 1].reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), 0.25).item())
        optimizer.step()
        losses.append(loss.item())
    result = {"losses": rounded(losses), "gradNorms": rounded(norms)}
    return {"optimizer": name, "options": options, "key": key, **result}


def generate():
    return {"about": ABOUT, "runs": [computed(*run) for run in RUNS]}


def layout(data):
    return document(data["about"], "runs", [row(run, (", ", ": ")) for run in data["runs"]])


def tolerance(path):
    """Training carries the rounding of float32 from window to window."""
    return 1e-5, 0
