"""A trained net made smaller: what channels it needs least are taken out of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from stylenet.apply.model_file import Model, build_architecture
from stylenet.errors import StylenetError
from stylenet.images import reference_photographs
from stylenet.nets import TransformerNet
from stylenet.nets.channels import (
    channel_counts,
    kept_channels,
    multiply_adds,
    pruned_state,
    score,
    sizes_of,
)

STEPS = 4  # how often channels are scored anew
WIDTHS = ("width", "blocks", "block")  # what an architecture of the whole net says of channels


def prune(
    model: Model, keep: float, multiple: int = 4, images: Sequence[Tensor] | None = None
) -> tuple[TransformerNet, dict[str, Any]]:
    """A `PrunedNet` with the channels that ``model`` needs most, and what `save_model` takes.

    Take ``keep`` in two or three rounds, and train the net for a while after each
    (``net=resnet_pruned init=<pruned net>``).

    Args:
        model: a net of one style with instance norm.
        keep: fraction of the multiplications that is to be left, above 0 and below 1.
        multiple: of which numbers of channels are, at least one.
        images: (1,3,H,W) in [0,1] each, on which channels are judged; photographs that come with
            scikit-image if None.

    Raises:
        StylenetError: another fraction, or a net that cannot be pruned (`groups_of`).
    """
    if not isinstance(model.net, TransformerNet) or model.styles:
        raise StylenetError(
            f"Got {type(model.net).__name__} of {model.path}, expected a net for one style.",
            "Prune one of net=johnson, net=johnson_half or net=resnet_pruned with norm=instance.",
        )
    if not 0 < keep < 1:
        raise StylenetError(f"Got keep={keep}, expected between 0 and 1.", "Use 0.5, for instance.")
    images = reference_photographs() if images is None else images
    net, settings = model.net, dict(model.description["architecture"])
    settings = {k: v for k, v in settings.items() if k not in WIDTHS}
    first = now = multiply_adds(*sizes_of(channel_counts(net)))
    for step in range(1, STEPS + 1):
        left = first * keep ** (step / STEPS) / now
        if left >= 1:
            continue
        found = score(net, images)
        kept = kept_channels(found.matters, left, multiple)
        encoder, blocks, decoder = sizes_of({name: len(own) for name, own in kept.items()})
        settings |= {"_target_": "stylenet.nets.PrunedNet", "encoder": encoder}
        settings |= {"blocks": blocks, "decoder": decoder}
        smaller = build_architecture(settings, model.packages)
        assert isinstance(smaller, TransformerNet)
        smaller.load_state_dict(pruned_state(net, kept, found.means))
        net, now = smaller.eval().requires_grad_(False), multiply_adds(encoder, blocks, decoder)
    description = {k: v for k, v in model.description.items() if k == "style"}
    pruned = {"of": model.name, "multiplications": now / first}
    return net, {"architecture": settings, **description, "pruned": pruned}
