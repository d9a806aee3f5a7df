"""Reconstructor and discriminator of a discovery: those of reconstructor.ts and discriminator.ts in src/engine/discovery."""
import math
import torch
import torch.nn.functional as F

from .folder import laid_out


def stage_widths(resolution):
    return [min(48 * 2**stage, 384) for stage in range(max(1, round(math.log2(resolution / 4))))]


def uniform(shape, fan_in, device):
    return (2 * torch.rand(shape, device=device) - 1) / fan_in**0.5


def trunk(in_channels, widths, normalised, device):
    """Weight and bias of each 4×4 convolution of stride 2, with scale and shift of a GroupNorm where `normalised`."""
    stages = []
    for before, width in zip([in_channels, *widths], widths):
        fan_in = 16 * before
        stage = [uniform((width, before, 4, 4), fan_in, device), uniform((width,), fan_in, device)]
        stages.append(stage + ([torch.ones(width, device=device), torch.zeros(width, device=device)] if normalised else []))
    return stages


def trainable(x, channels_last):
    return laid_out(x, channels_last).requires_grad_()


class Reconstructor:
    def __init__(self, channels, resolution, directions, device, channels_last):
        widths = stage_widths(resolution)
        features = 4 * widths[-1]
        make = lambda x: trainable(x, channels_last)
        self.stages = [[make(x) for x in stage] for stage in trunk(2 * channels, widths, True, device)]
        self.kind = [make(uniform((directions, features), features, device)), make(uniform((directions,), features, device))]
        self.strength = [make(uniform((1, 2 * features), features, device)), make(uniform((1,), features, device))]

    @property
    def parameters(self):
        return [x for stage in self.stages for x in stage] + self.kind + self.strength

    def __call__(self, x, shifted):
        change = shifted - x
        size = ((change * change).mean((1, 2, 3), keepdim=True) + 1e-6).sqrt()
        y = torch.cat([x, change / size], 1)
        for weight, bias, scale, shift in self.stages:
            y = F.silu(F.group_norm(F.conv2d(y, weight, bias, stride=2, padding=1), 8, scale, shift, 1e-5))
        features = F.adaptive_avg_pool2d(y, 2).flatten(1)
        scaled = features * (8 * size.flatten(1))
        return F.linear(features, *self.kind), F.linear(torch.cat([features, scaled], 1), *self.strength)[:, 0]


class Discriminator:
    """Spectrally normalised: each weight over σ = uᵀ·W·v."""

    def __init__(self, channels, resolution, device, channels_last):
        widths = stage_widths(resolution)
        features = 4 * widths[-1]
        make = lambda x: trainable(x, channels_last)
        self.stages = [[make(x) for x in stage] for stage in trunk(channels, widths, False, device)]
        self.head = [make(uniform((1, features), features, device)), make(torch.zeros(1, device=device))]
        self.weights = [stage[0] for stage in self.stages] + [self.head[0]]
        self.u = [F.normalize(torch.randn(w.shape[0], device=device), dim=0) for w in self.weights]
        self.v = [F.normalize(torch.randn(w[0].numel(), device=device), dim=0) for w in self.weights]
        for _ in range(30):
            self.iterate()

    @property
    def parameters(self):
        return [x for stage in self.stages for x in stage] + self.head

    @torch.no_grad()
    def iterate(self):
        """One power iteration a weight."""
        for at, weight in enumerate(self.weights):
            matrix = weight.flatten(1)
            self.v[at] = F.normalize(matrix.T @ self.u[at], dim=0)
            self.u[at] = F.normalize(matrix @ self.v[at], dim=0)

    def normalised(self):
        return [w / (u @ w.flatten(1) @ v) for w, u, v in zip(self.weights, self.u, self.v)]

    def __call__(self, normalised, x):
        for weight, (_, bias) in zip(normalised, self.stages):
            x = F.silu(F.conv2d(x, weight, bias, stride=2, padding=1))
        return F.linear(F.adaptive_avg_pool2d(x, 2).flatten(1), normalised[-1], self.head[1])[:, 0]
