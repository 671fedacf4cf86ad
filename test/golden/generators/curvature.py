"""curvature.json: second derivatives of a small network, and the noise of its gradients, computed by PyTorch."""
import torch
import torch.nn.functional as F

from .fill import filled_integers, filled_tensor
from .writing import document, rounded, row

ABOUT = [
    "A network of three layers, 4 -> 5 -> 4 -> 3 with tanh and cross-entropy, in PyTorch 1.13 (float64): its Hessian "
    "(row-major), eigenvalues in ascending order, trace, the product with a vector, the gradient, the loss that a step "
    "of radius 0.05 along the gradient adds, and the covariance of the gradients of minibatches in two directions.",
    "filled(size, name, low, high) is test/helpers/fill.ts; every parameter n is filled(size, key/n, -1, 1) in the order "
    "0.weight, 0.bias, 2.weight, 2.bias, 4.weight, 4.bias; the batch is filled(samples * 4, key/x, -1, 1), labels are "
    "floor(3 filled(samples, key/labels, 0, 1)); vector and directions are filled(size, key/vector, -1, 1) and key/u0, "
    "key/u1; minibatches are consecutive samples.",
]
KEY, SAMPLES, BATCH, RADIUS = "curvature/0", 24, 4, 0.05


def generate():
    model = torch.nn.Sequential(
        torch.nn.Linear(4, 5), torch.nn.Tanh(), torch.nn.Linear(5, 4), torch.nn.Tanh(), torch.nn.Linear(4, 3)
    )
    names, params = zip(*model.named_parameters())
    shapes = [p.shape for p in params]
    theta = torch.cat([filled_tensor(p.shape, f"{KEY}/{n}", -1, 1).double().ravel() for n, p in zip(names, params)])
    x = filled_tensor([SAMPLES, 4], f"{KEY}/x", -1, 1).double()
    labels = filled_integers([SAMPLES], f"{KEY}/labels", 3)

    def loss(flat, some=slice(None)):
        w0, b0, w1, b1, w2, b2 = (t.reshape(s) for t, s in zip(flat.split([s.numel() for s in shapes]), shapes))
        hidden = torch.tanh(F.linear(torch.tanh(F.linear(x[some], w0, b0)), w1, b1))
        return F.cross_entropy(F.linear(hidden, w2, b2), labels[some])

    def gradient(some=slice(None)):
        return torch.autograd.functional.jacobian(lambda flat: loss(flat, some), theta)

    def named(name):
        return filled_tensor([theta.numel()], f"{KEY}/{name}", -1, 1).double()

    hessian = torch.autograd.functional.hessian(loss, theta)
    g = gradient()
    gradients = torch.stack([gradient(slice(at, at + BATCH)) for at in range(0, SAMPLES, BATCH)])
    projected = gradients @ torch.stack([named("u0"), named("u1")]).T
    centred = projected - projected.mean(0)
    return {
        "about": ABOUT,
        "cases": [
            {
                **{"key": KEY, "samples": SAMPLES, "batchSize": BATCH, "radius": RADIUS},
                "gradient": rounded(g),
                "product": rounded(hessian @ named("vector")),
                "eigenvalues": rounded(torch.linalg.eigvalsh(hessian)),
                "trace": rounded(hessian.trace())[0],
                "rise": rounded(loss(theta + RADIUS * g / g.norm()) - loss(theta))[0],
                "projectedMean": rounded(projected.mean(0)),
                "covariance": rounded(centred.T @ centred / (len(projected) - 1)),
                "hessian": rounded(hessian),
            }
        ],
    }


def layout(data):
    return document(data["about"], "cases", map(row, data["cases"]))


def tolerance(path):
    """float64 sums in an order that depends on the processor; small eigenvalues are differences of large numbers."""
    return 1e-6, 1e-9
