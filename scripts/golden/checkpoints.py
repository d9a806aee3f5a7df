"""Reference values for checkpoints of the original code bases, computed by their authors' own modules.

Takes the folders that hold the code: clones of ermongroup/ddim, openai/guided-diffusion and openai/improved-diffusion.

    python3 scripts/golden/checkpoints.py --ddim D --guided-diffusion G --improved-diffusion I

Writes `<name>/` under test/golden/checkpoints/: golden.safetensors and golden.json as `npm run verify` reads them, azimuth.json (what the
shapes of the weights do not tell) and weights.json: name, shape, width and middle of every tensor of the state dict. The weights
themselves are not stored; element i of tensor n is middle + width·(hash(i, n) − ½), see weights() here and
test/helpers/checkpoints.ts. Needs torch and safetensors. Made once and committed.
"""

import argparse
import json
import math
import pathlib
import sys
import types

import numpy
import torch
from safetensors.torch import save_file

ROOT = pathlib.Path(__file__).resolve().parents[2] / "test" / "golden" / "checkpoints"


def uniform(count, salt):
    """A hash of 32 bits (Wellons, lowbias32) of each index, its upper 24 as a number in −½…½."""
    x = (numpy.arange(count, dtype=numpy.uint64) + salt * 0x9E3779B9).astype(numpy.uint32)
    x ^= x >> numpy.uint32(16)
    x *= numpy.uint32(0x7FEB352D)
    x ^= x >> numpy.uint32(15)
    x *= numpy.uint32(0x846CA68B)
    x ^= x >> numpy.uint32(16)
    return (x >> numpy.uint32(8)).astype(numpy.float64) / 2**24 - 0.5


def weights(model):
    """Fills the model; returns name, shape, width and middle of every tensor."""
    table = []
    for salt, (name, tensor) in enumerate(model.state_dict().items()):
        fan_in = math.prod(tensor.shape[1:]) if tensor.dim() > 1 else 0
        is_norm = tensor.dim() == 1 and name.endswith("weight")
        width, middle = (math.sqrt(12 / fan_in), 0.0) if fan_in else (0.6, 1.0 if is_norm else 0.0)
        values = middle + width * uniform(tensor.numel(), salt)
        tensor.copy_(torch.from_numpy(values).float().reshape(tensor.shape))
        table.append([name, list(tensor.shape), width, middle])
    return table


class Reference:
    def __init__(self, model, mid, alphas, kind="epsilon", scale=1.0, label=None):
        self.model, self.alphas, self.kind, self.scale, self.label = model, alphas, kind, scale, label
        self.shift = self.h = None
        mid.register_forward_hook(self._tap)

    def _tap(self, module, args, output):
        self.h = output.detach()
        return output if self.shift is None else output + self.shift

    def output(self, x, t, shift):
        self.shift = shift
        timesteps = torch.full((len(x),), t)
        timesteps = timesteps if self.scale == 1 else timesteps.float() * self.scale
        label = () if self.label is None else (torch.full((len(x),), self.label),)
        result = self.model(x, timesteps, *label)[:, : x.shape[1]]
        self.shift = None
        return result

    def alpha(self, t):
        return torch.tensor(self.alphas[t] if t >= 0 else 1.0, dtype=torch.float32)

    def pair(self, output, x, t):
        alpha = self.alpha(t)
        if self.kind == "epsilon":
            return (x - (1 - alpha).sqrt() * output) / alpha.sqrt(), output
        return output, (x - alpha.sqrt() * output) / (1 - alpha).sqrt()

    def step(self, x, t, t_prev, shift, symmetric):
        x0, eps = self.pair(self.output(x, t, shift), x, t)
        if not symmetric:
            _, eps = self.pair(self.output(x, t, None), x, t)
        alpha_prev = self.alpha(t_prev)
        return alpha_prev.sqrt() * x0 + (1 - alpha_prev).sqrt() * eps


def write(name, table, reference, size, settings):
    torch.manual_seed(0)
    folder = ROOT / name
    folder.mkdir(parents=True, exist_ok=True)
    steps = len(reference.alphas)
    timestep, timestep_prev = steps * 601 // 1000, steps * 401 // 1000
    trajectory = [steps * 3 // 4, steps // 2, steps // 4, 0]
    n, channels = 2, 3
    x, cotangent, x_T = (torch.randn(n, channels, size, size) for _ in range(3))
    out = dict(x=x, cotangent=cotangent, trajectory_x_T=x_T)
    out["model_output"] = reference.output(x, timestep, None).detach()
    out["h"] = reference.h
    delta_h = out["delta_h"] = torch.randn(reference.h.shape)
    out["model_output_shifted"] = reference.output(x, timestep, delta_h).detach()
    out["alpha_bar"], out["alpha_bar_prev"] = (reference.alpha(t).reshape(1) for t in (timestep, timestep_prev))
    for symmetric, suffix in ((False, "asym"), (True, "sym")):
        a, d = x.clone().requires_grad_(), delta_h.clone().requires_grad_()
        y = reference.step(a, timestep, timestep_prev, d, symmetric)
        out[f"x_prev_{suffix}"] = y.detach()
        out[f"grad_x_{suffix}"], out[f"grad_delta_h_{suffix}"] = torch.autograd.grad(y, (a, d), cotangent)
        a, d = x_T.clone().requires_grad_(), delta_h.clone().requires_grad_()
        y = a
        for t, t_prev in zip(trajectory, trajectory[1:] + [-1]):
            y = reference.step(y, t, t_prev, d, symmetric)
        out[f"trajectory_x_0_{suffix}"] = y.detach()
        gradients = torch.autograd.grad(y, (a, d), cotangent)
        out[f"trajectory_grad_x_T_{suffix}"], out[f"trajectory_grad_delta_h_{suffix}"] = gradients
    save_file({key: value.contiguous().float() for key, value in out.items()}, folder / "golden.safetensors")
    facts = dict(timestep=timestep, timestep_prev=timestep_prev, trajectory_timesteps=trajectory, torch=torch.__version__)
    (folder / "golden.json").write_text(json.dumps(facts, indent=1) + "\n")
    (folder / "azimuth.json").write_text(json.dumps(dict(weights="model.pt", imageSize=size, **settings), indent=1) + "\n")
    (folder / "weights.json").write_text("[\n" + ",\n".join(json.dumps(row) for row in table) + "\n]\n")


def ddim(name, size, mult, blocks, attention):
    from models.diffusion import Model

    space = types.SimpleNamespace
    model = Model(space(
        model=space(ch=32, out_ch=3, ch_mult=mult, num_res_blocks=blocks, attn_resolutions=attention, dropout=0.0, in_channels=3,
                    resamp_with_conv=True, type="simple"),
        data=space(image_size=size), diffusion=space(num_diffusion_timesteps=1000))).eval()
    # configs/*.yml of that code, and the product as its runner takes it.
    betas = torch.from_numpy(numpy.linspace(1e-4, 0.02, 1000, dtype=numpy.float64)).float()
    alphas = (1 - betas).cumprod(0).tolist()
    with torch.no_grad():
        table = weights(model)
    write(name, table, Reference(model, model.mid.block_2, alphas), size, {})


def adm(name, package, size, settings, noise="linear", steps=1000, rescale=False, kind="epsilon", label=None, **options):
    unet = __import__(f"{package}.unet", fromlist=["UNetModel"])
    schedule = __import__(f"{package}.gaussian_diffusion", fromlist=["get_named_beta_schedule"])
    size_option = dict(image_size=size) if package == "guided_diffusion" else {}
    model = unet.UNetModel(in_channels=3, **size_option, **options).eval()
    alphas = numpy.cumprod(1.0 - schedule.get_named_beta_schedule(noise, steps)).tolist()
    with torch.no_grad():
        table = weights(model)
    scale = 1000.0 / steps if rescale else 1.0
    write(name, table, Reference(model, model.middle_block, alphas, kind, scale, label), size, settings)


def main():
    parser = argparse.ArgumentParser()
    for code in ("ddim", "guided-diffusion", "improved-diffusion"):
        parser.add_argument(f"--{code}", required=True)
    for folder in vars(parser.parse_args()).values():
        sys.path.insert(0, folder)
    ddim("ddim", 8, (1, 2), 1, [4])
    ddim("ddim-deep", 16, (1, 1, 2), 2, [8])
    # As the README's flags of the published models combine them, at tiny width.
    adm("adm", "guided_diffusion", 8, dict(headChannels=16), model_channels=32, out_channels=6, num_res_blocks=2,
        attention_resolutions=(2,), channel_mult=(1, 2), num_head_channels=16, use_scale_shift_norm=True, resblock_updown=True)
    adm("adm-new-order", "guided_diffusion", 8,
        dict(headChannels=16, attentionOrder="new", classLabel=7, scheduler=dict(beta_schedule="squaredcos_cap_v2")),
        noise="cosine", label=7, num_classes=10, model_channels=32, out_channels=6, num_res_blocks=1, attention_resolutions=(1, 2),
        channel_mult=(1, 2), num_head_channels=16, use_scale_shift_norm=True, use_new_attention_order=True)
    adm("adm-narrow-start", "guided_diffusion", 8, dict(heads=4, scheduler=dict(prediction_type="sample")), kind="sample",
        model_channels=64, out_channels=3, num_res_blocks=1, attention_resolutions=(2,), channel_mult=(0.5, 1), num_heads=4,
        use_scale_shift_norm=False)
    adm("p2", "guided_diffusion", 16, dict(headChannels=32), model_channels=32, out_channels=6, num_res_blocks=1,
        attention_resolutions=(2,), channel_mult=(1, 2, 2), num_head_channels=32, use_scale_shift_norm=True, resblock_updown=True)
    adm("iddpm", "improved_diffusion", 8,
        dict(heads=4, rescaleTimesteps=True, scheduler=dict(beta_schedule="squaredcos_cap_v2", num_train_timesteps=4000)),
        noise="cosine", steps=4000, rescale=True, model_channels=32, out_channels=6, num_res_blocks=2, attention_resolutions=(2,),
        channel_mult=(1, 2), num_heads=4, use_scale_shift_norm=True)


if __name__ == "__main__":
    main()
