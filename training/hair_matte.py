"""Trains the core pack's hair network on drawn people and writes it into the package.

python -m training.draw_people people
python -m training.hair_matte people [--minutes 20] [--out FILE.onnx]
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from headswap.arrays import F32, U8
from headswap.vision.networks.head_view import CHANNELS, SIZE_WH, HeadView, network_input
from headswap.vision.pose import fit_pose
from headswap.vision.store import ModelStore
from training.hair_network import HairNetwork
from training.texture import field

OUT = Path(__file__).parent.parent / "src/headswap/vision/networks/weights/hair_core.onnx"
BATCH = 8
HELD_BACK = 100
WARM_UP = 100
# Of the input's planes, those that change sign in a mirror: place across, and yaw.
_MIRRORED = [12, 14]


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """Drawn people: rgb (n, h, w, 3), planes (n, 4, h, w), inside and person (n, h, w) uint8;
    landmarks (n, 478, 3).
    """

    rgb: U8
    planes: U8
    inside: U8
    person: U8
    landmarks: F32

    @staticmethod
    def load(paths: list[Path]) -> People:
        parts = [dict(np.load(path)) for path in paths]
        names = ("rgb", "planes", "inside", "person", "landmarks")
        return People(*(np.concatenate([part[name] for part in parts]) for name in names))

    def example(self, index: int, rng: np.random.Generator | None) -> tuple[F32, F32, F32]:
        """Input (16, h, w), wanted planes (3, h, w) and what counts (h, w), varied by rng."""
        rgb, inside = self.rgb[index], self.inside[index].astype(np.float32)
        person = self.person[index].astype(np.float32) / 255
        if rng is not None:
            rgb = _relit(_recoloured(rgb, rng), self.planes[index, 0], rng)
            if rng.random() < 0.5:
                person = _roughened(self.planes[index, 3].astype(np.float32) / 255, rng)
        points = self.landmarks[index]
        angles = fit_pose(points[None]).yaw_pitch_roll_deg()[0, :2]
        view = HeadView(_repeated(rgb, self.inside[index]), person * inside, inside, points, angles)
        planes = network_input(view)
        wanted = self.planes[index, :3].astype(np.float32) / 255
        if rng is not None and rng.random() < 0.5:
            planes, wanted, inside = planes[..., ::-1], wanted[..., ::-1], inside[:, ::-1]
            planes = planes.copy()
            planes[_MIRRORED] *= -1
        return planes, wanted.copy(), inside.copy()

    def batch(self, indices: list[int], rng: np.random.Generator | None) -> list[Tensor]:
        examples = [self.example(index, rng) for index in indices]
        return [torch.from_numpy(np.stack(part)) for part in zip(*examples, strict=True)]


def _recoloured(rgb: U8, rng: np.random.Generator) -> U8:
    levels = np.arange(256, dtype=np.float32) / 255
    table = np.stack(
        [255 * np.clip(levels * rng.uniform(0.8, 1.2), 0, 1) ** rng.uniform(0.8, 1.25)
         for _ in range(3)], axis=1)  # fmt: skip
    return np.asarray(cv2.LUT(rgb, table.astype(np.uint8)[None]), np.uint8)


def _relit(rgb: U8, hair: U8, rng: np.random.Generator) -> U8:
    """The picture with glints and shadows on the hair, as lamps make them."""
    if rng.random() < 0.4:
        return rgb
    spots = field(rng, hair.shape, float(rng.uniform(3, 18))) * rng.uniform(0.05, 0.4)
    gain = 1 + np.maximum(spots, -0.7) * (hair.astype(np.float32) / 255)
    return np.clip(rgb * gain[..., None], 0, 255).astype(np.uint8)


def _roughened(person: F32, rng: np.random.Generator) -> F32:
    """The true person matte as a network of 256 px would give it: softer, wider or narrower."""
    soft = cv2.GaussianBlur(person, (0, 0), rng.uniform(0.5, 3))
    return np.clip((soft - rng.uniform(0.3, 0.7)) * rng.uniform(2, 6) + 0.5, 0, 1)


def _repeated(rgb: U8, inside: U8) -> U8:
    """The picture with its edge repeated beyond the crop, as `view_of` does."""
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    y = np.clip(np.arange(rgb.shape[0]), rows[0], rows[-1])
    x = np.clip(np.arange(rgb.shape[1]), columns[0], columns[-1])
    return rgb[y][:, x]


def _loss(logits: Tensor, wanted: Tensor, counts: Tensor) -> Tensor:
    each = functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none")
    each = (each * counts[:, None]).mean(dim=(0, 2, 3))
    got, true = torch.sigmoid(logits[:, 0]) * counts, wanted[:, 0] * counts
    both, either = (got * true).sum((1, 2)), (got + true - got * true).sum((1, 2))
    overlap = (1 - (both + 50) / (either + 50)).mean()
    return each @ torch.tensor([2.0, 0.6, 0.6]) + 0.5 * overlap


def train(people: People, network: HairNetwork, given: argparse.Namespace) -> None:
    """Trains in place; prints the overlap on people held back, and keeps the weights each time."""
    rng = np.random.default_rng(given.seed)
    network.to(memory_format=torch.channels_last)
    free = [p for p in network.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(free, lr=given.rate, weight_decay=1e-3)
    order = np.empty(0, int)
    start = time.time()
    step, done = 0, 0.0
    while done < 1:
        done = min((time.time() - start) / (60 * given.minutes), 1.0)
        for group in optimizer.param_groups:
            group["lr"] = given.rate * min(step / WARM_UP, 1.0) * 0.5 * (1 + np.cos(np.pi * done))
        if len(order) < BATCH:
            order = rng.permutation(len(people.rgb) - HELD_BACK) + HELD_BACK
        chosen, order = order[:BATCH].tolist(), order[BATCH:]
        network.train()
        network.encoder.eval()
        planes, wanted, counts = people.batch(chosen, rng)
        with torch.autocast("cpu", torch.bfloat16):
            logits = network(planes.contiguous(memory_format=torch.channels_last))
        loss = _loss(logits.float(), wanted, counts)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(free, 5.0)
        optimizer.step()
        step += 1
        if step % 250 == 0 or done == 1:
            print(f"{step} {loss.item():.3f} {overlap(people, network):.3f} "
                  f"{time.time() - start:.0f} s", flush=True)  # fmt: skip
            torch.save(network.state_dict(), given.out.with_suffix(".pt"))


@torch.no_grad()
def overlap(people: People, network: HairNetwork) -> float:
    """Mean intersection over union of hair on the people held back who have any."""
    network.eval()
    found: list[float] = []
    for first in range(0, HELD_BACK, BATCH):
        planes, wanted, counts = people.batch(
            list(range(first, min(first + BATCH, HELD_BACK))), None
        )
        got = (network(planes)[:, 0] > 0) & (counts > 0)
        true = (wanted[:, 0] > 0.5) & (counts > 0)
        for mine, truth in zip(got, true, strict=True):
            if truth.sum() > 100:
                found.append(float((mine & truth).sum() / (mine | truth).sum()))
    return float(np.mean(found))


def export(network: HairNetwork, out: Path) -> None:
    """Writes the network with a logistic end as ONNX."""
    network.eval()
    whole = nn.Sequential(network, nn.Sigmoid())
    example = torch.zeros(1, CHANNELS, SIZE_WH[1], SIZE_WH[0])
    out.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        whole, (example,), str(out), input_names=["view"], output_names=["planes"],
        opset_version=17, dynamo=False,
    )  # fmt: skip


def average(states: list[dict[str, Tensor]]) -> dict[str, Tensor]:
    """The mean of weights that runs from one start came to (Wortsman et al. 2022, model soups)."""
    return {
        name: torch.stack([state[name].float() for state in states]).mean(0).to(first.dtype)
        for name, first in states[0].items()
    }


def main() -> None:
    """Trains, or averages, and writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("people", type=Path, help="the folder that draw_people filled")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--start", type=Path, help="weights of an earlier run to go on from")
    parser.add_argument("--average", type=Path, nargs="+", help="weights to average, no training")
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--forget", type=float, default=0.2)
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    torch.manual_seed(given.seed)
    torch.set_num_threads(given.threads)
    network = HairNetwork(ModelStore.default().path("selfie_segmentation.tflite"), given.width)
    network.forget = given.forget
    people = People.load(sorted(given.people.glob("*.npz")))
    if given.average:
        network.load_state_dict(average([torch.load(path) for path in given.average]))
        print(f"average of {len(given.average)}: {overlap(people, network):.3f}")
    else:
        if given.start:
            network.load_state_dict(torch.load(given.start))
        train(people, network, given)
    export(network, given.out)


if __name__ == "__main__":
    main()
