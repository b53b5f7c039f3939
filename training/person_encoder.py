"""The core pack's person network as a torch module, for its picture of what people look like."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from ai_edge_litert import schema_py_generated as schema
from torch import Tensor, nn
from torch.nn import functional

_OPERATORS = {value: name for name, value in vars(schema.BuiltinOperator).items()}
# Tensors of selfie_segmentation.tflite: its skips at 1/2, 1/4, 1/8, the bottom at 1/16, and the
# last layer before the answer at 1/2, which is nearly the person matte.
FEATURES = {4: 16, 25: 16, 48: 24, 157: 32, 245: 16}
STEPS = (2, 4, 8, 16, 2)


class PersonEncoder(nn.Module):
    """Features of RGB pictures (n, 3, h, w) in 0..1, sides a multiple of 16."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(path.read_bytes(), 0))
        self._graph = model.subgraphs[0]
        self._steps: list[tuple[str, Any, list[int], int]] = []
        self.weights = nn.ParameterDict()
        renamed: dict[int, int] = {}
        for operator in self._graph.operators:
            code = model.operatorCodes[operator.opcodeIndex]
            name = _OPERATORS[max(code.builtinCode, code.deprecatedBuiltinCode)]
            inputs = [renamed.get(int(i), int(i)) for i in operator.inputs]
            if name == "DEQUANTIZE":
                renamed[int(operator.outputs[0])] = inputs[0]
                continue
            for i in inputs[1:]:
                raw = model.buffers[self._graph.tensors[i].buffer].data
                if raw is not None and name in {"CONV_2D", "DEPTHWISE_CONV_2D"}:
                    self._keep(i, name, np.asarray(raw, np.uint8).tobytes())
            self._steps.append((name, operator.builtinOptions, inputs, int(operator.outputs[0])))
        self.requires_grad_(False)

    def _keep(self, index: int, name: str, raw: bytes) -> None:
        shape = [int(side) for side in self._graph.tensors[index].shape]
        kind = np.float16 if len(raw) == 2 * int(np.prod(shape)) else np.float32
        array = np.frombuffer(raw, kind).astype(np.float32).reshape(shape)
        if array.ndim == 4:
            array = array.transpose((3, 0, 1, 2) if name == "DEPTHWISE_CONV_2D" else (0, 3, 1, 2))
        self.weights[str(index)] = nn.Parameter(torch.from_numpy(np.ascontiguousarray(array)))

    def forward(self, pixels: Tensor) -> list[Tensor]:
        seen: dict[int, Tensor] = {0: pixels}
        for name, options, inputs, output in self._steps:
            if name == "CUSTOM":
                break
            seen[output] = self._step(name, options, inputs, seen)
        return [seen[index] for index in FEATURES]

    def _step(self, name: str, options: Any, inputs: list[int], seen: dict[int, Tensor]) -> Tensor:  # noqa: PLR0911
        x = seen[inputs[0]]
        match name:
            case "CONV_2D" | "DEPTHWISE_CONV_2D":
                weight, bias = (self.weights[str(i)] for i in inputs[1:])
                x = _padded(x, weight.shape[-1], options.strideH)
                groups = x.shape[1] if name.startswith("DEPTH") else 1
                return functional.conv2d(x, weight, bias, stride=options.strideH, groups=groups)
            case "HARD_SWISH":
                return functional.hardswish(x)
            case "RELU":
                return functional.relu(x)
            case "LOGISTIC":
                return torch.sigmoid(x)
            case "AVERAGE_POOL_2D":
                return x.mean(dim=(2, 3), keepdim=True)
            case "MUL":
                return x * seen[inputs[1]]
            case "ADD":
                return x + seen[inputs[1]]
            case "RESIZE_BILINEAR":
                return functional.interpolate(
                    x, scale_factor=2, mode="bilinear", align_corners=bool(options.alignCorners)
                )
            case _:
                raise ValueError(f"selfie_segmentation.tflite has an operator {name}")


def _padded(x: Tensor, kernel: int, stride: int) -> Tensor:
    """TensorFlow's SAME padding: what is left over goes to the right and the bottom."""
    high, wide = (max(kernel - (stride if side % stride == 0 else side % stride), 0)
                  for side in x.shape[2:])  # fmt: skip
    return functional.pad(x, (wide // 2, wide - wide // 2, high // 2, high - high // 2))
