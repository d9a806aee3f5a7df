"""ONNX exports with reference values, for the tests of ONNX import.

Writes under test/golden/onnx/: a folder an export (`unet.onnx`, `scheduler/`, `golden.safetensors`, `golden.json`), made of a tiny
UNet2DModel with random weights by an exporter, an opset and options that the larger reference models leave out. No weights in
diffusers layout are kept: only the ONNX path reads these folders.
Run by hand with torch, diffusers, safetensors, onnx and onnxscript: `python3 scripts/golden/onnx_exports.py [name ...]`;
`--to FOLDER` writes elsewhere, with more variants than are committed.
"""

import argparse
import pathlib
import warnings

import torch
from diffusers import DDIMScheduler, UNet2DModel
from diffusers.models.attention_processor import Attention, AttnProcessor
from make import ROOT, UNET, write_reference

TINY = {**UNET, "block_out_channels": (4, 8), "norm_num_groups": 2}


class Export(torch.nn.Module):
    """Positional inputs, one output."""

    def __init__(self, unet):
        super().__init__()
        self.unet = unet

    def forward(self, sample, timestep):
        return self.unet(sample, timestep, return_dict=False)[0]


# name: UNet options, scheduler options, export options
COMMITTED = {
    "legacy-13": (dict(downsample_padding=0, flip_sin_to_cos=False, freq_shift=1, norm_eps=1e-6), dict(),
                  dict(dynamo=False, opset=13, dynamic=True, plain_attention=True)),
    "legacy-18-static": (dict(attention_head_dim=4, resnet_time_scale_shift="scale_shift"), dict(prediction_type="v_prediction"),
                         dict(dynamo=False, opset=18, batch=1)),
    "dynamo-18-external": (dict(down_block_types=("ResnetDownsampleBlock2D", "AttnDownBlock2D"), attention_head_dim=2,
                                up_block_types=("AttnUpBlock2D", "ResnetUpsampleBlock2D"), upsample_type="resnet"), dict(),
                           dict(dynamo=True, opset=18, external=True)),
    "dynamo-20-batch": (dict(out_channels=6, center_input_sample=True), dict(prediction_type="sample"),
                        dict(dynamo=True, opset=20, dynamic=True)),
    "dynamo-21": (dict(downsample_padding=0, resnet_time_scale_shift="scale_shift", attention_head_dim=4),
                  dict(prediction_type="v_prediction", timestep_spacing="trailing", rescale_betas_zero_snr=True),
                  dict(dynamo=True, opset=21)),
}

RESNET_BLOCKS = dict(down_block_types=("DownBlock2D", "ResnetDownsampleBlock2D", "AttnDownBlock2D"),
                     up_block_types=("AttnUpBlock2D", "ResnetUpsampleBlock2D", "UpBlock2D"), block_out_channels=(4, 8, 8))

# Made by hand only.
MORE = {
    **{f"legacy-{opset}": (dict(attention_head_dim=4), dict(), dict(dynamo=False, opset=opset, dynamic=opset % 2 == 0, batch=3))
       for opset in (14, 15, 16, 17, 19, 20)},
    "legacy-17-batch-3": (dict(), dict(), dict(dynamo=False, opset=17, batch=3)),
    "legacy-17-plain": (dict(attention_head_dim=2), dict(), dict(dynamo=False, opset=17, dynamic=True, plain_attention=True)),
    "dynamo-18-plain": (dict(attention_head_dim=2), dict(), dict(dynamo=True, opset=18, dynamic=True, plain_attention=True)),
    "legacy-17-vector": (dict(), dict(), dict(dynamo=False, opset=17, batch=2, vector=True)),
    "legacy-17-external": (dict(), dict(), dict(dynamo=False, opset=17, external=True)),
    "legacy-17-deep": (dict(block_out_channels=(4, 8, 8), layers_per_block=2, down_block_types=("DownBlock2D",) * 2 + ("AttnDownBlock2D",),
                            up_block_types=("AttnUpBlock2D",) + ("UpBlock2D",) * 2, attn_norm_num_groups=4), dict(),
                       dict(dynamo=False, opset=17, dynamic=True)),
    "legacy-17-no-attention": (dict(add_attention=False, mid_block_scale_factor=1.4142), dict(), dict(dynamo=False, opset=17)),
    "legacy-17-gelu": (dict(act_fn="gelu"), dict(), dict(dynamo=False, opset=17)),
    "legacy-20-mish": (dict(act_fn="mish"), dict(), dict(dynamo=False, opset=20)),
    "legacy-17-resnet": (dict(**RESNET_BLOCKS), dict(), dict(dynamo=False, opset=17, dynamic=True)),
    "legacy-17-fir": (dict(down_block_types=("DownBlock2D", "SkipDownBlock2D"), up_block_types=("SkipUpBlock2D", "UpBlock2D"),
                           block_out_channels=(8, 16), norm_num_groups=4), dict(), dict(dynamo=False, opset=17)),
    "dynamo-19": (dict(attention_head_dim=8), dict(), dict(dynamo=True, opset=19)),
    "dynamo-18-batch-3": (dict(), dict(), dict(dynamo=True, opset=18, batch=3)),
    "dynamo-20-gelu": (dict(act_fn="gelu"), dict(), dict(dynamo=True, opset=20)),
    "dynamo-18-resnet": (dict(**RESNET_BLOCKS), dict(), dict(dynamo=True, opset=18, dynamic=True)),
    "dynamo-21-batch": (dict(downsample_padding=0), dict(), dict(dynamo=True, opset=21, dynamic=True)),
    "dynamo-21-vector": (dict(), dict(), dict(dynamo=True, opset=21, batch=2, vector=True)),
    "dynamo-22": (dict(), dict(), dict(dynamo=True, opset=22)),
    "dynamo-23": (dict(), dict(), dict(dynamo=True, opset=23)),
    "dynamo-18-unoptimised": (dict(), dict(), dict(dynamo=True, opset=18, optimize=False)),
    "dynamo-21-one-channel": (dict(in_channels=1, out_channels=1), dict(prediction_type="v_prediction"), dict(dynamo=True, opset=21)),
    "dynamo-18-odd": (dict(block_out_channels=(6, 6)), dict(), dict(dynamo=True, opset=18)),
}


def spread(unet):
    """Values of its own for every weight: norms start equal, and exporters share what is equal."""
    for parameter in unet.parameters():
        parameter.add_(0.1 * torch.randn_like(parameter))


def export(unet, path, dynamo, opset, batch=2, dynamic=False, external=False, vector=False, optimize=True,
           plain_attention=False):
    if plain_attention:  # Opset 13 has no way to write the fused one.
        for module in unet.modules():
            if isinstance(module, Attention):
                module.set_processor(AttnProcessor())
    config = unet.config
    sample = torch.randn(batch, config.in_channels, config.sample_size, config.sample_size)
    timestep = torch.full((batch,), 5) if vector else torch.tensor(5)
    options = dict(input_names=["sample", "timestep"], output_names=["out_sample"], opset_version=opset, dynamo=dynamo)
    if dynamo:
        options |= dict(external_data=external, optimize=optimize, verbose=False)
        if dynamic:
            options["dynamic_shapes"] = dict(sample={0: torch.export.Dim("batch")}, timestep={})
    elif dynamic:
        options["dynamic_axes"] = dict(sample={0: "batch"}, out_sample={0: "batch"})
    torch.onnx.export(Export(unet), (sample, timestep), str(path), **options)
    strip(path, external and not dynamo)


def strip(path, external):
    """Without the exporter's stack traces, which hold paths of the machine; module names stay."""
    import onnx

    model = onnx.load(path, load_external_data=False)
    for node in model.graph.node:
        kept = [entry for entry in node.metadata_props if entry.key == "pkg.torch.onnx.name_scopes"]
        del node.metadata_props[:]
        node.metadata_props.extend(kept)
        node.doc_string = ""
    for value in model.graph.value_info:
        del value.metadata_props[:]
    options = dict(save_as_external_data=True, location="weights.bin", size_threshold=0) if external else {}
    onnx.save(model, path, **options)


def variant(root, name, unet_options, scheduler_options, export_options):
    torch.manual_seed(0)
    folder = root / name
    folder.mkdir(parents=True, exist_ok=True)
    unet = UNet2DModel(**{**TINY, **unet_options}).eval().requires_grad_(False)
    spread(unet)
    scheduler = DDIMScheduler(clip_sample=False, **scheduler_options)
    scheduler.save_pretrained(folder / "scheduler")
    export(unet, folder / "unet.onnx", **export_options)
    write_reference(folder, unet, scheduler)


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    parser = argparse.ArgumentParser()
    parser.add_argument("--to", type=pathlib.Path)
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    known = COMMITTED if arguments.to is None else {**COMMITTED, **MORE}
    for name in arguments.names or known:
        try:
            variant(arguments.to or ROOT / "onnx", name, *known[name])
            print(name)
        except Exception as error:
            if arguments.to is None:
                raise
            print(name, "not exported:", str(error).splitlines()[0][:200])
