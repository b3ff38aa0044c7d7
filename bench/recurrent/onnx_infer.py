"""onnxruntime's side of the case `infer` (see protocol.py): one JSON line.

    python bench/recurrent/onnx_infer.py infer[:B=32] [--threads N] [--secs S]

The graph is written here node by node, with random weights, so that nothing but onnx and onnxruntime is needed.
import_s is `import onnxruntime` alone, peak_mb includes onnx.
"""

import argparse
import json
import time

import protocol

begun = time.perf_counter()
import onnxruntime  # noqa: E402

IMPORT_S = time.perf_counter() - begun
import numpy as np  # noqa: E402
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

OPSET = 17


def model(case):
    """x (T, B, I) -> LSTM -> its last state (1, B, H) -> Gemm -> (B, O)."""
    rng = np.random.default_rng(0)
    shapes = {
        "W": (1, 4 * case.H, case.I),
        "R": (1, 4 * case.H, case.H),
        "bias": (1, 8 * case.H),
        "dense": (case.O, case.H),
        "dense_bias": (case.O,),
    }
    bound = case.H**-0.5
    weights = [
        numpy_helper.from_array(rng.uniform(-bound, bound, shape).astype(np.float32), name)
        for name, shape in shapes.items()
    ]
    weights.append(numpy_helper.from_array(np.array([0]), "first_axis"))
    nodes = [
        helper.make_node("LSTM", ["x", "W", "R", "bias"], ["", "last"], hidden_size=case.H),
        helper.make_node("Squeeze", ["last", "first_axis"], ["state"]),
        helper.make_node("Gemm", ["state", "dense", "dense_bias"], ["y"], transB=1),
    ]
    value = helper.make_tensor_value_info
    inputs = [value("x", TensorProto.FLOAT, [case.T, case.B, case.I])]
    outputs = [value("y", TensorProto.FLOAT, [case.B, case.O])]
    graph = helper.make_graph(nodes, "infer", inputs, outputs, weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--secs", type=float, default=5.0)
    options = parser.parse_args()
    case = protocol.parse(options.case)
    if case.task != "infer" or case.L != 1:
        raise SystemExit("onnxruntime is timed on one-layer `infer` only")
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options.threads
    serialized = model(case).SerializeToString()
    session = onnxruntime.InferenceSession(serialized, settings, providers=["CPUExecutionProvider"])
    x = np.random.default_rng(1).standard_normal((case.T, case.B, case.I), dtype=np.float32)
    record = {"program": "onnxruntime", "version": onnxruntime.__version__, "case": options.case, "dtype": "f32"}
    record |= {"threads": options.threads}
    record |= protocol.measure(case, lambda: session.run(None, {"x": x}), options.secs)
    record |= {"import_s": IMPORT_S, "peak_mb": protocol.peak_mb()}
    print(json.dumps(protocol.rounded(record)))


if __name__ == "__main__":
    main()
