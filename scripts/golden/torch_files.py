"""Files of torch.save for the tests of their reader, and what they hold as float32 by PyTorch's own word.

Writes under test/golden/torch/: `<name>.pt`, and `<name>.safetensors` with every tensor of it under `<place>/<name>`, where
the place is that of its table in the file (empty for the whole, an index of a list, a key of a dictionary). `hostile-*.pt` ask
for code; they are written here and must never be loaded. Run by hand; needs torch and safetensors. Made once and committed.
"""

import argparse
import collections
import os
import pathlib

import torch
from safetensors.torch import save_file

ROOT = pathlib.Path(__file__).resolve().parents[2] / "test" / "golden" / "torch"
TYPES = dict(f64=torch.float64, f32=torch.float32, f16=torch.float16, bf16=torch.bfloat16, i64=torch.int64, i32=torch.int32,
             i16=torch.int16, i8=torch.int8, u8=torch.uint8, bool=torch.bool)


def types():
    values = torch.tensor([[0, 1, 3], [2, 100, 7]])
    fractions = torch.tensor([[0.1, -3.25, 1e-5], [65504.0, -0.0, 1 / 3]])
    return {name: (fractions if dtype.is_floating_point else values).to(dtype) for name, dtype in TYPES.items()}


def views():
    base = torch.arange(60, dtype=torch.float32).reshape(3, 4, 5) / 7
    image = torch.arange(2 * 3 * 4 * 5, dtype=torch.float32).reshape(2, 3, 4, 5)
    return dict(whole=base, transposed=base.transpose(0, 2), part=base[1:, 1::2, ::3], expanded=base[0, 0].expand(3, 5),
                channels_last=image.contiguous(memory_format=torch.channels_last), scalar=base[2, 3, 4], empty=base[:0],
                half=image.half()[:, 1].transpose(1, 2), tied=base)


def module():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Conv2d(2, 3, 3), torch.nn.BatchNorm2d(3), torch.nn.Linear(3, 2))


def training():
    """The states that ermongroup's ddim and its descendants save: model, optimiser, epoch, step, average."""
    net = torch.nn.DataParallel(module())
    optimiser = torch.optim.Adam(net.parameters(), lr=2e-4, betas=(0.9, 0.999), amsgrad=False)
    for parameter in net.parameters():
        parameter.grad = torch.ones_like(parameter)
    optimiser.step()
    average = {name: value.detach() * 0.5 for name, value in net.module.named_parameters()}
    return [net.state_dict(), optimiser.state_dict(), 3, 4567, average]


class Call:
    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments

    def __reduce__(self):
        return self.function, self.arguments


def tables(root):
    """Place and tensors of every dictionary at the top or one level below."""
    places = {"": root}
    places.update(enumerate(root) if isinstance(root, (list, tuple)) else root.items())
    for place, value in places.items():
        if isinstance(value, dict):
            for name, tensor in value.items():
                if isinstance(tensor, torch.Tensor):
                    yield f"{place}/{name}", tensor.detach().float().contiguous().clone()


def write(name, content, **options):
    torch.save(content, ROOT / f"{name}.pt", **options)
    save_file(dict(tables(content)), ROOT / f"{name}.safetensors")


def main():
    ROOT.mkdir(parents=True, exist_ok=True)
    write("types", types())
    write("views", views())
    write("module", module().state_dict())
    write("parameters", collections.OrderedDict(module().named_parameters()))
    write("protocol-4", module().state_dict(), pickle_protocol=4)
    write("training", training())
    write("nested", dict(step=7, note="ü", model=module().state_dict(), ema=views()))
    torch.save(module().state_dict(), ROOT / "legacy.pt", _use_new_zipfile_serialization=False)
    torch.jit.script(module()[0]).save(ROOT / "script.pt")
    hostile = dict(system=Call(os.system, "true"), eval=Call(eval, "1"), getattr=Call(getattr, "text", "upper"),
                   tensor=Call(torch.load, "x"), object=argparse.Namespace(a=1))
    for name, value in hostile.items():
        torch.save(dict(weight=torch.zeros(2), more=value), ROOT / f"hostile-{name}.pt")


if __name__ == "__main__":
    main()
