"""Sessions of the two inference runtimes: arrays in, arrays out, shapes checked when loaded."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from ai_edge_litert.interpreter import Interpreter

from headswap.arrays import F32
from headswap.errors import ModelCorrupt

Shape = tuple[int, ...]


def _check(path: Path, what: str, found: Sequence[Shape], expected: Sequence[Shape]) -> None:
    if list(found) != list(expected):
        raise ModelCorrupt(
            f"{path}: {what} tensors are {list(found)}, not {list(expected)}: this is another "
            f"network; run `headswap models verify`, then `headswap models pull`"
        )


def member_bytes(path: Path, member: str) -> bytes:
    """The bytes of one member of a .task bundle (a zip).

    Raises:
        ModelCorrupt: the file is no zip or has no such member.
    """
    try:
        with zipfile.ZipFile(path) as bundle:
            return bundle.read(member)
    except (zipfile.BadZipFile, KeyError) as error:
        raise ModelCorrupt(
            f"{path}: cannot read {member} from it ({error}); delete the file and run "
            f"`headswap models pull`"
        ) from error


class LiteRtSession:
    """A LiteRT network on the CPU (XNNPACK) with one float32 input; not safe to share by threads.

    member: the name inside a .task bundle, or None for a plain .tflite file.
    outputs: the expected output shapes, in the network's own order.
    """

    def __init__(
        self,
        path: Path,
        input_shape: Shape,
        outputs: Sequence[Shape],
        member: str | None = None,
        threads: int = 1,
    ) -> None:
        content = path.read_bytes() if member is None else member_bytes(path, member)
        try:
            self._net = Interpreter(model_content=content, num_threads=threads)
            self._net.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ModelCorrupt(
                f"{path}: LiteRT cannot load it ({error}); run `headswap models verify`"
            ) from error
        inputs: list[dict[str, Any]] = self._net.get_input_details()
        results: list[dict[str, Any]] = self._net.get_output_details()
        _check(path, "input", [tuple(map(int, d["shape"])) for d in inputs], [input_shape])
        _check(path, "output", [tuple(map(int, d["shape"])) for d in results], outputs)
        self._input = int(inputs[0]["index"])
        self._outputs = [int(detail["index"]) for detail in results]

    def run(self, tensor: F32) -> list[F32]:
        """The outputs, copied, for one input of the declared shape."""
        self._net.set_tensor(self._input, tensor)
        self._net.invoke()
        return [self._net.get_tensor(index) for index in self._outputs]

    def delegated(self) -> tuple[bool, list[str]]:
        """Whether XNNPACK took the graph, and the operators that were left to LiteRT's kernels."""
        # LiteRT has no public way to see the plan it made.
        ops: list[dict[str, Any]] = getattr(self._net, "_get_ops_details")()  # noqa: B009
        delegates = [op for op in ops if op["op_name"] == "DELEGATE"]
        # The list still names the operators that a delegate replaced. One was left to LiteRT if
        # a delegate reads, or the network returns, a tensor that it makes and no delegate does.
        made = {int(index) for op in delegates for index in op["outputs"]}
        read = {int(index) for op in delegates for index in op["inputs"]}
        wanted = (read | set(self._outputs)) - made
        left = [
            str(op["op_name"])
            for op in ops
            if op["op_name"] != "DELEGATE" and wanted & set(map(int, op["outputs"]))
        ]
        return bool(delegates), left


def _fixed(shape: Sequence[int | str | None]) -> Shape:
    """The shape of one picture: what has a name instead of a number is how many there are."""
    return tuple(size if isinstance(size, int) else 1 for size in shape)


class OnnxSession:
    """An ONNX network on ONNX Runtime's CPU provider with one float32 input.

    profile: where a profile of the runs is to be written, a path without suffix; None for none.
    """

    def __init__(
        self,
        path: Path,
        input_shape: Shape,
        outputs: Sequence[Shape],
        threads: int = 1,
        profile: Path | None = None,
    ) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Spinning worker threads would take the cores of the other stages between two calls.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3
        if profile is not None:
            options.enable_profiling = True
            options.profile_file_prefix = str(profile)
        try:
            self._net = ort.InferenceSession(
                path.read_bytes(), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            raise ModelCorrupt(
                f"{path}: ONNX Runtime cannot load it ({error}); run `headswap models verify`"
            ) from error
        _check(path, "input", [_fixed(d.shape) for d in self._net.get_inputs()], [input_shape])
        _check(path, "output", [_fixed(d.shape) for d in self._net.get_outputs()], outputs)
        self._input = self._net.get_inputs()[0].name

    def run(self, tensor: F32) -> list[F32]:
        """The outputs for one input of the declared shape."""
        return [np.asarray(array) for array in self._net.run(None, {self._input: tensor})]

    def end_profile(self) -> Path:
        """The profile of the runs so far (a JSON list of events), for a session made with one."""
        return Path(self._net.end_profiling())
