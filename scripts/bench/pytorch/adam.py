"""Adam by PyTorch's fused kernel; torch.optim imports the compiler, 145 MiB."""
import torch


class Adam:
    def __init__(self, parameters, rate):
        self.parameters, self.rate = parameters, rate
        zeros = lambda: [torch.zeros_like(p) for p in parameters]
        self.m, self.v = zeros(), zeros()
        self.steps = [torch.zeros((), device=p.device) for p in parameters]

    @torch.no_grad()
    def step(self, gradients):
        torch._foreach_add_(self.steps, 1)
        betas = {"beta1": 0.9, "beta2": 0.999}
        rest = {"weight_decay": 0.0, "eps": 1e-8, "amsgrad": False, "maximize": False}
        gradients = [g.contiguous(memory_format=layout(p)) for g, p in zip(gradients, self.parameters)]
        torch._fused_adam_(self.parameters, gradients, self.m, self.v, [], self.steps, lr=self.rate, **betas, **rest)


def layout(x):
    is_channels_last = x.dim() == 4 and not x.is_contiguous()
    return torch.channels_last if is_channels_last else torch.contiguous_format
