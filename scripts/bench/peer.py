"""The PyTorch peer of the benchmarks: the same UNet and the same work, answering one JSON request a line.

Needs only PyTorch. What each task is, pytorch/ says.

usage: python peer.py MODEL_DIR THREADS DEVICE(cpu|cuda) FORMAT(nchw|channels_last) CHECKPOINT(step|block) MODE(eager|compile)
first line: {"ready": version, "device", "idleBytes"}
requests: {"task": "unedited"|"sample"|"vjp"|"gradient"|"training", "steps": T, "batch": B, "process": "SYMMETRIC"|"ASYMMETRIC"}
answers: {"seconds", "peakBytes"} or {"error": message}
"""
import json, resource, sys, time

sys.dont_write_bytecode = True
import torch

from pytorch.folder import laid_out
from pytorch.sampler import Sampler
from pytorch.training import Training
from pytorch.unet import UNet

FOLDER, THREADS, DEVICE, FORMAT, CHECKPOINT, MODE = sys.argv[1:]
CHANNELS_LAST = FORMAT == "channels_last"
torch.set_num_threads(int(THREADS))
if DEVICE == "cuda" and not torch.cuda.is_available():
    sys.exit(3)


def synchronise():
    if DEVICE == "cuda":
        torch.cuda.synchronize()


def resident_bytes():
    if DEVICE == "cuda":
        return torch.cuda.memory_allocated()
    try:
        return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()
    except FileNotFoundError:
        return peak_bytes()


def peak_bytes():
    if DEVICE == "cuda":
        return torch.cuda.max_memory_allocated()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def prepared(request):
    """What a request runs, from random x[0] and Δh."""
    task, batch, process = request["task"], request["batch"], request["process"]
    if task == "training":
        return Training(sampler, request["steps"], batch, process, CHANNELS_LAST).step
    plan = sampler.plan(request["steps"])
    x = laid_out(torch.randn(batch, *unet.sample_shape, device=DEVICE), CHANNELS_LAST)
    delta = (0.01 * torch.randn(batch, *unet.h_shape, device=DEVICE)).requires_grad_()
    ones = torch.ones_like(x)

    def run():
        if task == "vjp":
            start = x.detach().requires_grad_()
            return sampler.vjp(start, plan[0], delta, process, ones, [start, delta])
        xs = sampler.sample(x, plan, lambda i: None if task == "unedited" else delta, process)
        if task == "gradient":
            sampler.gradient(xs, plan, lambda i: delta, process, ones, delta)

    return run


def answer(line):
    if line not in known:
        known[line] = prepared(json.loads(line))
    synchronise()
    start = time.perf_counter()
    known[line]()
    synchronise()
    return {"seconds": time.perf_counter() - start, "peakBytes": peak_bytes()}


unet = UNet(FOLDER, DEVICE, CHANNELS_LAST, CHECKPOINT == "block")
sampler = Sampler(unet, MODE == "compile")
known = {}
device = torch.cuda.get_device_name() if DEVICE == "cuda" else "cpu"
print(json.dumps({"ready": torch.__version__, "device": device, "idleBytes": resident_bytes()}), flush=True)
for line in sys.stdin:
    try:
        print(json.dumps(answer(line)), flush=True)
    except Exception as error:
        print(json.dumps({"error": f"{type(error).__name__}: {error}".splitlines()[0]}), flush=True)
