"""Edited steps by the functions that docs/directions-format.md prints: test/golden/directions/.

Writes direction files with random values as that page describes them, for the small model of `variants/v-zero-snr`, and for
each an edited step with the functions of the page, taken from its text. The model's hash is left at zeros. Run by hand: `python3 scripts/golden/directions.py`;
needs torch, diffusers and safetensors.
"""

import json
import pathlib
import re

import torch
from diffusers import DDIMScheduler, UNet2DModel
from safetensors.torch import load_file, save_file

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL = ROOT / "test" / "golden" / "variants" / "v-zero-snr"
OUT = ROOT / "test" / "golden" / "directions"
PAGE = {}
for code in re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "directions-format.md").read_text(), re.S):
    exec(code, PAGE)

TIMESTEPS = [999, 899, 799, 699, 599, 499, 399, 299, 199, 99]
K = 3
# Between two measured timesteps; at the last step there is no later one.
T, T_PREV, STEPS = 642, 401, 20


def metadata(kind, process, rho):
    scorecard = dict(accuracy=0.5, strengthError=None, monotonicity=1, effectSize=0.25, uniqueness=0.75, score=0.375,
                     dead=False, fidelity=[dict(strength=3, kid=0.01, frechetDistance=2)],
                     fidelityBaseline=dict(samples=16, kid=0, frechetDistance=1.5), strengthRange=dict(min=-3, max=3))
    names = [dict(name=f"{kind.lower()} {k}", tags=["golden"], **scorecard) for k in range(K)]
    return dict(
        format="azimuth-direction-file-1",
        modelHash="0" * 64,
        tap="mid_block",
        hShape=json.dumps([16, 4, 4]),
        schedule=json.dumps(dict(trainTimesteps=1000, betaSchedule="linear", predictionType="v_prediction")),
        kind=kind,
        reverseProcess=process,
        samplingSteps="10",
        unit="0.5" if kind in ("SUBSPACE", "PER_TIMESTEP") else "0.25",
        timesteps=json.dumps(TIMESTEPS),
        rho=json.dumps(rho),
        directions=json.dumps(names),
    )


def tensors_of(kind):
    random = lambda *shape: torch.randn(shape)
    if kind == "BLOCK":
        return {"in.weight": random(K, 16, 16, 1, 1), "time.weight": random(K, 16, 32) / 4, "time.bias": random(K, 16),
                "norm.scale": random(K, 16), "norm.shift": random(K, 16), "heads": random(K, 16, 17)}
    if kind == "GLOBAL":
        return {"vectors": random(K, len(TIMESTEPS), 16, 1, 1)}
    gates = {"gates": random(K, 5)} if kind == "TIMESTEP" else {}
    return {"vectors": random(K, len(TIMESTEPS), 16, 4, 4), **gates}


def interpolated(values, t):
    i = next(i for i, knot in enumerate(TIMESTEPS) if knot <= t)
    weight = (t - TIMESTEPS[i]) / (TIMESTEPS[i - 1] - TIMESTEPS[i])
    return (1 - weight) * values[i] + weight * values[i - 1]


def step(scheduler, x, shifted, plain):
    """DDIM, η = 0, of a v-prediction: x0 from the shifted output, the noise from the plain one."""
    alpha, alpha_prev = scheduler.alphas_cumprod[T], scheduler.alphas_cumprod[T_PREV]
    x0 = alpha.sqrt() * x - (1 - alpha).sqrt() * shifted
    eps = alpha.sqrt() * plain + (1 - alpha).sqrt() * x
    return alpha_prev.sqrt() * x0 + (1 - alpha_prev).sqrt() * eps


@torch.no_grad()
def main():
    torch.manual_seed(0)
    OUT.mkdir(exist_ok=True)
    unet = UNet2DModel.from_pretrained(MODEL).eval()
    scheduler = DDIMScheduler.from_pretrained(MODEL / "scheduler")
    x = torch.randn(2, 3, 8, 8)
    rho = [round(0.5 + 0.1 * i, 3) for i in range(len(TIMESTEPS))]
    out = dict(x=x)
    kinds = dict(SUBSPACE="SYMMETRIC", GLOBAL="ASYMMETRIC", TIMESTEP="SYMMETRIC", PER_TIMESTEP="ASYMMETRIC", BLOCK="SYMMETRIC")
    for kind, process in kinds.items():
        path = OUT / f"{kind.lower()}.safetensors"
        save_file(tensors_of(kind), path, metadata=metadata(kind, process, rho))
        about, tensors = PAGE["read"](path)
        plain = unet(x, T).sample
        for k, strength in ((0, 2.5), (K - 1, -4.0)):
            if kind == "BLOCK":
                h = {}
                hook = unet.mid_block.register_forward_hook(lambda m, i, o: h.update(h=o))
                unet(x, T)
                hook.remove()
                embedding = unet.time_embedding(unet.time_proj(torch.tensor([T])).to(x.dtype))
                d = PAGE["block_direction"](tensors, k, h["h"], embedding, interpolated(rho, T))
                delta = strength * float(about["unit"]) * d
            else:
                delta = PAGE["delta_h"](about, tensors, k, strength, T, STEPS)
            shifted = PAGE["shifted"](unet, x, T, delta)
            after = step(scheduler, x, shifted, shifted if process == "SYMMETRIC" else plain)
            out[f"{kind.lower()} {k} {strength:g}"] = after
    save_file({name: value.contiguous() for name, value in out.items()}, OUT / "steps.safetensors")
    facts = dict(timestep=T, timestepPrev=T_PREV, samplingSteps=STEPS, torch=torch.__version__)
    (OUT / "steps.json").write_text(json.dumps(facts) + "\n")


if __name__ == "__main__":
    main()
