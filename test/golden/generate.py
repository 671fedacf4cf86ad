#!/usr/bin/env python3
"""Computes the numbers of this folder with PyTorch and writes them, or compares them with those that are here.

    python3 test/golden/generate.py                  writes every file
    python3 test/golden/generate.py optim layers     writes optim.json and layers.json
    python3 test/golden/generate.py --check          computes every file and compares it with the one that is here

A number that is near enough to the one in the file stays as it is there, because last digits depend on the processor:
only new cases and real changes show up. --fresh writes every number as it was computed.
"""
import argparse
import importlib
import json
import pathlib
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
NAMES = ("layers", "recurrent", "optim", "schedules", "language-model", "models", "imagenet", "nanogpt", "printing",
         "onnx-files", "images", "curvature")


def arguments():
    parser = argparse.ArgumentParser(description="Computes the golden numbers with PyTorch.")
    parser.add_argument("names", nargs="*", metavar="name", help=f"one of {', '.join(NAMES)}; by default all of them")
    parser.add_argument("--check", action="store_true", help="compare with the files instead of writing them")
    parser.add_argument("--fresh", action="store_true", help="write all digits as computed, even if near enough")
    parser.add_argument("--threads", type=int, default=0, help="threads of PyTorch; by default PyTorch decides")
    given = parser.parse_args()
    for name in given.names:
        if name not in NAMES:
            parser.error(f"expected one of {', '.join(NAMES)}, got {name}")
    return given


def load(name):
    return importlib.import_module(f"generators.{name.replace('-', '_')}")


def main():
    given = arguments()
    try:
        import torch
    except ModuleNotFoundError:
        sys.exit(f"expected PyTorch in {sys.executable}, found none (Debian: apt-get install python3-torch)")
    from generators.comparison import compare, settled

    if given.threads > 0:
        torch.set_num_threads(given.threads)
    print(f"PyTorch {torch.__version__.strip()}")
    different = 0
    for name in given.names or NAMES:
        module, path = load(name), FOLDER / f"{name}.json"
        data = module.generate()
        text = path.read_text(encoding="utf-8") if path.exists() else "{}"
        if not given.check:
            kept = data if given.fresh else settled(data, json.loads(text), module.tolerance)
            # newline: the bytes are the same on every system
            with open(path, "w", encoding="utf-8", newline="\n") as file:
                file.write(module.layout(kept))
            print(f"{name}: written")
            continue
        found = compare(data, json.loads(text), module.tolerance)
        different += len(found.differences)
        state = "the same bytes" if module.layout(data) == text else f"largest difference {found.worst}"
        print(f"{name}: {found.numbers} numbers, {len(found.differences)} too far apart; {state}")
        for line in found.differences:
            print(f"  {line}")
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
