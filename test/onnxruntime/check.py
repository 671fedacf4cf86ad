"""Runs the checker of the package onnx, with inference of all shapes, on files of versions that it knows."""
import sys

import onnx

checked = 0
newest = onnx.defs.onnx_opset_version()
for path in sys.argv[1:]:
    model = onnx.load(path)
    if model.ir_version > onnx.IR_VERSION or model.opset_import[0].version > newest:
        continue
    onnx.checker.check_model(model, full_check=True)
    checked += 1
print(f"{checked} of {len(sys.argv) - 1} files checked by onnx {onnx.__version__}, which knows versions up to {newest}")
if checked == 0:
    sys.exit("expected files of versions that the checker knows, got none")
