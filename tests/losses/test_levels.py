"""LevelsTerm: each layer is compared with a picture of its own."""

from __future__ import annotations

import pytest
import torch

from stylenet.losses import LayerWeightsError, LevelsTerm, PerceptualLoss
from stylenet.losses.functional import relative_content_loss


def pictures(count: int) -> list[torch.Tensor]:
    return list(torch.rand(count, 1, 3, 8, 6, generator=torch.Generator().manual_seed(0)))


def test_each_layer_has_the_target_of_its_own_picture(fake_network) -> None:
    fine, coarse, image = pictures(3)
    levels = {"one": fine, "two": coarse}
    term = LevelsTerm(fake_network, levels, 5.0, [1.0, 0.5], relative_content_loss)
    assert not term.state_dict()
    fake_network.calls.clear()
    loss = PerceptualLoss({"content": term}, fake_network)
    parts = loss(image, torch.zeros_like(image)).parts
    assert fake_network.calls == [("one", "two")]  # none of the content picture
    for layer, target, weight in (("one", fine, 5.0), ("two", coarse, 2.5)):
        found, wanted = (fake_network(picture, [layer])[layer] for picture in (image, target))
        value = weight * relative_content_loss(found, wanted).mean()
        torch.testing.assert_close(parts[f"content/{layer}"], value)
    at_fine = loss(fine, fine).parts
    assert at_fine["content/one"] == 0 < at_fine["content/two"]


def test_weights_and_layers_must_match(fake_network) -> None:
    with pytest.raises(LayerWeightsError, match="content"):
        LevelsTerm(fake_network, dict(zip(("one", "two"), pictures(2), strict=True)), 1.0, [1.0])
