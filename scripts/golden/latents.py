"""Latent models: a small UNet with the autoencoder that decodes its samples; see make.py.

Beyond what every variant has, golden.safetensors holds `decoded` (of `x`, scaled as diffusers' pipelines do), its VJP
`grad_decoded` with `image_cotangent`, and `encoded` (of `image`, scaled likewise; the mean of a variational encoder).
"""

import torch
from diffusers import AutoencoderKL, VQModel
from options import SMALL, sharpen
from safetensors.torch import load_file, save_file

UNET = dict(SMALL, block_out_channels=(4, 8), resnet_time_scale_shift="default")
BLOCKS = dict(block_out_channels=(4, 8), norm_num_groups=2)

LATENTS = {
    # Rounded to a codebook of wider entries than the decoder's latents, attention in one level of each half.
    "latent-vq": (
        dict(UNET, in_channels=4, out_channels=4),
        VQModel, "vqvae",
        dict(BLOCKS, latent_channels=3, vq_embed_dim=4, num_vq_embeddings=50, scaling_factor=0.7, layers_per_block=1,
             down_block_types=("DownEncoderBlock2D", "AttnDownEncoderBlock2D"),
             up_block_types=("AttnUpDecoderBlock2D", "UpDecoderBlock2D")),
    ),
    # Four channels that are not rounded, one-channel images, moments of each channel.
    "latent-kl": (
        dict(UNET, in_channels=4, out_channels=4),
        AutoencoderKL, "vae",
        dict(BLOCKS, in_channels=1, out_channels=1, layers_per_block=2, act_fn="gelu", scaling_factor=0.5,
             latents_mean=[0.1, -0.2, 0.3, 0.0], latents_std=[0.8, 1.1, 1.3, 0.9],
             down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2),
    ),
    # A shift for all channels, no attention, no convolutions around the latents.
    "latent-kl-shift": (
        dict(UNET, in_channels=2, out_channels=2),
        AutoencoderKL, "vae",
        dict(BLOCKS, latent_channels=2, shift_factor=0.3, scaling_factor=1.5, mid_block_add_attention=False,
             use_quant_conv=False, use_post_quant_conv=False,
             down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2),
    ),
}


def scaling(config):
    """Mean and deviation of latents before the UNet sees them."""
    column = lambda values: torch.tensor(values).reshape(1, -1, 1, 1)
    mean = column(getattr(config, "latents_mean", None) or [getattr(config, "shift_factor", None) or 0.0])
    deviation = column(getattr(config, "latents_std", None) or [1.0])
    return mean, deviation / config.scaling_factor


def latent(name, unet, kind, subfolder, options):
    from make import ROOT, variant

    folder = ROOT / "variants" / name
    variant(name, unet, dict(), None, sharpen)
    torch.manual_seed(1)
    autoencoder = kind(**options).eval().requires_grad_(False)
    sharpen(autoencoder)
    if kind is VQModel:
        torch.nn.init.normal_(autoencoder.quantize.embedding.weight)
    autoencoder.save_pretrained(folder / subfolder)
    out = load_file(folder / "golden.safetensors")
    mean, deviation = scaling(autoencoder.config)
    x = out["x"].clone().requires_grad_()
    decoded = autoencoder.decode(x * deviation + mean).sample
    image, cotangent = (torch.randn(decoded.shape) for _ in range(2))
    (grad,) = torch.autograd.grad(decoded, x, cotangent)
    encoded = autoencoder.encode(image)
    latents = encoded.latents if kind is VQModel else encoded.latent_dist.mean
    out.update(image=image, image_cotangent=cotangent, decoded=decoded.detach(), grad_decoded=grad,
               encoded=(latents - mean) / deviation)
    save_file({key: value.contiguous().float() for key, value in out.items()}, folder / "golden.safetensors")


def latents():
    for name, options in LATENTS.items():
        latent(name, *options)


if __name__ == "__main__":
    latents()
