"""The UNet2DModel of diffusers in two halves around h, as functions of its frozen weights."""
import math
import torch
import torch.nn.functional as F

from .folder import read_config, read_weights
from .recompute import recompute


class UNet:
    def __init__(self, folder, device, channels_last, by_block):
        self.config, self.scheduler = read_config(folder)
        self.weights = read_weights(folder, device, channels_last)
        self.device, self.by_block = device, by_block

    @property
    def sample_shape(self):
        size = self.config["sample_size"]
        return self.config["in_channels"], size, size

    @property
    def h_shape(self):
        channels = self.config["block_out_channels"]
        size = self.config["sample_size"] >> (len(channels) - 1)
        return channels[-1], size, size

    def norm(self, name, x):
        groups, eps = self.config["norm_num_groups"], self.config["norm_eps"]
        return F.group_norm(x, groups, self.weights[name + ".weight"], self.weights[name + ".bias"], eps)

    def conv(self, name, x, **options):
        return F.conv2d(x, self.weights[name + ".weight"], self.weights[name + ".bias"], **options)

    def linear(self, name, x):
        return F.linear(x, self.weights[name + ".weight"], self.weights[name + ".bias"])

    def block(self, function, name, *tensors):
        """A resnet or an attention; its activations are computed again in the backward pass where checkpoints go by block."""
        bound = lambda *given: function(name, *given)
        if self.by_block and torch.is_grad_enabled() and any(x.requires_grad for x in tensors):
            return recompute(bound, *tensors)
        return bound(*tensors)

    def resnet(self, name, x, temb, skip=None):
        if skip is not None:
            x = torch.cat([x, skip], 1)
        h = self.conv(name + ".conv1", F.silu(self.norm(name + ".norm1", x)), padding=1)
        h = h + self.linear(name + ".time_emb_proj", F.silu(temb))[:, :, None, None]
        h = self.conv(name + ".conv2", F.silu(self.norm(name + ".norm2", h)), padding=1)
        return h + (self.conv(name + ".conv_shortcut", x) if name + ".conv_shortcut.weight" in self.weights else x)

    def attention(self, name, x):
        n, c, height, width = x.shape
        heads = c // (self.config["attention_head_dim"] or c)
        y = self.norm(name + ".group_norm", x).flatten(2).transpose(1, 2)
        q, k, v = (self.linear(f"{name}.to_{p}", y).view(n, -1, heads, c // heads).transpose(1, 2) for p in "qkv")
        y = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, -1, c)
        return x + self.linear(name + ".to_out.0", y).transpose(1, 2).reshape(n, c, height, width)

    def time_embedding(self, t):
        half, config = self.config["block_out_channels"][0] // 2, self.config
        positions = torch.arange(half, device=self.device) / (half - config["freq_shift"])
        f = torch.exp(-math.log(10000) * positions) * t
        parts = [torch.cos(f), torch.sin(f)] if config["flip_sin_to_cos"] else [torch.sin(f), torch.cos(f)]
        e = torch.cat(parts)[None]
        return self.linear("time_embedding.linear_2", F.silu(self.linear("time_embedding.linear_1", e)))

    def encode(self, x, t):
        config, temb = self.config, self.time_embedding(t)
        x = self.conv("conv_in", x, padding=1)
        skips = [x]
        for b, kind in enumerate(config["down_block_types"]):
            for i in range(config["layers_per_block"]):
                x = self.block(self.resnet, f"down_blocks.{b}.resnets.{i}", x, temb)
                if kind.startswith("Attn"):
                    x = self.block(self.attention, f"down_blocks.{b}.attentions.{i}", x)
                skips.append(x)
            if b + 1 < len(config["block_out_channels"]):
                padding = config["downsample_padding"]
                padded = F.pad(x, (0, 1, 0, 1)) if padding == 0 else x
                x = self.conv(f"down_blocks.{b}.downsamplers.0.conv", padded, stride=2, padding=padding)
                skips.append(x)
        x = self.block(self.resnet, "mid_block.resnets.0", x, temb)
        if config["add_attention"]:
            x = self.block(self.attention, "mid_block.attentions.0", x)
        return self.block(self.resnet, "mid_block.resnets.1", x, temb), skips, temb

    def decode(self, h, skips, temb):
        config, x, skips = self.config, h, list(skips)
        for b, kind in enumerate(config["up_block_types"]):
            for i in range(config["layers_per_block"] + 1):
                x = self.block(self.resnet, f"up_blocks.{b}.resnets.{i}", x, temb, skips.pop())
                if kind.startswith("Attn"):
                    x = self.block(self.attention, f"up_blocks.{b}.attentions.{i}", x)
            if b + 1 < len(config["block_out_channels"]):
                up = F.interpolate(x, scale_factor=2.0, mode="nearest")
                x = self.conv(f"up_blocks.{b}.upsamplers.0.conv", up, padding=1)
        return self.conv("conv_out", F.silu(self.norm("conv_norm_out", x)), padding=1)
