"""HairNetwork: a small U-Net over a view of a head and the person network's features of it."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from headswap.vision.networks.head_view import CHANNELS
from training.person_encoder import FEATURES, PersonEncoder

PLANES = 3


def _block(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()
    )


class HairNetwork(nn.Module):
    """(n, 16, 240, 192) inputs of `head_view.network_input` to logits of hair, skin, clothes."""

    def __init__(self, person_network: Path, width: int = 16) -> None:
        super().__init__()
        self.encoder = PersonEncoder(person_network)
        half, quarter, eighth, deep, late = FEATURES.values()
        self.level = nn.ModuleList(nn.BatchNorm2d(n) for n in FEATURES.values())
        a, b, c, d = width, width * 2, width * 3, width * 4
        self.down2 = _block(CHANNELS, a, 2)
        self.mix2 = _block(a + half + late, a)
        self.down4, self.mix4 = _block(a, b, 2), _block(b + quarter, b)
        self.down8, self.mix8 = _block(b, c, 2), _block(c + eighth, c)
        self.down16 = _block(c, d, 2)
        self.mix16 = nn.Sequential(_block(d + deep, d), _block(d, d))
        self.wide = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(d, d, 1), nn.ReLU())
        self.up8, self.up4, self.up2 = _block(d + c, c), _block(c + b, b), _block(b + a, a)
        self.last = nn.Conv2d(a, PLANES, 3, padding=1)
        self.forget = 0.0

    def forward(self, planes: Tensor) -> Tensor:
        seen = self.encoder(planes[:, :3] * 0.5 + 0.5)
        features = [norm(one) for norm, one in zip(self.level, seen, strict=True)]
        if self.training and self.forget:
            features = [self._kept(one) for one in features]
        half, quarter, eighth, deep, late = features
        at2 = self.mix2(torch.cat([self.down2(planes), half, late], 1))
        at4 = self.mix4(torch.cat([self.down4(at2), quarter], 1))
        at8 = self.mix8(torch.cat([self.down8(at4), eighth], 1))
        low = self.mix16(torch.cat([self.down16(at8), deep], 1))
        low = low + self.wide(low)
        up = self.up8(torch.cat([_double(low), at8], 1))
        up = self.up4(torch.cat([_double(up), at4], 1))
        up = self.up2(torch.cat([_double(up), at2], 1))
        return _double(self.last(up))

    def _kept(self, feature: Tensor) -> Tensor:
        """The feature, at some pictures of a batch forgotten, so that nothing rests on it alone."""
        keep = torch.rand(len(feature), 1, 1, 1) > self.forget
        return feature * keep


def _double(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
