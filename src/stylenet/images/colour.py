"""Keeping a photograph's colours in its stylised image (Gatys et al. 2016, arXiv:1606.05897).

A rule acts twice: ``before`` prepares what the loss compares, ``after`` finishes the result. All
pictures are (1,3,H,W) in [0,1]; content and style may differ in size.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

# Y, I and Q of NTSC television, as scikit-image's rgb2yiq: rows applied to R, G, B
_YIQ = (
    (0.299, 0.587, 0.114),
    (0.59590059, -0.27455667, -0.32134392),
    (0.21153661, -0.52273617, 0.31119955),
)


class Colours(Protocol):
    """What becomes of the colours."""

    def before(self, content: Tensor, style: Tensor) -> tuple[Tensor, Tensor]:
        """Content and style as the loss is to see them."""
        ...

    def after(self, result: Tensor, content: Tensor) -> Tensor:
        """The optimised image, finished with the help of the content of the same size."""
        ...

    def recolour(self, painted: Tensor, content: Tensor) -> Tensor:
        """An image that was painted without this rule, with its colours, by the content's."""
        ...


class StyleColours:
    """The style's colours, as they come: nothing is changed."""

    def before(self, content: Tensor, style: Tensor) -> tuple[Tensor, Tensor]:
        """Both as they are."""
        return content, style

    def after(self, result: Tensor, content: Tensor) -> Tensor:
        """The result as it is."""
        del content
        return result

    def recolour(self, painted: Tensor, content: Tensor) -> Tensor:
        """The image as it is."""
        del content
        return painted


class LuminanceOnly:
    """Only luminance is transferred; the result gets the content's chrominance (section 3.2).

    The loss sees grey images, the style's luminance brought to the content's mean and std.
    """

    def before(self, content: Tensor, style: Tensor) -> tuple[Tensor, Tensor]:
        """Content and style in grey."""
        grey, painted = _luminance(content), _luminance(style)
        spread = grey.std(correction=0) / painted.std(correction=0).clamp_min(1e-6)
        painted = (painted - painted.mean()) * spread + grey.mean()
        return grey.expand_as(content), painted.clamp(0, 1).expand_as(style)

    def after(self, result: Tensor, content: Tensor) -> Tensor:
        """The result's luminance with the content's chrominance."""
        yiq = to_yiq(content)
        return from_yiq(torch.cat([_luminance(result), yiq[:, 1:]], 1)).clamp(0, 1)

    def recolour(self, painted: Tensor, content: Tensor) -> Tensor:
        """As `after`."""
        return self.after(painted, content)


class _MatchedStyle:
    """The style image's colours are matched to the content's beforehand (section 3.1)."""

    def before(self, content: Tensor, style: Tensor) -> tuple[Tensor, Tensor]:
        """The content as it is, the style recoloured."""
        return content, self._match(style, content)

    def after(self, result: Tensor, content: Tensor) -> Tensor:
        """The result as it is."""
        del content
        return result

    def recolour(self, painted: Tensor, content: Tensor) -> Tensor:
        """The image matched to the content, as the style would have been."""
        return self._match(painted, content)

    def _match(self, style: Tensor, content: Tensor) -> Tensor:
        raise NotImplementedError


class MatchedHistograms(_MatchedStyle):
    """The style image gets the content's histogram in each of the three channels."""

    def _match(self, style: Tensor, content: Tensor) -> Tensor:
        # here, since no other use of images needs it
        from skimage.exposure import match_histograms

        arrays = [p[0].detach().cpu().permute(1, 2, 0).double().numpy() for p in (style, content)]
        matched = torch.from_numpy(match_histograms(*arrays, channel_axis=2))
        return matched.permute(2, 0, 1)[None].to(style).clamp(0, 1)


class MatchedCovariance(_MatchedStyle):
    """The style image gets the content's mean and covariance of colours, by a linear map.

    The map is the one of section 3.1 that keeps axes: S_c^(1/2) S_s^(-1/2). Values that leave
    [0,1] are clamped.
    """

    def _match(self, style: Tensor, content: Tensor) -> Tensor:
        return match_covariance(style, content).clamp(0, 1)


def match_covariance(style: Tensor, content: Tensor, eps: float = 1e-8) -> Tensor:
    """``style`` with the mean and covariance of ``content``'s colours: (1,3,H,W), not clamped."""
    source, target = (p.double().flatten(2)[0] for p in (style, content))
    means = [colours.mean(1, keepdim=True) for colours in (source, target)]
    centred = [colours - mean for colours, mean in zip((source, target), means, strict=True)]
    values = [torch.linalg.eigh(c @ c.T / c.shape[1]) for c in centred]
    inverse, root = (
        (vectors * (spread.clamp_min(0) + eps) ** power) @ vectors.T
        for (spread, vectors), power in zip(values, (-0.5, 0.5), strict=True)
    )
    matched: Tensor = root @ inverse @ centred[0] + means[1]
    return matched.reshape(style.shape).to(style)


def to_yiq(image: Tensor) -> Tensor:
    """RGB (N,3,H,W) in [0,1] -> luminance in [0,1] and two channels of chrominance."""
    return torch.einsum("ij,njhw->nihw", torch.tensor(_YIQ).to(image), image)


def from_yiq(image: Tensor) -> Tensor:
    """The inverse of `to_yiq`, not clamped."""
    inverse = torch.linalg.inv(torch.tensor(_YIQ, dtype=torch.float64)).to(image)
    return torch.einsum("ij,njhw->nihw", inverse, image)


def _luminance(image: Tensor) -> Tensor:
    return to_yiq(image)[:, :1]
