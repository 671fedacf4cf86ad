"""The cases of layers.json: operation, arguments, inputs. Keys hold the place in the list, so append new cases."""


def floats(*shape, lo=-1, hi=1):
    return {"shape": list(shape), "lo": lo, "hi": hi}


def integers(*shape, below):
    return {"int": True, "shape": list(shape), "below": below}


CONVOLUTIONS = [
    ([2, 3, 8, 8], [4, 3, 3, 3], {"stride": 1, "padding": 1}),
    ([2, 4, 9, 7], [6, 4, 3, 3], {"stride": 2, "padding": 1}),
    ([1, 4, 8, 8], [8, 4, 1, 1], {"stride": 2, "padding": 0}),
    ([2, 4, 10, 10], [4, 2, 5, 3], {"stride": [1, 2], "padding": [2, 1], "groups": 2}),
    ([1, 3, 15, 15], [5, 3, 7, 7], {"stride": 2, "padding": 3}),
    ([2, 4, 9, 9], [4, 1, 3, 3], {"padding": 2, "dilation": 2, "groups": 4}),
    ([2, 19, 6, 6], [21, 19, 3, 3], {"padding": 1}),
    ([3, 17, 5, 5], [9, 17, 1, 1], {}),
]
POOLINGS = [
    ([2, 3, 8, 8], {"kernel_size": 2}),
    ([2, 3, 7, 9], {"kernel_size": 3, "stride": 2, "padding": 1}),
    ([1, 2, 6, 6], {"kernel_size": 3, "stride": 1, "padding": 1}),
]
CUT = [
    ([2, 3, 8, 7], {"kernel_size": 3, "stride": 2}),
    ([1, 2, 6, 8], {"kernel_size": [3, 5], "stride": [2, 3], "padding": 1}),
]
NORMALISATIONS = [
    ("batch_norm_train", {"eps": 1e-05, "momentum": 0.1}),
    ("batch_norm_eval", {"eps": 1e-05, "running_mean": 0.25, "running_var": 2.0}),
]
ACTIVATIONS = [
    *[("relu", {}), ("leaky_relu", {"negative_slope": 0.1}), ("sigmoid", {}), ("tanh", {}), ("gelu", {}), ("silu", {})],
    *[("softplus", {}), ("elu", {}), ("exp", {}), ("abs", {})],
]


def affine(shape, features):
    return {"x": floats(*shape), "w": floats(features, lo=0.5, hi=1.5), "b": floats(features)}


def convolution(x, w, args, bias):
    inputs = {"x": floats(*x), "w": floats(*w), **({"b": floats(w[0])} if bias else {})}
    return "conv2d", {**args, "bias": bias}, inputs


CASES = [
    *[convolution(*case, bias) for case in CONVOLUTIONS for bias in (True, False)],
    *[(op, args, {"x": floats(*x)}) for x, args in POOLINGS for op in ("max_pool2d", "avg_pool2d")],
    ("adaptive_avg_pool2d", {"output_size": 1}, {"x": floats(2, 5, 7, 6)}),
    *[(op, args, affine(x, x[1])) for x in ([4, 3, 5, 5], [6, 7]) for op, args in NORMALISATIONS],
    ("layer_norm", {"normalized_shape": [6], "eps": 1e-05}, {"x": floats(2, 3, 6), "w": floats(6), "b": floats(6)}),
    *[("linear", {}, {"x": floats(*x), "w": floats(5, 7), "b": floats(5)}) for x in ([4, 7], [2, 3, 7])],
    ("matmul", {}, {"a": floats(2, 3, 4), "b": floats(4, 5)}),
    ("matmul", {}, {"a": floats(3, 1, 4, 6), "b": floats(2, 6, 5)}),
    *[(op, args, {"x": floats(3, 5, lo=-3, hi=3)}) for op, args in ACTIVATIONS],
    *[(op, {}, {"x": floats(3, 5, lo=0.1, hi=3)}) for op in ("log", "sqrt")],
    ("softmax", {"dim": -1}, {"x": floats(3, 6)}),
    ("log_softmax", {"dim": 1}, {"x": floats(3, 6, 2)}),
    ("logsumexp", {"dim": -1}, {"x": floats(3, 6, lo=-40, hi=90)}),
    *[
        ("cross_entropy", args, {"x": floats(6, 5), "y": integers(6, below=5)})
        for args in ({}, {"label_smoothing": 0.1})
    ],
    ("mse_loss", {}, {"x": floats(4, 3), "t": floats(4, 3)}),
    ("embedding", {}, {"w": floats(11, 4), "y": integers(3, 5, below=11)}),
    *[
        (op, {}, {"a": floats(2, 1, 4), "b": floats(3, 1, lo=0.5, hi=2)})
        for op in ("add", "sub", "mul", "div", "maximum")
    ],
    ("sum", {"dim": 1}, {"x": floats(3, 4, 5)}),
    ("mean", {"dim": [0, 2], "keepdim": True}, {"x": floats(3, 4, 5)}),
    ("var", {"dim": 2, "unbiased": True}, {"x": floats(3, 4, 5)}),
    ("max", {"dim": 1}, {"x": floats(3, 4, 5)}),
    ("prod_all_sum_of_squares", {}, {"x": floats(3, 4, 5)}),
    ("cat", {"dim": 1}, {"a": floats(2, 3, 4), "b": floats(2, 1, 4)}),
    (
        "transpose_reshape_slice",
        {"about": "x.permute(2,0,1).reshape(4,6)[1:3, ::2]"},
        {"x": floats(2, 3, 4)},
    ),
    ("pad", {"pad": [1, 2, 0, 1]}, {"x": floats(2, 3, 4)}),
    *[(op, {**args, "ceil_mode": True}, {"x": floats(*x)}) for x, args in CUT for op in ("max_pool2d", "avg_pool2d")],
    *[
        (op, {"output_size": size}, {"x": floats(2, 2, 7, 6)})
        for op in ("adaptive_avg_pool2d", "adaptive_max_pool2d")
        for size in ([3, 4], [9, 2])
    ],
]
