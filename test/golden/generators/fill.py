"""The numbers that inputs are filled with; test/helpers/fill.ts has the same in TypeScript."""
import math

import numpy as np
import torch


def fnv1a(text):
    """32-bit FNV-1a hash of a text in UTF-8."""
    value = 0x811C9DC5
    for byte in text.encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def filled(shape, name, low, high):
    """float32 values of [low, high] that depend on the name alone: MurmurHash3's finaliser over hash + (i + 1) c."""
    size = math.prod(shape)
    x = np.uint32(fnv1a(name)) + np.arange(1, size + 1, dtype=np.uint32) * np.uint32(0x9E3779B1)
    x = (x ^ (x >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    x = (x ^ (x >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    x = x ^ (x >> np.uint32(16))
    values = low + (high - low) * x.astype(np.float64) / 2**32
    return values.astype(np.float32).reshape(shape)


def filled_tensor(shape, name, low, high, grad=False):
    """The same as a tensor."""
    return torch.from_numpy(filled(shape, name, low, high)).requires_grad_(grad)


def filled_integers(shape, name, below):
    """int64 values of [0, below)."""
    return torch.from_numpy(np.floor(filled(shape, name, 0, 1).astype(np.float64) * below).astype(np.int64))
