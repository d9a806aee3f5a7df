"""The PyTorch peer of the benchmarks: the same UNet, the same trajectory gradient, answering one JSON request a line.

Needs only PyTorch. Shares the encoder between the two decoder passes of the asymmetric step, checkpoints by time step
and skips the gradient into x[0], as Azimuth does.

usage: python peer.py MODEL_DIR THREADS DEVICE(cpu|cuda) FORMAT(nchw|channels_last)
requests: {"task": "sample"|"vjp"|"gradient", "steps": T, "batch": B, "process": "SYMMETRIC"|"ASYMMETRIC"} -> {"seconds", "peakBytes"}
"""
import json, math, os, resource, struct, sys, time
import torch
import torch.nn.functional as F

FOLDER, THREADS, DEVICE, FORMAT = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
torch.set_num_threads(THREADS)
if DEVICE == "cuda" and not torch.cuda.is_available():
    sys.exit(3)


def read(name):
    for folder in (FOLDER, os.path.join(FOLDER, "unet")):
        path = os.path.join(folder, name)
        if os.path.exists(path):
            return open(path, "rb").read()
    raise FileNotFoundError(name)


def tensors(blob):
    size = struct.unpack("<Q", blob[:8])[0]
    header = json.loads(blob[8 : 8 + size])
    for name, entry in header.items():
        if name != "__metadata__":
            start, end = entry["data_offsets"]
            data = bytearray(blob[8 + size + start : 8 + size + end])
            yield name, torch.frombuffer(data, dtype=torch.float32).reshape(entry["shape"]).to(DEVICE)


config = json.loads(read("config.json"))
scheduler = json.load(open(os.path.join(FOLDER, "scheduler", "scheduler_config.json")))
W = dict(tensors(read("diffusion_pytorch_model.safetensors")))
if FORMAT == "channels_last":
    W = {k: v.contiguous(memory_format=torch.channels_last) if v.dim() == 4 else v for k, v in W.items()}
GROUPS, EPS = config["norm_num_groups"], config["norm_eps"]
CHANNELS, LAYERS, HEAD = config["block_out_channels"], config["layers_per_block"], config["attention_head_dim"]


def norm(name, x):
    return F.group_norm(x, GROUPS, W[name + ".weight"], W[name + ".bias"], EPS)


def conv(name, x, **kw):
    return F.conv2d(x, W[name + ".weight"], W[name + ".bias"], **kw)


def linear(name, x):
    return F.linear(x, W[name + ".weight"], W[name + ".bias"])


def resnet(name, x, temb):
    h = conv(name + ".conv1", F.silu(norm(name + ".norm1", x)), padding=1)
    h = h + linear(name + ".time_emb_proj", F.silu(temb))[:, :, None, None]
    h = conv(name + ".conv2", F.silu(norm(name + ".norm2", h)), padding=1)
    return h + (conv(name + ".conv_shortcut", x) if name + ".conv_shortcut.weight" in W else x)


def attention(name, x):
    n, c, height, width = x.shape
    heads = c // (HEAD or c)
    y = norm(name + ".group_norm", x).flatten(2).transpose(1, 2)
    q, k, v = (linear(f"{name}.to_{p}", y).view(n, -1, heads, c // heads).transpose(1, 2) for p in "qkv")
    y = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, -1, c)
    return x + linear(name + ".to_out.0", y).transpose(1, 2).reshape(n, c, height, width)


def time_embedding(t):
    half = CHANNELS[0] // 2
    f = torch.exp(-math.log(10000) * torch.arange(half, device=DEVICE) / (half - config["freq_shift"])) * t
    parts = [torch.cos(f), torch.sin(f)] if config["flip_sin_to_cos"] else [torch.sin(f), torch.cos(f)]
    e = torch.cat(parts)[None]
    return linear("time_embedding.linear_2", F.silu(linear("time_embedding.linear_1", e)))


def encode(x, t):
    temb = time_embedding(t)
    x = conv("conv_in", x, padding=1)
    skips = [x]
    for b, kind in enumerate(config["down_block_types"]):
        for i in range(LAYERS):
            x = resnet(f"down_blocks.{b}.resnets.{i}", x, temb)
            if kind.startswith("Attn"):
                x = attention(f"down_blocks.{b}.attentions.{i}", x)
            skips.append(x)
        if b + 1 < len(CHANNELS):
            if config["downsample_padding"] == 0:
                x = F.pad(x, (0, 1, 0, 1))
            x = conv(f"down_blocks.{b}.downsamplers.0.conv", x, stride=2, padding=config["downsample_padding"])
            skips.append(x)
    x = resnet("mid_block.resnets.0", x, temb)
    if config["add_attention"]:
        x = attention("mid_block.attentions.0", x)
    return resnet("mid_block.resnets.1", x, temb), skips, temb


def decode(h, skips, temb):
    x, skips = h, list(skips)
    for b, kind in enumerate(config["up_block_types"]):
        for i in range(LAYERS + 1):
            x = resnet(f"up_blocks.{b}.resnets.{i}", torch.cat([x, skips.pop()], 1), temb)
            if kind.startswith("Attn"):
                x = attention(f"up_blocks.{b}.attentions.{i}", x)
        if b + 1 < len(CHANNELS):
            x = conv(f"up_blocks.{b}.upsamplers.0.conv", F.interpolate(x, scale_factor=2.0, mode="nearest"), padding=1)
    return conv("conv_out", F.silu(norm("conv_norm_out", x)), padding=1)


betas = torch.linspace(scheduler["beta_start"], scheduler["beta_end"], scheduler["num_train_timesteps"])
if scheduler["beta_schedule"] == "scaled_linear":
    betas = torch.linspace(scheduler["beta_start"] ** 0.5, scheduler["beta_end"] ** 0.5, len(betas)) ** 2
CUMPROD = torch.cumprod(1 - betas, 0).double()


def plan(T):
    n = len(CUMPROD)
    if scheduler["timestep_spacing"] == "trailing":
        ts = [round(n - i * n / T) - 1 for i in range(T)]
    else:
        ts = [i * (n // T) + scheduler["steps_offset"] for i in reversed(range(T))]
    bars = [CUMPROD[t].item() for t in ts] + [1.0 if scheduler["set_alpha_to_one"] else CUMPROD[0].item()]
    return ts, bars


def pair(x, o, q):
    if scheduler["prediction_type"] == "v_prediction":
        return q**0.5 * x - (1 - q) ** 0.5 * o, q**0.5 * o + (1 - q) ** 0.5 * x
    return (x - (1 - q) ** 0.5 * o) / q**0.5, o


def step(x, t, q, r, delta, process):
    h, skips, temb = encode(x, t)
    x0, eps = pair(x, decode(h + delta, skips, temb), q)
    if process == "ASYMMETRIC":
        eps = pair(x, decode(h, skips, temb), q)[1]
    return r**0.5 * x0 + (1 - r) ** 0.5 * eps


def synchronise():
    if DEVICE == "cuda":
        torch.cuda.synchronize()


def run(request):
    T, B, process = request["steps"], request["batch"], request["process"]
    size, c = config["sample_size"], config["in_channels"]
    ts, bars = plan(T)
    x = torch.randn(B, c, size, size, device=DEVICE)
    if FORMAT == "channels_last":
        x = x.contiguous(memory_format=torch.channels_last)
    hs = size >> (len(CHANNELS) - 1)
    delta = (0.01 * torch.randn(B, CHANNELS[-1], hs, hs, device=DEVICE)).requires_grad_()
    synchronise()
    start = time.perf_counter()
    xs = [x]
    if request["task"] != "vjp":
        with torch.no_grad():
            for i in range(T):
                xs.append(step(xs[-1], ts[i], bars[i], bars[i + 1], delta, process))
    if request["task"] == "vjp":
        x = x.requires_grad_()
        torch.autograd.grad(step(x, ts[0], bars[0], bars[1], delta, process), [x, delta], torch.ones_like(x))
    if request["task"] == "gradient":
        g = torch.ones_like(x)
        total = torch.zeros_like(delta)
        for i in reversed(range(T)):
            xi = xs[i].detach().requires_grad_(i > 0)
            y = step(xi, ts[i], bars[i], bars[i + 1], delta, process)
            grads = torch.autograd.grad(y, [delta, xi] if i > 0 else [delta], g)
            total += grads[0]
            g = grads[1] if i > 0 else None
    synchronise()
    seconds = time.perf_counter() - start
    peak = torch.cuda.max_memory_allocated() if DEVICE == "cuda" else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {"seconds": seconds, "peakBytes": peak}


print(json.dumps({"ready": torch.__version__, "device": torch.cuda.get_device_name() if DEVICE == "cuda" else "cpu"}), flush=True)
for line in sys.stdin:
    print(json.dumps(run(json.loads(line))), flush=True)
