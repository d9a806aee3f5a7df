"""Reference values for the tests, computed by PyTorch and diffusers.

Writes under test/golden/: `variants/<name>/` (a tiny UNet2DModel with random weights in diffusers layout, with
golden.safetensors and golden.json as `npm run verify` reads them), `schedules.json` (timesteps and cumulative alphas of
diffusers' DDIMScheduler), `samplers.json` (the same, from files of other samplers), `learning.json` (Adam, losses, spectral norms, one pretraining step's optimiser), `distances.json` (see
distances.py) and `weight-gradients/` (gradients of every weight, computed in float64: whole ones of single layers, probes of whole UNets).
Run by hand: `npm run golden`; needs torch, diffusers, safetensors and scipy. Values are made once and committed.
"""

import json
import pathlib
import tempfile

import diffusers
import torch
from diffusers import DDIMScheduler, UNet2DModel
from diffusers.models.attention_processor import Attention
from diffusers.models.downsampling import Downsample2D
from diffusers.models.embeddings import TimestepEmbedding
from diffusers.models.resnet import ResnetBlock2D
from diffusers.models.upsampling import Upsample2D
from distances import distances
from latents import latents
from options import options
from safetensors.torch import save_file

ROOT = pathlib.Path(__file__).resolve().parents[2] / "test" / "golden"
SEED = 0

UNET = dict(
    sample_size=8,
    in_channels=3,
    out_channels=3,
    layers_per_block=1,
    block_out_channels=(8, 16),
    norm_num_groups=4,
    down_block_types=("DownBlock2D", "AttnDownBlock2D"),
    up_block_types=("AttnUpBlock2D", "UpBlock2D"),
)

# One option of each kind that the two larger reference models leave at its default.
VARIANTS = {
    "v-zero-snr": (
        dict(attention_head_dim=4, downsample_padding=0, resnet_time_scale_shift="scale_shift"),
        dict(prediction_type="v_prediction", timestep_spacing="trailing", rescale_betas_zero_snr=True),
    ),
    "sample-cosine": (
        dict(add_attention=False, flip_sin_to_cos=False, freq_shift=1, norm_eps=1e-6, mid_block_scale_factor=1.4142),
        dict(prediction_type="sample", beta_schedule="squaredcos_cap_v2", set_alpha_to_one=False),
    ),
    "learned-variance": (
        dict(out_channels=6, center_input_sample=True, block_out_channels=(8, 8, 16),
             down_block_types=("DownBlock2D",) * 2 + ("AttnDownBlock2D",),
             up_block_types=("AttnUpBlock2D",) + ("UpBlock2D",) * 2, layers_per_block=2),
        dict(beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012),
    ),
}


def pair(output, x, alpha, kind):
    """The model's output as (x0, eps)."""
    signal, noise = alpha.sqrt(), (1 - alpha).sqrt()
    if kind == "epsilon":
        return (x - noise * output) / signal, output
    if kind == "v_prediction":
        return signal * x - noise * output, signal * output + noise * x
    return output, (x - signal * output) / noise


class Reference:
    def __init__(self, unet, scheduler, label=None):
        self.unet, self.scheduler, self.label = unet, scheduler, label
        self.kind = scheduler.config.prediction_type
        self.shift = None
        self.h = None
        # What the decoder is given from below: the mid block's output, where there is one.
        unet.up_blocks[0].register_forward_pre_hook(self._tap, with_kwargs=True)

    def _tap(self, module, args, kwargs):
        self.h = args[0]
        return (self.h if self.shift is None else self.h + self.shift, *args[1:]), kwargs

    def output(self, x, t, shift):
        self.shift = shift
        labels = {} if self.label is None else dict(class_labels=torch.full((len(x),), self.label))
        result = self.unet(x, t, **labels).sample[:, : x.shape[1]]
        self.shift = None
        return result

    def alpha(self, t):
        return self.scheduler.alphas_cumprod[t] if t >= 0 else self.scheduler.final_alpha_cumprod

    def step(self, x, t, t_prev, shift, symmetric):
        alpha, alpha_prev = self.alpha(t), self.alpha(t_prev)
        x0, eps = pair(self.output(x, t, shift), x, alpha, self.kind)
        if not symmetric:
            _, eps = pair(self.output(x, t, None), x, alpha, self.kind)
        return alpha_prev.sqrt() * x0 + (1 - alpha_prev).sqrt() * eps


def variant(name, unet_options, scheduler_options, label=None, prepare=lambda unet: None):
    torch.manual_seed(SEED)
    folder = ROOT / "variants" / name
    unet = UNet2DModel(**{**UNET, **unet_options}).eval().requires_grad_(False)
    prepare(unet)
    scheduler = DDIMScheduler(clip_sample=False, **scheduler_options)
    unet.save_pretrained(folder)
    scheduler.save_pretrained(folder / "scheduler")
    if label is not None:
        (folder / "azimuth.json").write_text(json.dumps(dict(classLabel=label)) + "\n")
    write_reference(folder, unet, scheduler, label)


def write_reference(folder, unet, scheduler, label=None):
    """golden.safetensors and golden.json: outputs, h, one edited step, its VJP, a trajectory and its gradient."""
    reference = Reference(unet, scheduler, label)
    n, size, top = 2, unet.config.sample_size, unet.config.block_out_channels[-1]
    extents = (size, size) if isinstance(size, int) else tuple(size)
    small = [extent // 2 ** (len(unet.config.block_out_channels) - 1) for extent in extents]
    shape = (n, unet.config.in_channels, *extents)
    x, cotangent, x_T = (torch.randn(shape) for _ in range(3))
    delta_h = torch.randn(n, top, *small)
    timestep, timestep_prev = 601, 401
    trajectory = [999, 666, 333, 0] if scheduler.config.timestep_spacing == "trailing" else [750, 500, 250, 0]
    trajectory = [t + scheduler.config.steps_offset for t in trajectory]
    out = dict(x=x, delta_h=delta_h, cotangent=cotangent, trajectory_x_T=x_T)
    out["model_output"] = reference.output(x, timestep, None)
    out["h"] = reference.h
    out["model_output_shifted"] = reference.output(x, timestep, delta_h)
    out["alpha_bar"] = reference.alpha(timestep).reshape(1)
    out["alpha_bar_prev"] = reference.alpha(timestep_prev).reshape(1)
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


def schedules():
    cases = []
    for options in (
        dict(),
        dict(timestep_spacing="trailing"),
        dict(timestep_spacing="linspace"),
        dict(steps_offset=1),
        dict(beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012, set_alpha_to_one=False),
        dict(beta_schedule="squaredcos_cap_v2"),
        dict(rescale_betas_zero_snr=True, prediction_type="v_prediction", timestep_spacing="trailing"),
        dict(num_train_timesteps=300, timestep_spacing="trailing"),
    ):
        scheduler = DDIMScheduler(**options)
        config = {key: value for key, value in scheduler.config.items() if not key.startswith("_")}
        timesteps = {}
        for steps in (1, 2, 7, 10, 40, 50):
            scheduler.set_timesteps(steps)
            timesteps[steps] = scheduler.timesteps.tolist()
        at = list(range(0, scheduler.config.num_train_timesteps, 37)) + [scheduler.config.num_train_timesteps - 1]
        alphas = [scheduler.alphas_cumprod[t].item() for t in at]
        cases.append(dict(config=config, timesteps=timesteps, at=at, alphas_cumprod=alphas,
                          final_alpha_cumprod=float(scheduler.final_alpha_cumprod)))
    (ROOT / "schedules.json").write_text(json.dumps(cases) + "\n")
    samplers()


# Samplers that publish models, with options of theirs that say something of the model or its steps.
SAMPLERS = (
    ("DDPMScheduler", dict(beta_schedule="sigmoid", variance_type="fixed_large")),
    ("DDPMScheduler", dict(trained_betas=[0.001 + 0.0002 * i for i in range(60)], num_train_timesteps=60, thresholding=True)),
    ("DDPMScheduler", dict(rescale_betas_zero_snr=True, prediction_type="v_prediction", timestep_spacing="linspace")),
    ("PNDMScheduler", dict(beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012, skip_prk_steps=True,
                           steps_offset=1, prediction_type="v_prediction")),
    ("DPMSolverMultistepScheduler", dict(beta_schedule="squaredcos_cap_v2", use_karras_sigmas=True)),
    ("DPMSolverSinglestepScheduler", dict()),
    ("DEISMultistepScheduler", dict(prediction_type="sample")),
    ("UniPCMultistepScheduler", dict(timestep_spacing="trailing")),
    ("EulerDiscreteScheduler", dict(prediction_type="v_prediction", timestep_spacing="leading", steps_offset=1)),
    ("EulerAncestralDiscreteScheduler", dict()),
    ("HeunDiscreteScheduler", dict()),
    ("KDPM2DiscreteScheduler", dict(beta_schedule="scaled_linear")),
)


def samplers():
    """The files that samplers write, and what DDIM makes of them."""
    cases = []
    for name, options in SAMPLERS:
        with tempfile.TemporaryDirectory() as folder:
            own = getattr(diffusers, name)(**options)
            own.save_pretrained(folder)
            text = (pathlib.Path(folder) / "scheduler_config.json").read_text()
            # DDPM knows a schedule that DDIM does not; its betas are those of its own class.
            betas = dict(trained_betas=own.betas.tolist()) if options.get("beta_schedule") == "sigmoid" else {}
            ddim = DDIMScheduler.from_pretrained(folder, **betas)
        at = list(range(0, ddim.config.num_train_timesteps, 37)) + [ddim.config.num_train_timesteps - 1]
        timesteps = {}
        for steps in (2, 10, 50):
            ddim.set_timesteps(steps)
            timesteps[steps] = ddim.timesteps.tolist()
        cases.append(dict(file=text, timesteps=timesteps, at=at, prediction_type=ddim.config.prediction_type,
                          alphas_cumprod=[ddim.alphas_cumprod[t].item() for t in at],
                          final_alpha_cumprod=float(ddim.final_alpha_cumprod)))
    (ROOT / "samplers.json").write_text(json.dumps(cases) + "\n")


def learning():
    torch.manual_seed(SEED)
    theta = torch.randn(7)
    gradients = torch.randn(5, 7) * torch.tensor([1e-4, 1, 30, 1e-2, 1, 1, 0])
    parameter = theta.clone().requires_grad_()
    adam = torch.optim.Adam([parameter], lr=0.01)
    path = []
    for gradient in gradients:
        parameter.grad = gradient.clone()
        adam.step()
        path.append(parameter.detach().tolist())
    logits, target = torch.randn(6, 5), torch.tensor([0, 3, 1, 4, 4, 2])
    real, fake = torch.randn(6) * 2, torch.randn(6) * 2
    weight = torch.randn(6, 3, 4, 4)
    optimiser = pretraining_optimiser()
    record = dict(
        adam=dict(theta=theta.tolist(), gradients=gradients.tolist(), learningRate=0.01, path=path),
        crossEntropy=dict(logits=logits.tolist(), target=target.tolist(),
                          value=torch.nn.functional.cross_entropy(logits, target).item()),
        hinge=dict(real=real.tolist(), fake=fake.tolist(),
                   value=(torch.relu(1 - real).mean() + torch.relu(1 + fake).mean()).item()),
        spectral=dict(weight=weight.flatten().tolist(), shape=list(weight.shape),
                      sigma=torch.linalg.matrix_norm(weight.flatten(1), 2).item()),
        pretraining=optimiser,
    )
    (ROOT / "learning.json").write_text(json.dumps(record) + "\n")


def pretraining_optimiser():
    """Clipping by global norm, Adam and EMA as scripts train DDPMs, on two tensors; the second gradient is below the limit."""
    generator = torch.Generator().manual_seed(SEED)
    draw = lambda *shape: torch.randn(shape, generator=generator)
    theta = [draw(3, 2), draw(4)]
    parameters = [value.clone().requires_grad_() for value in theta]
    average = [value.clone() for value in theta]
    adam = torch.optim.Adam(parameters, lr=0.01, betas=(0.9, 0.99))
    steps = []
    for step, scale in enumerate((3.0, 0.1, 1.0), start=1):
        gradients = [draw(3, 2) * scale, draw(4) * scale]
        for parameter, gradient in zip(parameters, gradients):
            parameter.grad = gradient.clone()
        norm = torch.nn.utils.clip_grad_norm_(parameters, 1.0).item()
        adam.step()
        decay = min(0.999, (1 + step) / (10 + step))
        for value, parameter in zip(average, parameters):
            value.lerp_(parameter.detach(), 1 - decay)
        lists = lambda values: [value.detach().flatten().tolist() for value in values]
        steps.append(dict(gradients=lists(gradients), norm=norm, decay=decay, theta=lists(parameters), ema=lists(average)))
    return dict(shapes=[[3, 2], [4]], theta=[value.flatten().tolist() for value in theta], learningRate=0.01, steps=steps)


# Every kind of layer that UNet2DModel has: module, and shapes of what it takes.
LAYERS = {
    "conv": (lambda: torch.nn.Conv2d(3, 4, 3, padding=1), [(2, 3, 17, 16)]),
    "conv-narrowing": (lambda: torch.nn.Conv2d(6, 4, 3, padding=1), [(3, 6, 7, 8)]),
    "downsample-padding-1": (lambda: Downsample2D(6, use_conv=True, padding=1, name="op"), [(2, 6, 12, 10)]),
    "downsample-padding-0": (lambda: Downsample2D(6, use_conv=True, padding=0, name="op"), [(2, 6, 12, 10)]),
    "shortcut": (lambda: torch.nn.Conv2d(3, 4, 1), [(1, 3, 17, 17)]),
    "upsample": (lambda: Upsample2D(4, use_conv=True), [(2, 4, 7, 8)]),
    "norm": (lambda: torch.nn.GroupNorm(2, 6, eps=1e-5), [(2, 6, 5, 4)]),
    "linear": (lambda: torch.nn.Linear(5, 7), [(3, 5)]),
    "time-embedding": (lambda: TimestepEmbedding(8, 16), [(3, 8)]),
    "attention": (lambda: Attention(8, heads=2, dim_head=4, norm_num_groups=2, bias=True, residual_connection=True),
                  [(2, 8, 3, 4)]),
    "resnet-default": (lambda: ResnetBlock2D(in_channels=6, out_channels=8, temb_channels=16, groups=2, eps=1e-5),
                       [(2, 6, 6, 5), (2, 16)]),
    "resnet-scale-shift": (lambda: ResnetBlock2D(in_channels=6, out_channels=8, temb_channels=16, groups=2, eps=1e-5,
                                                 time_embedding_norm="scale_shift"), [(2, 6, 6, 5), (2, 16)]),
}

# Folders under test/golden of which whole gradients are probed.
UNETS = ("google-ddpm", "variants/v-zero-snr", "variants/sample-cosine")
PROBES = 5


def layer_gradients():
    torch.manual_seed(SEED)
    out = {}
    for name, (make, shapes) in LAYERS.items():
        layer = make()
        for parameter in layer.parameters():
            # Norms start at 1 and 0, where a swapped factor would not show.
            torch.nn.init.uniform_(parameter, -0.6, 0.6)
        inputs = [torch.randn(shape) for shape in shapes]
        out.update({f"{name}/input:{at}": value for at, value in enumerate(inputs)})
        out.update({f"{name}/weight:{key}": value.detach().clone() for key, value in layer.named_parameters()})
        layer.double()
        y = layer(*(value.double() for value in inputs))
        cotangent = torch.randn(y.shape)
        gradients = torch.autograd.grad(y, list(layer.parameters()), cotangent.double())
        out.update({f"{name}/output": y.detach(), f"{name}/cotangent": cotangent})
        out.update({f"{name}/grad:{key}": value for (key, _), value in zip(layer.named_parameters(), gradients)})
    folder = ROOT / "weight-gradients"
    folder.mkdir(exist_ok=True)
    save_file({key: value.contiguous().float() for key, value in out.items()}, folder / "layers.safetensors")


def probe(gradient):
    """Norm, product with cos(0), cos(1), ..., and elements spread evenly: a gradient that agrees in all is the same."""
    flat = gradient.flatten()
    at = torch.linspace(0, flat.numel() - 1, min(PROBES, flat.numel())).round().long()
    wave = torch.cos(torch.arange(flat.numel(), dtype=torch.float64))
    short = lambda value: float(f"{value:.9g}")
    return dict(norm=short(flat.norm()), wave=short(flat @ wave), at=at.tolist(), values=[short(v) for v in flat[at]])


def unet_gradients(name):
    torch.manual_seed(SEED)
    unet = UNet2DModel.from_pretrained(ROOT / name).double()
    scheduler = DDIMScheduler.from_pretrained(ROOT / name, subfolder="scheduler")
    size = unet.config.sample_size
    x0, noise = ((torch.randn(2, 3, size, size).double() * 1000).round() / 1000 for _ in range(2))
    timesteps = torch.tensor([37, 801])
    noisy = scheduler.add_noise(x0, noise, timesteps)
    target = dict(
        epsilon=lambda: noise,
        v_prediction=lambda: scheduler.get_velocity(x0, noise, timesteps),
        sample=lambda: x0,
    )[scheduler.config.prediction_type]()
    loss = torch.nn.functional.mse_loss(unet(noisy, timesteps).sample, target)
    gradients = torch.autograd.grad(loss, list(unet.parameters()))
    probes = {key: probe(value) for (key, _), value in zip(unet.named_parameters(), gradients)}
    tensors = dict(x0=x0.flatten().tolist(), noise=noise.flatten().tolist())
    return dict(shape=list(x0.shape), timesteps=timesteps.tolist(), **tensors, loss=loss.item(), gradients=probes)


if __name__ == "__main__":
    for name, options in VARIANTS.items():
        variant(name, *options)
    options()
    latents()
    schedules()
    learning()
    layer_gradients()
    record = {name: unet_gradients(name) for name in UNETS}
    (ROOT / "weight-gradients" / "unets.json").write_text(json.dumps(record) + "\n")
    distances()
