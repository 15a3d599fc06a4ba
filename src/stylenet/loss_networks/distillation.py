"""What a student has to learn: a teacher's standardised features, and its softened logits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from stylenet.errors import StylenetError
from stylenet.loss_networks.geometry import Grid, overlap
from stylenet.loss_networks.network import LossNetwork
from stylenet.loss_networks.student import Student

LOGITS = "logits"
# A channel whose std is below this fraction of its layer's mean std is dead, or nearly:
# standardising it would make noise of it.
DEAD = 1e-3
# Ridge, as a fraction of the student's mean variance a channel: features may be linearly dependent.
RIDGE = 1e-4


class Adaptor(nn.Module):
    """A 1x1 convolution from a student's layer to a teacher's standardised features.

    Args:
        width: channels of the student's layer.
        channels: of the teacher's; of these, all but constant ones are left out by `fit`.
        mine: grid of the student's layer.
        theirs: grid of the teacher's layer.
    """

    def __init__(self, width: int, channels: int, mine: Grid, theirs: Grid) -> None:
        super().__init__()
        self.mine, self.theirs = mine, theirs
        self.map = nn.Conv2d(width, channels, 1)
        self.mean: Tensor
        self.scale: Tensor
        self.register_buffer("mean", torch.zeros(channels, 1, 1))
        self.register_buffer("scale", torch.ones(channels, 1, 1))

    def forward(self, features: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Prediction and standardised target, (N,C,H,W) each, where both layers have cells."""
        features, target = overlap(features, self.mine, target, self.theirs)
        return self.map(features).float(), (target.float() - self.mean) * self.scale

    @torch.no_grad()
    def fit(self, moments: Moments) -> None:
        """Set the target's mean and std, and the map where ridge regression puts it.

        Args:
            moments: of rows that hold both layers' channels, aligned.
        """
        width = self.map.in_channels
        mean, covariance = moments.mean, moments.covariance
        std = covariance.diagonal()[width:].clamp(min=0).sqrt()
        alive = std > DEAD * std.mean()
        scale = torch.where(alive, 1 / std.clamp(min=1e-12), 0)
        mine, shared = covariance[:width, :width], covariance[:width, width:]
        ridge = RIDGE * mine.diagonal().mean() * torch.eye(width).to(mine)
        weight = (torch.linalg.solve(mine + ridge, shared) * scale).T
        self.mean.copy_(mean[width:, None, None])
        self.scale.copy_(scale[:, None, None])
        self.map.weight.copy_(weight[..., None, None])
        assert self.map.bias is not None
        self.map.bias.copy_(-weight @ mean[:width])


class Moments:
    """Mean and covariance of rows that come in batches."""

    def __init__(self) -> None:
        self._products: Tensor | float = 0.0
        self._count = 0

    def add(self, features: Tensor) -> None:
        """Take in every cell of (N,C,H,W) as a row of C numbers."""
        rows = features.movedim(1, -1).flatten(0, -2).float()
        rows = torch.cat([rows, torch.ones_like(rows[:, :1])], dim=1)
        self._products = self._products + (rows.T @ rows).double()
        self._count += len(rows)

    @property
    def mean(self) -> Tensor:
        """(C,)."""
        return torch.as_tensor(self._products)[:-1, -1] / self._count

    @property
    def covariance(self) -> Tensor:
        """(C,C)."""
        return torch.as_tensor(self._products)[:-1, :-1] / self._count - self.mean.outer(self.mean)


class Distillation(nn.Module):
    """The student's loss under a teacher; its adaptors are discarded afterwards.

    Feature terms: the mean square of what an adaptor misses of the teacher's standardised features.
    Logit term: Kullback-Leibler divergence of the two softened distributions times the temperature
    squared (Hinton et al. 2015, arXiv:1503.02531, section 2), the student's logits being a dense
    layer on its deepest layer's mean over all cells. It is off where the teacher has no classifier.

    Args:
        student: whose features are judged.
        teacher: frozen.
        pairs: student's layer -> teacher's layer.
        weights: student's layer -> weight of its term; 1 where not named.
        logit_weight: of the logit term.
        temperature: divides both logits.

    Raises:
        StylenetError: a layer that the student lacks.
        LossNetworkError: one that the teacher lacks.
    """

    def __init__(
        self,
        student: Student,
        teacher: LossNetwork,
        pairs: Mapping[str, str],
        weights: Mapping[str, float] | None = None,
        logit_weight: float = 0.3,
        temperature: float = 3.0,
    ) -> None:
        super().__init__()
        unknown = [name for name in {**pairs, **(weights or {})} if name not in student.layer_names]
        if unknown or not pairs:
            raise StylenetError(
                f"The student {student.name} has no layer {', '.join(unknown) or 'to be judged'}.",
                f"Name pairs of its layers: {', '.join(student.layer_names)}.",
            )
        self.teacher = teacher
        self.pairs = {mine: teacher.resolve(theirs) for mine, theirs in pairs.items()}
        self.weights = {mine: (weights or {}).get(mine, 1.0) for mine in pairs}
        self.logit_weight = logit_weight
        self.temperature = temperature
        channels = _widths(teacher, self.pairs.values())
        self.adaptors = nn.ModuleDict(
            {
                mine: Adaptor(
                    student.width(mine), channels[theirs], student.grid(mine), teacher.grid(theirs)
                )
                for mine, theirs in self.pairs.items()
            }
        )
        self.deepest = max(self.pairs, key=student.layer_names.index)
        self._wanted = set(self.pairs.values())
        self.head: nn.Linear | None = None
        if teacher.classifier is not None and logit_weight > 0:
            self._wanted.add(teacher.layer_names[-1])
            classes = teacher.classifier.classes
            self.head = nn.Linear(student.width(self.deepest), classes)
            # whatever the student knows is not disturbed by a head that knows nothing
            nn.init.zeros_(self.head.weight)
            nn.init.zeros_(self.head.bias)

    @torch.no_grad()
    def fit(self, student: Student, batches: Iterable[Tensor]) -> None:
        """Measure the teacher's features, begin with the best maps for ``student`` as it is.

        Args:
            student: in its first state.
            batches: images (N,3,H,W) in [0,1].
        """
        moments = {mine: Moments() for mine in self.pairs}
        for image in batches:
            features, taught = student(image, list(self.pairs)), self._teach(image)
            for mine, theirs in self.pairs.items():
                adaptor = self._adaptor(mine)
                pair = overlap(features[mine], adaptor.mine, taught[theirs], adaptor.theirs)
                moments[mine].add(torch.cat(pair, dim=1))
        for mine in self.pairs:
            self._adaptor(mine).fit(moments[mine])

    def predict(self, student: Student, image: Tensor) -> dict[str, tuple[Tensor, Tensor]]:
        """Student's layer -> prediction and standardised target, (N,C,H,W) each."""
        return self._predict(student(image, list(self.pairs)), self._teach(image))

    def forward(self, student: Student, image: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """The weighted sum, and each term without its weight, for images (N,3,H,W) in [0,1]."""
        features, taught = student(image, list(self.pairs)), self._teach(image)
        terms = {
            mine: functional.mse_loss(*pair)
            for mine, pair in self._predict(features, taught).items()
        }
        total = torch.stack([self.weights[mine] * term for mine, term in terms.items()]).sum()
        if self.head is not None:
            assert self.teacher.classifier is not None
            with torch.no_grad():
                wanted = self.teacher.classifier(taught[self.teacher.layer_names[-1]])
            given = self.head(features[self.deepest].mean((2, 3)))
            terms[LOGITS] = softened(given.float(), wanted.float(), self.temperature)
            total = total + self.logit_weight * terms[LOGITS]
        return total, terms

    def _adaptor(self, layer: str) -> Adaptor:
        adaptor = self.adaptors[layer]
        assert isinstance(adaptor, Adaptor)
        return adaptor

    @torch.no_grad()
    def _teach(self, image: Tensor) -> dict[str, Tensor]:
        features: dict[str, Tensor] = self.teacher(image, self._wanted)
        return features

    def _predict(
        self, features: Mapping[str, Tensor], taught: Mapping[str, Tensor]
    ) -> dict[str, tuple[Tensor, Tensor]]:
        return {
            mine: self.adaptors[mine](features[mine], taught[theirs])
            for mine, theirs in self.pairs.items()
        }


def softened(given: Tensor, wanted: Tensor, temperature: float) -> Tensor:
    """Divergence of the ``given`` logits from the ``wanted`` ones, (N,classes), both softened."""
    divergence = functional.kl_div(
        functional.log_softmax(given / temperature, dim=1),
        functional.log_softmax(wanted / temperature, dim=1),
        reduction="batchmean",
        log_target=True,
    )
    return divergence * temperature**2


def _widths(network: LossNetwork, layers: Iterable[str]) -> dict[str, int]:
    size = 64  # large enough for the deepest layer of any of our networks
    with torch.no_grad():
        features = network(torch.zeros(1, 3, size, size), set(layers))
    return {name: value.shape[1] for name, value in features.items()}
