#!/usr/bin/env python3
"""Writes the files of the folder weights with PyTorch and NumPy, or reads those that are there and compares.

    python3 test/golden/weights.py            writes the files, and contents.json, which says what is in them
    python3 test/golden/weights.py --check    reads the files, and compares contents.json with what would be written
    python3 test/golden/weights.py FILE...    prints the tensors in other files, as contents.json does
"""
import json
import pathlib
import sys
import warnings

import numpy as np
import torch

from generators.weights import contents, described, files

FOLDER = pathlib.Path(__file__).resolve().parent / "weights"


def tensors_of(path):
    """The tensors or arrays in a file, by name."""
    if path.suffix == ".pt":
        return torch.load(path, map_location="cpu", weights_only=False)
    held = np.load(path)
    return {"tensor": held} if path.suffix == ".npy" else {name: held[name] for name in held.files}


def main():
    warnings.filterwarnings("ignore")
    others = [pathlib.Path(name) for name in sys.argv[1:] if name != "--check"]
    if others:
        print(json.dumps({path.name: described(tensors_of(path)) for path in others}))
        return
    made = files()
    text = json.dumps(contents(made), indent=1) + "\n"
    if "--check" not in sys.argv[1:]:
        for name, (data, _) in made.items():
            (FOLDER / name).write_bytes(data)
        (FOLDER / "contents.json").write_text(text, encoding="utf-8", newline="\n")
        return
    known = [(name, held) for name, (_, held) in made.items() if held is not None]
    wrong = [name for name, held in known if described(tensors_of(FOLDER / name)) != described(held)]
    # the last digits of logits depend on the processor
    present, computed = json.loads((FOLDER / "contents.json").read_text(encoding="utf-8")), json.loads(text)
    logits = [each["resnet18"].pop("logits") for each in (present, computed)]
    if present != computed or not np.allclose(*logits, rtol=1e-5, atol=1e-5):
        wrong.append("contents.json")
    print(f"{len(made)} files; different: {', '.join(wrong) or 'none'}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
