"""One training step of a discovery past its warm-up: the work of Trainer.step in src/engine/discovery/trainer.ts.

The unedited images of the step's noise are kept, as they are there for a pool of noise.
"""
import torch
import torch.nn.functional as F

from .adam import Adam
from .folder import laid_out
from .networks import Discriminator, Reconstructor

DIRECTIONS, COMPONENTS = 16, 64
MIN_STRENGTH, MAX_STRENGTH, UNIT, REFERENCE_RATIO = 0.5, 6.0, 0.5, 1.0
STRENGTH_WEIGHT, ADVERSARIAL_WEIGHT = 0.25, 0.05
NETWORK_LEARNING_RATE, SHIFT_LEARNING_RATE = 1e-3, 0.005
REPLAY_CAPACITY, REPLAY_UPDATES, REPLAY_BATCHES = 60, 4, 4
STEP_SEED = 101


def orthonormal_rows(w):
    """(W·Wᵀ)^(−½)·W in float64."""
    w = w.double()
    values, vectors = torch.linalg.eigh(w @ w.T)
    return (vectors @ torch.diag(values.rsqrt()) @ vectors.T @ w).float()


def newton_schulz(w):
    return 1.5 * w - 0.5 * (w @ w.T @ w)


class Training:
    def __init__(self, sampler, steps, batch, process, channels_last):
        unet = sampler.unet
        device, (channels, resolution, _) = unet.device, unet.sample_shape
        self.sampler, self.batch, self.process, self.channels_last = sampler, batch, process, channels_last
        self.plan = sampler.plan(steps)
        h_size = unet.h_shape[0] * unet.h_shape[1] * unet.h_shape[2]
        self.basis = 0.05 * torch.randn(steps, COMPONENTS, h_size, device=device)
        start = torch.eye(DIRECTIONS, COMPONENTS) + 0.01 * torch.randn(DIRECTIONS, COMPONENTS)
        self.phi = orthonormal_rows(start).to(device).requires_grad_()
        self.reconstructor = Reconstructor(channels, resolution, DIRECTIONS, device, channels_last)
        self.discriminator = Discriminator(channels, resolution, device, channels_last)
        self.shift_adam = Adam([self.phi], SHIFT_LEARNING_RATE)
        self.reconstructor_adam = Adam(self.reconstructor.parameters, NETWORK_LEARNING_RATE)
        self.discriminator_adam = Adam(self.discriminator.parameters, NETWORK_LEARNING_RATE)
        self.recent, self.unedited = [], {}

    def draw(self):
        """Noise, directions and strengths: functions of the step."""
        device = self.sampler.unet.device
        generator = torch.Generator(device).manual_seed(STEP_SEED)
        noise = torch.randn(self.batch, *self.sampler.unet.sample_shape, generator=generator, device=device)
        directions = torch.randint(DIRECTIONS, (self.batch,), generator=generator, device=device)
        s = (2 * torch.rand(self.batch, generator=generator, device=device) - 1) * MAX_STRENGTH
        strengths = torch.where(s < 0, -1.0, 1.0) * s.abs().clamp(min=MIN_STRENGTH)
        return laid_out(noise, self.channels_last), directions, strengths

    def delta_of(self, directions, strengths):
        table = F.one_hot(directions, DIRECTIONS) * (strengths * UNIT * REFERENCE_RATIO)[:, None]
        shape = self.sampler.unet.h_shape
        return lambda i: (table @ newton_schulz(self.phi) @ self.basis[i]).view(self.batch, *shape)

    def reconstruction_loss(self, x, shifted, directions, strengths):
        logits, estimate = self.reconstructor(x, shifted)
        return F.cross_entropy(logits, directions) + STRENGTH_WEIGHT * (estimate - strengths).abs().mean()

    def step(self):
        noise, directions, strengths = self.draw()
        if STEP_SEED not in self.unedited:
            xs = self.sampler.sample(noise, self.plan, lambda i: None, self.process)
            self.unedited[STEP_SEED] = xs[-1]
        x, delta_of = self.unedited[STEP_SEED], self.delta_of(directions, strengths)
        xs = self.sampler.sample(noise, self.plan, delta_of, self.process)
        cotangent = self.learn(x, xs[-1], directions, strengths)
        phi_gradient = self.sampler.gradient(xs, self.plan, delta_of, self.process, cotangent, self.phi)
        self.recent = [*self.recent, (x, xs[-1], directions, strengths)][-REPLAY_CAPACITY:]
        self.rehearse()
        self.shift_adam.step([phi_gradient])
        with torch.no_grad():
            self.phi.copy_(orthonormal_rows(self.phi))

    def learn(self, x, sample, directions, strengths):
        """Updates R and D; the cotangent of the shifted sample."""
        shifted = sample.detach().requires_grad_()
        normalised = self.discriminator.normalised()
        real, fake = self.discriminator(normalised, x), self.discriminator(normalised, shifted)
        loss = self.reconstruction_loss(x, shifted, directions, strengths) - ADVERSARIAL_WEIGHT * fake.mean()
        discriminator_loss = F.relu(1 - real).mean() + F.relu(1 + fake).mean()
        inputs = [shifted, *self.reconstructor.parameters]
        cotangent, *gradients = torch.autograd.grad(loss, inputs, retain_graph=True)
        self.discriminator_adam.step(torch.autograd.grad(discriminator_loss, self.discriminator.parameters))
        self.reconstructor_adam.step(gradients)
        self.discriminator.iterate()
        return cotangent

    def rehearse(self):
        for _ in range(REPLAY_UPDATES):
            picked = [self.recent[i] for i in torch.randint(len(self.recent), (REPLAY_BATCHES,))]
            x, shifted, directions, strengths = (torch.cat(parts) for parts in zip(*picked))
            loss = self.reconstruction_loss(x, shifted, directions, strengths)
            self.reconstructor_adam.step(torch.autograd.grad(loss, self.reconstructor.parameters))
