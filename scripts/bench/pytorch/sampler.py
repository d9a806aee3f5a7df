"""T sampling steps and the gradient through them, as Azimuth takes them.

Shares the encoder between the two decoder passes of the asymmetric step, keeps x_t alone of each step and skips the
gradient into x[0].
"""
import torch


class Sampler:
    def __init__(self, unet, compiled):
        self.unet, self.compiled = unet, compiled
        self.step = torch.compile(self.eager_step) if compiled else self.eager_step
        scheduler = unet.scheduler
        start, end, count = scheduler["beta_start"], scheduler["beta_end"], scheduler["num_train_timesteps"]
        betas = torch.linspace(start, end, count)
        if scheduler["beta_schedule"] == "scaled_linear":
            betas = torch.linspace(start**0.5, end**0.5, count) ** 2
        self.cumprod = torch.cumprod(1 - betas, 0).double()

    def plan(self, steps):
        """(t, ᾱ, ᾱ of the next step) of each step."""
        scheduler, n = self.unet.scheduler, len(self.cumprod)
        if scheduler["timestep_spacing"] == "trailing":
            ts = [round(n - i * n / steps) - 1 for i in range(steps)]
        else:
            ts = [i * (n // steps) + scheduler["steps_offset"] for i in reversed(range(steps))]
        last = 1.0 if scheduler["set_alpha_to_one"] else self.cumprod[0].item()
        bars = [self.cumprod[t].item() for t in ts] + [last]
        plan = list(zip(ts, bars, bars[1:]))
        # As numbers they would be compiled in, once a step.
        return [tuple(torch.tensor(float(v)) for v in step) for step in plan] if self.compiled else plan

    def pair(self, x, o, q):
        if self.unet.scheduler["prediction_type"] == "v_prediction":
            return q**0.5 * x - (1 - q) ** 0.5 * o, q**0.5 * o + (1 - q) ** 0.5 * x
        return (x - (1 - q) ** 0.5 * o) / q**0.5, o

    def eager_step(self, x, t, q, r, delta, process, by_delta_alone=False):
        """No shift where delta is None. Where ∂/∂delta alone is asked for, what does not depend on it is left out."""
        h, skips, temb = self.unet.encode(x, t)
        shifted = h if delta is None else h + delta
        x0, eps = self.pair(x, self.unet.decode(shifted, skips, temb), q)
        if process == "ASYMMETRIC" and by_delta_alone:
            return r**0.5 * x0
        if process == "ASYMMETRIC" and delta is not None:
            eps = self.pair(x, self.unet.decode(h, skips, temb), q)[1]
        return r**0.5 * x0 + (1 - r) ** 0.5 * eps

    @torch.no_grad()
    def sample(self, x, plan, delta_of, process):
        """x[0] … x[T]; delta_of(i) is the shift of step i."""
        xs = [x]
        for i, step in enumerate(plan):
            xs.append(self.step(xs[-1], *step, delta_of(i), process))
        return xs

    def vjp(self, x, step, delta, process, cotangent, inputs):
        y = self.step(x, *step, delta, process, not x.requires_grad)
        return torch.autograd.grad(y, inputs, cotangent)

    def gradient(self, xs, plan, delta_of, process, cotangent, parameter):
        """The cotangent of `parameter`, which delta_of depends on."""
        total = torch.zeros_like(parameter)
        for i in reversed(range(len(plan))):
            x = xs[i].detach().requires_grad_(i > 0)
            inputs = [parameter, x] if i > 0 else [parameter]
            grads = self.vjp(x, plan[i], delta_of(i), process, cotangent, inputs)
            total += grads[0]
            cotangent = grads[1] if i > 0 else None
        return total
