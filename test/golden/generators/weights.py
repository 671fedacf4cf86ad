"""Files of weights as PyTorch and NumPy write them, and what is in them."""
import collections
import io

import numpy as np
import torch

from .fill import filled, filled_tensor
from .resnet import bounds
from .resnet_model import ResNet
from .writing import numbers

FLOATS = [0.0, -0.0, 1.0, -2.5, 1e-3, 300.7, float("inf"), float("-inf"), float("nan")]
INTEGERS = {"int64": [0, -1, 2**31 - 1, 2**53 + 1, -(2**63)], "int32": [0, -1, 2**31 - 1, -(2**31)]}
INTEGERS |= {"int16": [0, -1, 2**15 - 1], "int8": [0, -1, 127], "uint8": [0, 1, 255]}
UNSIGNED = {"uint64": [0, 2**31 - 1, 2**64 - 1], "uint32": [0, 2**32 - 1], "uint16": [0, 2**16 - 1]}


def bits(tensor):
    """The elements of a tensor or array, row-major and little-endian, as hexadecimal text."""
    if isinstance(tensor, torch.Tensor):
        tensor = tensor.detach().contiguous()
        tensor = (tensor.view(torch.int16) if tensor.dtype == torch.bfloat16 else tensor).numpy()
    return np.ascontiguousarray(tensor, tensor.dtype.newbyteorder("<")).tobytes().hex()


def described(tensors):
    names = {name: str(getattr(t.dtype, "name", t.dtype)).replace("torch.", "") for name, t in tensors.items()}
    return {name: {"dtype": names[name], "shape": list(t.shape), "bits": bits(t)} for name, t in tensors.items()}


def torch_dtypes():
    tensors = {name: torch.tensor(FLOATS, dtype=getattr(torch, name)) for name in ("float64", "float32", "float16", "bfloat16")}
    tensors |= {name: torch.tensor(values, dtype=getattr(torch, name)) for name, values in INTEGERS.items()}
    tensors["bool"] = torch.tensor([[True, False]])
    tensors["complex64"] = torch.tensor([1 + 2j, -3.5j], dtype=torch.complex64)
    tensors["complex128"] = torch.tensor([1 + 2j, -3.5j], dtype=torch.complex128)
    return tensors


def torch_views():
    base = filled_tensor([4, 6], "weights/base", -1, 1)
    return collections.OrderedDict(
        base=base,
        transposed=base.t(),
        column=base[:, 2],
        part=base[1:3, 1:6:2],
        expanded=base[0].expand(3, 6),
        permuted=base.reshape(2, 2, 6).permute(2, 0, 1),
        scalar=base[3, 5],
        empty=base[:0],
        halves=base.to(torch.bfloat16).t(),
        pairs=torch.view_as_complex(base.reshape(4, 3, 2).clone()).t(),
        parameter=torch.nn.Parameter(base[1]),
    )


def torch_objects():
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    with torch.no_grad():
        for name, p in model.named_parameters():
            p.copy_(filled_tensor(p.shape, f"weights/{name}", -1, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    model(torch.ones(2, 3)).sum().backward()
    optimizer.step()
    return {
        "epoch": 3,
        "state_dict": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "best": 0.1,
        "name": "näme\n",
        "flags": (True, False, None),
        "integers": [0, -1, 255, 65536, -(2**31), 2**31, 2**53, 2**70, -(2**70)],
        "bytes": b"\x00\xff",
        "empty": [(), [], {}, "", b""],
        "nested": [{"a": [(1, 2.5), {"b": [torch.ones(2)]}]}],
        "size": torch.Size([2, 3]),
        "dtype": torch.bfloat16,
        "device": torch.device("cuda:1"),
        "set": {1, 2},
        7: "seven",
    }


def resnet18():
    net = ResNet("resnet18", "cifar", 3, width=1)
    with torch.no_grad():
        for name, p in net.named_parameters():
            p.copy_(filled_tensor(p.shape, f"weights/resnet18/{name}", *bounds(name, p.shape)))
        for i in range(3):
            net(filled_tensor([4, 3, 16, 16], f"weights/resnet18/x{i}", -2, 2))
        logits = net.eval()(filled_tensor([2, 3, 16, 16], "weights/resnet18/x", -2, 2))
    return net.state_dict(), logits


def saved(value, **options):
    file = io.BytesIO()
    torch.save(value, file, **options)
    return file.getvalue()


def numpy_arrays():
    arrays = {name: np.array(FLOATS, name) for name in ("float64", "float32", "float16")}
    arrays |= {name: np.array(values, name) for name, values in {**INTEGERS, **UNSIGNED}.items()}
    arrays["bool"] = np.array([[True], [False]])
    arrays["complex64"] = np.array([1 + 2j, -3.5j], "complex64")
    arrays["complex128"] = np.array([1 + 2j, -3.5j], "complex128")
    arrays["fortran"] = np.asfortranarray(filled([2, 3, 4], "weights/fortran", -1, 1))
    arrays["big-endian"] = filled([3, 2], "weights/big", -1, 1).astype(">f4")
    arrays["big-endian.fortran"] = np.asfortranarray(np.arange(6, dtype=">i2").reshape(2, 3))
    arrays["big-endian.complex"] = np.array([1 + 2j, 3], ">c8")
    arrays["scalar"] = np.array(2.5)
    arrays["empty"] = np.zeros((0, 3), "int32")
    return arrays


def zipped(save, arrays):
    file = io.BytesIO()
    save(file, **arrays)
    return file.getvalue()


def npy(array, version):
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version)
    return file.getvalue()


def rounding():
    """float32 numbers, and their bits when they are rounded to 16 bits."""
    words = np.floor(filled([300], "weights/words", 0, 1).astype(np.float64) * 2**32).astype(np.uint32)
    near = filled([300], "weights/near", -1, 1) * np.float32(2) ** np.round(filled([300], "weights/scale", -26, 17))
    values = np.concatenate([words.view(np.float32), near.astype(np.float32)])
    values = values[~np.isnan(values)]
    with np.errstate(over="ignore"):
        halves = values.astype(np.float16)
    return {"float32": bits(values), "float16": bits(halves), "bfloat16": bits(torch.from_numpy(values).to(torch.bfloat16))}


def files():
    """The bytes of each file, and the tensors in it by name."""
    state, _ = resnet18()
    arrays, small = numpy_arrays(), {"a": np.arange(6, dtype="int64").reshape(2, 3), "zeros": np.zeros((40, 40), "float32")}
    two = np.arange(6, dtype="float32").reshape(2, 3)
    return {
        "dtypes.pt": (saved(torch_dtypes()), torch_dtypes()),
        "views.pt": (saved(torch_views()), torch_views()),
        "protocol4.pt": (saved(torch_views(), pickle_protocol=4), torch_views()),
        "legacy.pt": (saved(torch_views(), _use_new_zipfile_serialization=False), torch_views()),
        "objects.pt": (saved(torch_objects()), None),
        "resnet18.pt": (saved(state), None),
        "arrays.npz": (zipped(np.savez, arrays), arrays),
        "compressed.npz": (zipped(np.savez_compressed, small), small),
        "version1.npy": (npy(two, (1, 0)), {"tensor": two}),
        "version2.npy": (npy(two, (2, 0)), {"tensor": two}),
        "version3.npy": (npy(two.T, (3, 0)), {"tensor": two.T}),
    }


def contents(made):
    _, logits = resnet18()
    tensors = {name: described(held) for name, (_, held) in made.items() if held is not None}
    return {"files": tensors, "resnet18": {"logits": numbers(logits)}, "rounding": rounding()}
