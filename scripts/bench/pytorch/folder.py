"""A diffusers folder, read without diffusers."""
import json, os, struct
import torch


def find(folder, name):
    for place in (folder, os.path.join(folder, "unet")):
        path = os.path.join(place, name)
        if os.path.exists(path):
            return path
    raise FileNotFoundError(name)


def read_config(folder):
    config = {"add_attention": True, "attention_head_dim": 8, **json.load(open(find(folder, "config.json")))}
    defaults = {"timestep_spacing": "leading", "steps_offset": 0, "set_alpha_to_one": True}
    return config, {**defaults, **json.load(open(os.path.join(folder, "scheduler", "scheduler_config.json")))}


def read_weights(folder, device, channels_last):
    """One tensor at a time, so that reading adds nothing to the peak of what is measured."""
    weights = {}
    with open(find(folder, "diffusion_pytorch_model.safetensors"), "rb") as file:
        size = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(size))
        for name, entry in header.items():
            if name == "__metadata__":
                continue
            start, end = entry["data_offsets"]
            file.seek(8 + size + start)
            data = torch.frombuffer(bytearray(file.read(end - start)), dtype=torch.float32)
            weights[name] = laid_out(data.reshape(entry["shape"]).to(device), channels_last)
    return weights


def laid_out(x, channels_last):
    return x.contiguous(memory_format=torch.channels_last) if channels_last and x.dim() == 4 else x
