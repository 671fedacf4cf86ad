"""Runs the benchmark's workloads in PyTorch on the CPU: one request per line on stdin, one answer per line on stdout.

Request: {"workload": "matmul-512", "warmup": 300, "measure": 400, "most": 50}, times in milliseconds.
Answer:  {"workload": "matmul-512", "ms": [1.2, 1.1], "cpu": 4.5} or {"workload": "...", "unsupported": "why"};
"cpu" is the processor time of all threads of this process since the request, in milliseconds.
The first line written identifies the process: {"peer": "pytorch", "version": "1.13.0", "threads": 2}.

On Debian, install python3-torch and libopenblas0-pthread; without the latter, matrix products are far slower.
usage: python3 torch_steps.py THREADS
"""
import json
import sys
from functools import partial
from time import perf_counter, process_time

try:
    import torch
    from torch import nn
    from torch.nn import functional as F
except ImportError as error:
    print(json.dumps({"missing": f"PyTorch: {error}"}), flush=True)
    sys.exit(0)


from torch_models import network  # noqa: E402


class Residual(nn.Module):
    """Two 3x3 convolutions beside a shortcut, which is a 1x1 convolution where the shape changes."""

    def __init__(self, cin, cout, stride):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(cin, cout, 3, stride, 1, bias=False), nn.BatchNorm2d(cout), nn.ReLU(),
            nn.Conv2d(cout, cout, 3, 1, 1, bias=False), nn.BatchNorm2d(cout),
        )
        same = stride == 1 and cin == cout
        self.shortcut = nn.Identity() if same else nn.Sequential(
            nn.Conv2d(cin, cout, 1, stride, bias=False), nn.BatchNorm2d(cout))

    def forward(self, x):
        return F.relu(self.body(x) + self.shortcut(x))


def resnet18(width):
    layers = [nn.Conv2d(3, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
    cin = width
    for stage in range(4):
        cout = width << stage
        layers += [Residual(cin, cout, 1 if stage == 0 else 2), Residual(cout, cout, 1)]
        cin = cout
    return nn.Sequential(*layers, nn.AvgPool2d(4), nn.Flatten(), nn.Linear(cin, 10))


def classify(model, optimizer, x, labels=None):
    """A training step on a batch, by default with random labels of ten classes."""
    labels = torch.randint(0, 10, (x.shape[0],)) if labels is None else labels

    def step():
        optimizer.zero_grad()
        F.cross_entropy(model(x), labels).backward()
        optimizer.step()
    return step


def matmul(n):
    a, b = torch.rand(n, n), torch.rand(n, n)
    return lambda: a @ b


def conv(channels, size, batch, train):
    x = torch.randn(batch, channels, size, size, requires_grad=train)
    w = torch.randn(channels, channels, 3, 3, requires_grad=train)

    def forward():
        return F.conv2d(x, w, padding=1)

    def both():
        x.grad = w.grad = None
        y = forward()
        y.backward(torch.ones_like(y))
    return both if train else forward


def mlp():
    model = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 10))
    return classify(model, torch.optim.Adam(model.parameters()), torch.randn(128, 784))


def mnist():
    model = nn.Sequential(
        nn.Conv2d(1, 8, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(256, 10))
    return classify(model, torch.optim.Adam(model.parameters()), torch.randn(64, 1, 28, 28))


def resnet_train(width, batch):
    model = resnet18(width)
    return classify(model, torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9), torch.randn(batch, 3, 32, 32))


def resnet_infer(width, batch):
    model, x = resnet18(width).eval(), torch.randn(batch, 3, 32, 32)

    def step():
        with torch.no_grad():
            model(x)
    return step


def network_train(name, batch, stem="cifar"):
    size, classes = (32, 10) if stem == "cifar" else (224, 1000)
    model, x = network(name, stem, classes), torch.randn(batch, 3, size, size)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    return classify(model, optimizer, x, torch.randint(0, classes, (batch,)))


class LanguageModel(nn.Module):
    """Embedding, two LSTM layers and scores of the next word."""

    def __init__(self, words, hidden):
        super().__init__()
        self.encoder = nn.Embedding(words, hidden)
        self.rnn = nn.LSTM(hidden, hidden, 2)
        self.decoder = nn.Linear(hidden, words)

    def forward(self, tokens):
        return self.decoder(self.rnn(self.encoder(tokens))[0])


def lstm(hidden, steps=35, batch=20, words=10_000):
    model = LanguageModel(words, hidden)
    optimizer = torch.optim.Adam(model.parameters())
    tokens, target = torch.randint(0, words, (steps, batch)), torch.randint(0, words, (steps * batch,))

    def step():
        optimizer.zero_grad()
        F.cross_entropy(model(tokens).view(-1, words), target).backward()
        optimizer.step()
    return step


class Attention(nn.Module):
    """Causal self-attention of several heads, from (B, T, C) to (B, T, C)."""

    def __init__(self, width, heads, context):
        super().__init__()
        self.qkv, self.out, self.heads = nn.Linear(width, 3 * width), nn.Linear(width, width), heads
        self.register_buffer("future", torch.ones(context, context).triu(1).bool(), persistent=False)

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = (each.view(B, T, self.heads, -1).transpose(1, 2) for each in self.qkv(x).split(C, 2))
        scores = q @ k.transpose(-2, -1) / (C / self.heads) ** 0.5
        weights = scores.masked_fill(self.future, float("-inf")).softmax(-1)
        return self.out((weights @ v).transpose(1, 2).reshape(B, T, C))


class Block(nn.Module):
    """Attention, then a perceptron of four times the width; each is normalised before and added to its input."""

    def __init__(self, width, heads, context):
        super().__init__()
        self.norm1, self.attention = nn.LayerNorm(width), Attention(width, heads, context)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class NanoGPT(nn.Module):
    """A small GPT that predicts characters; the embedding of tokens is also the weight of the output."""

    def __init__(self, layers=4, width=128, heads=4, context=64, words=65):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(words, width), nn.Embedding(context, width)
        self.blocks = nn.Sequential(*(Block(width, heads, context) for _ in range(layers)))
        self.norm = nn.LayerNorm(width)
        for p in self.parameters():
            if p.dim() > 1:
                nn.init.normal_(p, 0, 0.02)

    def forward(self, tokens):
        x = self.tokens(tokens) + self.positions(torch.arange(tokens.shape[1]))
        return F.linear(self.norm(self.blocks(x)), self.tokens.weight).flatten(0, 1)


def nanogpt(batch=16, context=64, words=65):
    model = NanoGPT()
    tokens, targets = torch.randint(0, words, (batch, context)), torch.randint(0, words, (batch * context,))
    return classify(model, torch.optim.AdamW(model.parameters()), tokens, targets)


def update(create):
    p = nn.Parameter(torch.randn(11_000_000))
    p.grad = torch.randn(11_000_000)
    return create([p]).step


WORKLOADS = {
    "matmul-512": lambda: matmul(512),
    "matmul-1024": lambda: matmul(1024),
    "conv3x3-64-32-b8-forward": lambda: conv(64, 32, 8, False),
    "conv3x3-64-32-b8-train": lambda: conv(64, 32, 8, True),
    "conv3x3-256-8-b32-train": lambda: conv(256, 8, 32, True),
    "mlp-b128-train": mlp,
    "mnist-cnn-b64-train": mnist,
    **{f"resnet18-w16-b{batch}-train": partial(resnet_train, 16, batch) for batch in (1, 8, 32, 128, 512)},
    **{f"resnet18-w{width}-b32-train": partial(resnet_train, width, 32) for width in (8, 16, 32, 64, 128)},
    "resnet18-w64-b32-infer": lambda: resnet_infer(64, 32),
    "resnet50-imagenet-b8-train": lambda: network_train("resnet50", 8, "imagenet"),
    "densenet121-b32-train": lambda: network_train("densenet121", 32),
    "googlenet-b32-train": lambda: network_train("googlenet", 32),
    "lstm-2x200-ptb-train": lambda: lstm(200),
    "lstm-2x512-ptb-train": lambda: lstm(512),
    "nanogpt-train": nanogpt,
    "sgd-11m": lambda: update(lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9)),
    "adam-11m": lambda: update(torch.optim.Adam),
    "adamw-11m": lambda: update(torch.optim.AdamW),
    "amsgrad-11m": lambda: update(lambda p: torch.optim.Adam(p, amsgrad=True)),
    "radam-11m": lambda: update(torch.optim.RAdam),
}


def timed(step, least, span, most):
    """Times steps until `span` milliseconds have passed, at least `least` and at most `most` of them."""
    times, start = [], perf_counter()
    while len(times) < most and (len(times) < least or (perf_counter() - start) * 1e3 < span):
        before = perf_counter()
        step()
        times.append((perf_counter() - before) * 1e3)
    return times


def main():
    threads = int(sys.argv[1])
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    print(json.dumps({"peer": "pytorch", "version": torch.__version__, "threads": threads}), flush=True)
    name, step = None, None
    for line in sys.stdin:
        request = json.loads(line)
        answer = {"workload": request["workload"]}
        used = process_time()
        if request["workload"] not in WORKLOADS:
            answer["unsupported"] = "not written for PyTorch"
        else:
            if request["workload"] != name:
                name, step = request["workload"], None
                step = WORKLOADS[name]()
                timed(step, 2, request["warmup"], 1000)
            answer["ms"] = timed(step, 3, request["measure"], request["most"])
            answer["cpu"] = (process_time() - used) * 1e3
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
