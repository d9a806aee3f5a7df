"""Activation checkpointing: what torch.utils.checkpoint does, which would import the compiler, 145 MiB, for it."""
import torch


class Recompute(torch.autograd.Function):
    """function(*tensors), of which the backward pass knows the operands alone."""

    @staticmethod
    def forward(ctx, function, *tensors):
        ctx.function = function
        ctx.save_for_backward(*tensors)
        with torch.no_grad():
            return function(*tensors)

    @staticmethod
    def backward(ctx, cotangent):
        needed = ctx.needs_input_grad[1:]
        tensors = [x.detach().requires_grad_(need) for x, need in zip(ctx.saved_tensors, needed)]
        with torch.enable_grad():
            y = ctx.function(*tensors)
        grads = iter(torch.autograd.grad(y, [x for x, need in zip(tensors, needed) if need], cotangent))
        return None, *(next(grads) if need else None for need in needed)


def recompute(function, *tensors):
    return Recompute.apply(function, *tensors)
