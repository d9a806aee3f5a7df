"""Variants with the options of UNet2DModel that are rare: see make.py, which these are made by."""

import torch

# Of four channels a level: an option shows in a small model as in a large one.
SMALL = dict(norm_num_groups=2, attention_head_dim=4)

# name: options of the UNet, options of the schedule, class that is sampled.
OPTIONS = {
    # Every kind of halving and doubling, one channel, not square, a learned table of timesteps.
    "resampling-gelu": (
        dict(SMALL, sample_size=(8, 16), in_channels=1, out_channels=1, block_out_channels=(4, 4, 8, 8),
             down_block_types=("DownBlock2D", "ResnetDownsampleBlock2D", "AttnDownBlock2D", "DownBlock2D"),
             up_block_types=("UpBlock2D", "AttnUpBlock2D", "ResnetUpsampleBlock2D", "UpBlock2D"),
             downsample_type="resnet", upsample_type="resnet", resnet_time_scale_shift="scale_shift", act_fn="gelu",
             time_embedding_type="learned", num_train_timesteps=1000, dropout=0.1),
        dict(prediction_type="v_prediction"), None,
    ),
    # Fourier features (which have no timestep 0), heads that do not divide the channels, groups of the mid attention.
    "fourier-mish": (
        dict(SMALL, block_out_channels=(4, 8), attention_head_dim=3, act_fn="mish", time_embedding_type="fourier",
             resnet_time_scale_shift="scale_shift", attn_norm_num_groups=4, downsample_type="resnet",
             down_block_types=("AttnDownBlock2D", "ResnetDownsampleBlock2D"), up_block_types=("AttnUpBlock2D", "UpBlock2D")),
        dict(steps_offset=1), None,
    ),
    # Classes from a table, four channels, an embedding of its own width, a 2022 name of a block.
    "classes-relu": (
        dict(SMALL, in_channels=4, out_channels=4, block_out_channels=(4, 8), act_fn="relu", num_class_embeds=5,
             time_embedding_dim=12, down_block_types=("UNetResDownBlock2D", "UNetResAttnDownBlock2D"),
             up_block_types=("UNetResAttnUpBlock2D", "UNetResUpBlock2D")),
        dict(), 3,
    ),
    # Classes embedded like a timestep, and no mid block.
    "classes-no-mid": (
        dict(SMALL, block_out_channels=(4, 8), mid_block_type=None, class_embed_type="timestep"), dict(), 7,
    ),
}


def sharpen(unet):
    """Norms start at 1 and 0, where a swapped factor would not show; Fourier frequencies at 16, where float32 is noise."""
    for name, parameter in unet.named_parameters():
        if name == "time_proj.weight" and parameter.dim() == 1:
            parameter.mul_(0.05)
        elif "norm" in name:
            torch.nn.init.uniform_(parameter, 0.4, 1.2)


def options():
    from make import variant

    for name, (unet, schedule, label) in OPTIONS.items():
        variant(name, unet, schedule, label, sharpen)


if __name__ == "__main__":
    options()
