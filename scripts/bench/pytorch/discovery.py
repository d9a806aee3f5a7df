"""The method as one would first write it in PyTorch: what `npm run bench -- accuracy` measures Azimuth's training against.

K orthonormal mixtures of h's joint principal components, a symmetric process, a convolutional reconstructor that sees both
images, checkpoints by step, four replayed batches a step. Every step draws fresh noise. Needs only PyTorch.

usage: python -m pytorch.discovery MODEL_DIR THREADS SEED STEPS   (in scripts/bench)
first line: {"ready": version, "startSeconds": of the components}
requests: {"train": n} or {"evaluate": batches}
answers: {"step", "seconds": of training so far} or {"accuracy": on fresh samples}
"""
import json, sys, time

import torch
import torch.nn as nn
import torch.nn.functional as F

from .sampler import Sampler
from .unet import UNet

DIRECTIONS, BATCH, COMPONENTS, STATISTICS_SAMPLES = 16, 8, 64, 256
MIN_STRENGTH, MAX_STRENGTH, UNIT, STRENGTH_WEIGHT = 0.5, 6.0, 0.5, 0.25
WARM_UP, REPLAY_CAPACITY, REPLAY_UPDATES, REPLAY_BATCHES = 40, 60, 4, 4


class Reconstructor(nn.Module):
    def __init__(self, channels, width=48):
        super().__init__()
        widths = [2 * channels, width, 2 * width, 4 * width]
        stages = [[nn.Conv2d(a, b, 4, 2, 1), nn.GroupNorm(8, b), nn.SiLU()] for a, b in zip(widths, widths[1:])]
        self.features = nn.Sequential(*sum(stages, []), nn.AdaptiveAvgPool2d(2), nn.Flatten())
        self.kind, self.strength = nn.Linear(16 * width, DIRECTIONS), nn.Linear(16 * width, 1)

    def forward(self, x, shifted):
        features = self.features(torch.cat([x, shifted - x], 1))
        return self.kind(features), self.strength(features)[:, 0]


class Discovery:
    def __init__(self, sampler, steps):
        self.sampler, self.unet, self.plan = sampler, sampler.unet, sampler.plan(steps)
        self.basis = self.components()
        self.weights = nn.Parameter(torch.eye(DIRECTIONS, COMPONENTS) + 0.01 * torch.randn(DIRECTIONS, COMPONENTS))
        self.reconstructor = Reconstructor(self.unet.sample_shape[0])
        self.shift_adam = torch.optim.Adam([self.weights], lr=5e-3)
        self.reconstructor_adam = torch.optim.Adam(self.reconstructor.parameters(), lr=1e-3)
        self.recent, self.step, self.seconds = [], 0, 0.0

    @torch.no_grad()
    def components(self):
        """Joint principal components of h over the trajectory, [M, T, C·H·W], each one standard deviation long."""
        x, hs = torch.randn(STATISTICS_SAMPLES, *self.unet.sample_shape), []
        for t, q, r in self.plan:
            hs.append(self.unet.encode(x, t)[0].flatten(1))
            x = self.sampler.step(x, t, q, r, None, "SYMMETRIC")
        h = torch.stack(hs, 1)
        _, s, v = torch.linalg.svd((h - h.mean(0)).flatten(1), full_matrices=False)
        return (v[:COMPONENTS] * (s[:COMPONENTS, None] / STATISTICS_SAMPLES**0.5)).view(COMPONENTS, *h.shape[1:])

    def draw(self):
        s = (2 * torch.rand(BATCH) - 1) * MAX_STRENGTH
        s = torch.where(s < 0, -1.0, 1.0) * s.abs().clamp(min=MIN_STRENGTH)
        return torch.randn(BATCH, *self.unet.sample_shape), torch.randint(DIRECTIONS, (BATCH,)), s

    def delta_of(self, k, s):
        def delta(i):
            rows = torch.linalg.qr(self.weights.T).Q.T
            return ((rows[k] @ self.basis[:, i]) * (UNIT * s)[:, None]).view(BATCH, *self.unet.h_shape)
        return delta

    def pair(self, noise, k, s):
        plain = self.sampler.sample(noise, self.plan, lambda i: None, "SYMMETRIC")[-1]
        return plain, self.sampler.sample(noise, self.plan, self.delta_of(k, s), "SYMMETRIC")

    def loss(self, x, shifted, k, s):
        logits, estimate = self.reconstructor(x, shifted)
        return F.cross_entropy(logits, k) + STRENGTH_WEIGHT * (estimate - s).abs().mean()

    def train(self):
        self.step += 1
        noise, k, s = self.draw()
        x, trajectory = self.pair(noise, k, s)
        shifted = trajectory[-1].clone().requires_grad_()
        self.reconstructor_adam.zero_grad()
        self.loss(x, shifted, k, s).backward()
        if self.step > WARM_UP:
            gradient = self.sampler.gradient(trajectory, self.plan, self.delta_of(k, s), "SYMMETRIC", shifted.grad, self.weights)
            self.weights.grad = gradient
            self.shift_adam.step()
        self.reconstructor_adam.step()
        self.recent = [*self.recent, (x, trajectory[-1], k, s)][-REPLAY_CAPACITY:]
        for _ in range(REPLAY_UPDATES):
            picked = [self.recent[i] for i in torch.randint(len(self.recent), (REPLAY_BATCHES,))]
            self.reconstructor_adam.zero_grad()
            self.loss(*(torch.cat(parts) for parts in zip(*picked))).backward()
            self.reconstructor_adam.step()

    @torch.no_grad()
    def evaluate(self, batches):
        right = 0
        for _ in range(batches):
            noise, k, s = self.draw()
            x, trajectory = self.pair(noise, k, s)
            right += (self.reconstructor(x, trajectory[-1])[0].argmax(1) == k).sum().item()
        return right / (batches * BATCH)


def main():
    folder, threads, seed, steps = sys.argv[1:]
    torch.set_num_threads(int(threads))
    torch.manual_seed(int(seed))
    start = time.time()
    discovery = Discovery(Sampler(UNet(folder, torch.device("cpu"), False, False), False), int(steps))
    print(json.dumps({"ready": torch.__version__, "startSeconds": time.time() - start}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        if "evaluate" in request:
            print(json.dumps({"accuracy": discovery.evaluate(request["evaluate"])}), flush=True)
            continue
        start = time.time()
        for _ in range(request["train"]):
            discovery.train()
        discovery.seconds += time.time() - start
        print(json.dumps({"step": discovery.step, "seconds": discovery.seconds}), flush=True)


main()
