"""Every file under conf/ is composed and bound to its signature; one per target runs for a step.

New files are found by themselves. What a machine without network lacks is replaced: downloaded
weights by random ones, styles by pictures made here, data by a few small photographs.
"""

from __future__ import annotations

import copy
import inspect
import json
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from hydra.utils import get_object
from omegaconf import DictConfig, OmegaConf
from PIL import Image, ImageDraw

from stylenet.apply import save_model
from stylenet.apply.model_file import build_architecture
from stylenet.data import CentreSquare, FolderData, write_litdata
from stylenet.run import train
from stylenet.run.building import instantiate

ROOT = Path(__file__).parents[1]
CONF = ROOT / "conf"
TOP_LEVEL = {"train.yaml", "evaluate.yaml"}
FILES = sorted(str(f.relative_to(CONF)) for f in CONF.rglob("*.yaml"))
# what Hydra itself is made of is no part of a run: tests/sweeps/test_launchers.py tries it
CHOICES = [f for f in FILES if f not in TOP_LEVEL and not f.startswith("hydra/")]
# what only evaluate.py takes: tests/run/test_evaluate.py tries it
EVALUATED = [f for f in CHOICES if f.startswith(("metrics/", "format/"))]
CHOICES = [f for f in CHOICES if f not in EVALUATED]
# what several files of a group have in common is no choice of its own
BASES = [f for f in CHOICES if Path(f).name.startswith("_")]
CHOICES = [f for f in CHOICES if f not in BASES]
# what the file's own choice needs beside it to be complete
NEEDS = {
    **{f"data/release/{name}.yaml": ["data=coco"] for name in ("coco2014", "coco2017", "one_file")},
    "data/video.yaml": ["loss/temporal=stills"],
    "loss_network/weights/caffe.yaml": ["loss_network=vgg16_caffe"],
    "loss_network/weights/pretrained.yaml": ["loss_network=vgg16"],
    "loss_network/weights/file.yaml": ["loss_network=squeezenet1_0"],
    "loss/inversion.yaml": ["task=invert"],
    "start/picture.yaml": [f"start.picture.path={ROOT}/experiments/zoo/sheet.jpg"],
    "content_size/whole.yaml": ["style_size.px=48"],
    "norm/conditional_instance.yaml": ["net=johnson_half"],
    "net/resnet_pruned.yaml": ["net.encoder=[3,4,6]", "net.blocks=[3,2]", "net.decoder=[4,3]"],
    "task/distill_net.yaml": ["teacher_net=udnie"],
    "maps/data.yaml": ["data=coco", "data.regions=[[person]]"],
    "regions/maps.yaml": ["regions.content=map.png", "regions.style=map.png"],
    "regions/coco.yaml": ["regions.annotations=instances.json", "regions.categories=[person]"],
}
# groups and choices of a picture that is optimised
PIXEL_GROUPS = {"content_size", "colours", "start", "scales", "regions"}
PIXEL_FILES = {f"optimizer/{name}.yaml" for name in ("lbfgs", "lbfgs_fixed", "by_size", "sgd")}
PIXEL_FILES |= {"callbacks/gatys.yaml", "data/iterations.yaml", "loss/texture.yaml"}
PIXEL_FILES |= {"loss/optimised.yaml"}
# groups and tasks of a drawing that is coloured
SKETCH_GROUPS = {"colouring", "colouring/matching"}
SKETCH_FILES = {"start/filled.yaml"}
PIXEL_TASKS = {f"stylenet.tasks.{name}" for name in ("Gatys", "Pyramid", "SketchColouring")}
# groups and choices of a loss network that is distilled
DISTILL_GROUPS = {"teacher", "student"}
DISTILL_FILES = {"callbacks/distill.yaml"}
# choices of a net of several styles
SEVERAL_TASKS = {"stylenet.tasks.MultiStyle", "stylenet.tasks.RegionStyles"}
SEVERAL_FILES = {"callbacks/several.yaml", "loss/several.yaml", "net/stylebank.yaml"}
SEVERAL_FILES |= {"net/stylebank_half.yaml", "norm/conditional_instance.yaml"}
# groups and choices of a net that paints each region in its own style
REGION_GROUPS = {"maps"}
REGION_FILES = {"callbacks/regions.yaml", "loss/region_styles.yaml"}
# choices of a generator of textures
SAMPLE_FILES = {"callbacks/samples.yaml", "data/samples.yaml", "loss/texture_net.yaml"}
SAMPLE_FILES |= {"net/texture.yaml", "loss/diversity/nearest.yaml"}
# choices of a net that paints in any style
ANY_FILES = {"loss/any_style.yaml", "net/any_style.yaml", "norm/predicted_instance.yaml"}


def trained() -> list[str]:
    """The choices that name a target which none before them names, the tasks, the publications."""
    found, known = [], set()
    for file in CHOICES:
        named = set(re.findall(r"_target_: *([\w.]+)", (CONF / file).read_text()))
        if named - known or Path(file).parent in (Path("task"), Path("recipe")):
            found.append(file)
        known |= named
    return found


TRAINED = trained()


def choice_of(file: str) -> list[str]:
    group, _, name = file.removesuffix(".yaml").rpartition("/")
    if group.partition("/")[0] in ("recipe", "experiment"):
        top, _, rest = group.partition("/")
        return [f"{top}={rest}/{name}" if rest else f"{top}={name}"]
    pixels = group in PIXEL_GROUPS or file in PIXEL_FILES
    distilled = group in DISTILL_GROUPS or file in DISTILL_FILES
    task = ["task=gatys"] if pixels else ["task=distill"] if distilled else []
    task = ["task=multistyle"] if file in SEVERAL_FILES else task
    task = ["task=sketch"] if group in SKETCH_GROUPS or file in SKETCH_FILES else task
    task = ["task=any_style"] if file in ANY_FILES else task
    task = ["task=texture_net"] if file in SAMPLE_FILES else task
    task = ["task=regions"] if group in REGION_GROUPS or file in REGION_FILES else task
    return [*task, *NEEDS.get(file, []), f"{group}={name}"]


def together(files: Iterable[str], *, mixed: bool = True) -> list[tuple[str, ...]]:
    """``files`` in batches that one run can choose: of the same needs, and of each group one.

    Data loaders are one group with all that belongs to them, and without ``mixed`` each group is:
    what lies below it may take one another's place. A publication or a study is chosen alone.
    """
    batches: dict[tuple[tuple[str, ...], int], dict[str, str]] = {}
    for file in files:
        group = str(Path(file).parent)
        needs = tuple(choice_of(file)[:-1])
        if group == "task" and file != "task/feedforward.yaml":
            needs = tuple(choice_of(file))
        slot = group if mixed and not group.startswith("data/") else group.partition("/")[0]
        if group.startswith(("recipe", "experiment")):
            needs = (file,)
        number = 0
        while slot in (batch := batches.setdefault((needs, number), {})):
            number += 1
        batch[slot] = file
    return [tuple(batch.values()) for batch in batches.values()]


def chosen(files: Iterable[str]) -> list[str]:
    """The overrides that choose ``files``, and what they need."""
    return list(dict.fromkeys(choice for file in files for choice in choice_of(file)))


def make_small(config: DictConfig) -> None:
    """One step of anything, small enough for a test."""
    trainer = {"max_steps": 1, "max_epochs": None, "log_every_n_steps": 1}
    config.trainer.update(trainer)
    for key in ("size", "val_size"):
        if key in config.data:
            config.data[key] = 64
    if "batch_size" in config.data:
        config.data.batch_size = 2
    if "num_workers" in config.data:
        config.data.num_workers = 0
    if config.get("net") is not None and "width" in config.net:
        config.net.width = 0.125
    if config.get("styles") is not None:
        config.styles.val_size = 64
        config.net.net.width = 0.125
    for size in (config.get("content_size"), config.get("style_size")):  # whichever keys it has
        for key in set(size or ()) & {"px", "height", "width"}:
            size[key] = 64


def offline(config: DictConfig, photos: Path) -> DictConfig:
    """Replace what only a network or a licence brings: weights, styles that are not found."""
    random = {"_target_": "stylenet.loss_networks.weights.RandomWeights", "seed": 0}
    if config.get("teacher") is not None:
        config.teacher.weights = random
    else:
        config.loss_network.weights = random
        several = config.task._target_ in SEVERAL_TASKS
        names = [str(photos / f"{number:02d}.jpg") for number in range(2 if several else 1)]
        config.style = names if several else names[0]
    if config.get("styles") is not None:
        config.style = None
        config.styles.roots = [str(photos)]
        config.styles.val_root = str(shutil.copytree(photos, photos.with_name("held_out")))
    if config.get("regions") is not None and "annotations" in config.regions:
        config.regions.annotations = str(write_outlines(photos / "outlines.json"))
    elif config.get("regions") is not None and "content" in config.regions:
        config.regions.content = str(write_map(photos / "content.png", 49))
        config.regions.style = str(write_map(photos / "style.png", 48))
    if "root" in config.data:
        is_litdata = config.data._target_.endswith("LitData")
        config.data.root = str(litdata_of(photos) if is_litdata else photos)
        config.data.val_count = 2
    if "roots" in config.data:
        config.data.roots = [str(photos)]
        config.data.val_root = str(shutil.copytree(photos, photos.with_name("val")))
    elif "val_root" in config.data:
        config.data.val_root = None
    if config.data._target_.endswith("ClipData"):
        config.data.root = str(moving(photos.with_name("clip"), 3))
        config.data.val_root = str(moving(photos.with_name("val_clip"), 3))
    if "release" in config.data:
        write_annotations(photos, config.data.release)
    return config


def write_annotations(photos: Path, release: DictConfig) -> None:
    """Make a data set in COCO's format of the pictures: the same for all splits of a release."""
    names = sorted(photo.name for photo in photos.glob("*.jpg"))
    images = [
        {"id": number, "file_name": name, "width": 48 + number, "height": 48}
        for number, name in enumerate(names)
    ]
    outline = {"category_id": 1, "area": 400.0, "segmentation": [[9, 9, 29, 9, 29, 29, 9, 29]]}
    people = [{"id": n, "image_id": n, **outline} for n in range(len(names))]
    categories = [{"id": 1, "name": "person"}]
    dataset = {"images": images, "annotations": people, "categories": categories}
    for split in (release.train, release.get("val")):
        if split is not None:
            file = photos / split.annotations
            file.parent.mkdir(exist_ok=True)
            file.write_text(json.dumps(dataset))
            shutil.copytree(photos, photos / split.pictures, ignore=lambda *_: ["annotations"])


def write_outlines(file: Path) -> Path:
    """COCO's instances of the pictures that run, each with a person in its middle."""
    numbers = range(2)
    outline = {"segmentation": [[8, 8, 40, 8, 40, 40, 8, 40]], "area": 1024.0, "iscrowd": 0}
    dataset = {
        "images": [
            {"id": n, "file_name": f"{n:02d}.jpg", "width": 48 + n, "height": 48} for n in numbers
        ],
        "annotations": [{"id": n, "image_id": n, "category_id": 1, **outline} for n in numbers],
        "categories": [{"id": 1, "name": "person"}],
    }
    file.write_text(json.dumps(dataset))
    return file


def write_map(file: Path, width: int) -> Path:
    """Two regions."""
    picture = Image.new("RGB", (width, 48), "red")
    picture.paste((0, 0, 255), (24, 0, width, 48))
    picture.save(file)
    return file


def litdata_of(photos: Path) -> Path:
    """The photographs as a data set in LitData's format."""
    folder = FolderData(root=str(photos), val_count=0, augment=CentreSquare())
    return write_litdata(folder.train_pictures(), photos.with_name("litdata"))


def bank_in(folder: Path) -> Path:
    """A net of one style among several, as a run leaves it."""
    folder.mkdir()
    nets = "stylenet.nets."
    architecture = {
        "_target_": f"{nets}StyleBank",
        "styles": 1,
        "width": 0.125,
        "norm": {"_target_": f"{nets}InstanceNorm", "_partial_": True},
        "padding": {"_target_": f"{nets}Padding", "margin": 0, "mode": "reflect", "residual": 1},
        "upsample": {"_target_": f"{nets}NearestUpsample", "_partial_": True},
    }
    facts = {"architecture": architecture, "styles": [{"name": "known"}]}
    save_model(folder, build_architecture(architecture), facts)
    return folder


def moving(folder: Path, count: int) -> Path:
    """A folder of frames, of a square that moves."""
    folder.mkdir()
    for number in range(count):
        page = Image.new("RGB", (64, 64), (90, 160, 220))
        ImageDraw.Draw(page).rectangle((8 + 2 * number, 8, 40, 40), fill=(200, 80, 30))
        page.save(folder / f"{number}.png")
    return folder


def write_drawing(folder: Path) -> Path:
    """A square in lines."""
    page = Image.new("L", (48, 48), 255)
    ImageDraw.Draw(page).rectangle((8, 8, 40, 40), outline=0, width=2)
    page.save(folder / "drawing.png")
    return folder / "drawing.png"


def targets(config: object) -> Iterator[DictConfig]:
    if isinstance(config, DictConfig):
        if "_target_" in config:
            yield config
        for key in config:
            yield from targets(config[key])


def check_signatures(config: DictConfig) -> None:
    """Whatever a ``_target_`` of ``config`` is given, it takes."""
    config = copy.deepcopy(config)
    OmegaConf.set_struct(config, False)
    for node in targets(config):
        target = get_object(str(node._target_))
        # budget_minutes: a wish for max_steps, which is settled before a Trainer is made
        given = {k for k in node if k not in ("_target_", "_partial_", "budget_minutes")}
        parameters = inspect.signature(target).parameters
        if not any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
            assert given <= set(parameters), node._target_


@pytest.mark.parametrize("file", EVALUATED)
def test_every_choice_of_evaluation_composes(
    file: str, composed: Callable[..., DictConfig]
) -> None:
    config = composed(*choice_of(file), config_name="evaluate")
    for group in (config.metrics, config.format):
        assert all(callable(instantiate(node)) for node in targets(group))


@pytest.mark.parametrize(
    "files", together((file for file in CHOICES if file not in TRAINED), mixed=False), ids="+".join
)
def test_every_choice_fits_its_signature(
    files: tuple[str, ...], composed: Callable[..., DictConfig]
) -> None:
    check_signatures(composed(*chosen(files)))


@pytest.mark.usefixtures("drawn_once")
@pytest.mark.parametrize("files", together(TRAINED), ids="+".join)
def test_every_target_fits_its_signature_and_trains_for_one_step(
    files: tuple[str, ...],
    composed: Callable[..., DictConfig],
    photos: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WANDB_MODE", "offline")
    run = tmp_path / "run"
    more = [f"run.dir={run}", "trainer.accelerator=cpu"]
    groups = {Path(file).parent.name for file in files}
    if "logger" not in groups:
        more.append("logger=none")
    config = composed(*chosen(files), *more)
    check_signatures(config)
    config = offline(config, photos)
    make_small(config)
    if "callbacks" not in groups and "curves" in (config.callbacks or {}):
        config.callbacks.curves = None  # half of the time of such a run
    pixels = config.task._target_ in PIXEL_TASKS
    if pixels:
        config.content = str(photos / "01.jpg")
    if config.get("clip") is not None:
        pytest.importorskip("cv2", reason="the extra video is not installed")
        pytest.importorskip("av", reason="the extra video is not installed")
        config.content = str(moving(tmp_path / "frames", 2))
        config.clip.frames = config.trainer.max_steps = 2
    if "task/add_style.yaml" in files:
        config.bank = str(bank_in(tmp_path / "bank"))
    if config.get("pyramid") is not None:
        config.trainer.max_steps = 2  # it is two transfers
    if config.get("colouring") is not None:
        config.sketch, config.reference = str(write_drawing(photos)), str(photos / "02.jpg")
        config.content = config.style = None  # they are the drawing and the reference
    loss = train(config)
    if config.get("teacher") is not None:
        assert (run / "student.safetensors").is_file()
        return
    if pixels:
        assert (run / "result.png").is_file()
        assert loss is not None
        assert loss > 0
        return
    assert (run / "model.safetensors").is_file()
    assert loss is not None
    assert loss > 0
    assert (run / "pictures" / "step_000001.png").is_file()


@pytest.mark.parametrize("base", BASES)
def test_a_base_file_serves_several_choices(base: str) -> None:
    group, name = (CONF / base).parent, Path(base).stem
    entry = re.compile(rf"^  - (/{group.relative_to(CONF)}/)?{name}\b", re.MULTILINE)
    assert sum(bool(entry.search(file.read_text())) for file in group.rglob("*.yaml")) >= 2


def test_every_group_has_a_default_that_exists(composed: Callable[..., DictConfig]) -> None:
    """In the root, or in the file of a task that takes it."""
    tasks = [file.stem for file in (CONF / "task").glob("*.yaml")]
    known = {str(key) for task in tasks for key in composed(f"task={task}")}
    known |= {str(key) for key in composed(config_name="evaluate")}
    groups = {path.name for path in CONF.iterdir() if path.is_dir()}
    assert groups - {"hydra"} <= known


def test_precedence_is_recipe_then_experiment_then_command_line(
    composed: Callable[..., DictConfig],
) -> None:
    recipe, experiment = "recipe=johnson2016", "experiment=several_styles/full"
    assert composed(recipe).trainer.max_steps == 40_000
    assert composed(recipe, experiment).trainer.max_steps == 3000
    assert composed(experiment, recipe, "trainer.max_steps=7").trainer.max_steps == 7
    assert composed(recipe, "norm=instance").norm._target_ == "stylenet.nets.InstanceNorm"


def test_a_convention_on_the_command_line_wins_over_a_recipes_reductions(
    composed: Callable[..., DictConfig],
) -> None:
    def reductions(*overrides: str) -> list[str]:
        loss = composed(*overrides).loss
        used = (loss.content_reduction, loss.terms.style.distance.reduction)
        return [str(one._target_).rpartition(".")[2] for one in used]

    gatys = ["half_sum_of_entries", "quarter_sum_of_entries"]
    for recipe in ("johnson2016", "gatys2016", "ulyanov2017/batch"):
        own = reductions(f"recipe={recipe}")
        assert own == ["mean_of_entries", "mean_of_entries"]
        assert reductions(f"recipe={recipe}", "loss/convention=gatys2016") == gatys
    assert reductions("recipe=gatys2016", "loss/convention=johnson2016")[1] == "sum_of_entries"
    single = reductions("loss/convention=gatys2016", "loss/style_reduction=mean")
    assert single == [gatys[0], "mean_of_entries"]  # what is named alone wins over a convention


RECIPES = sorted(
    str(f.relative_to(CONF / "recipe").with_suffix("")) for f in (CONF / "recipe").rglob("*.yaml")
)


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipes_loss_is_the_papers(composed: Callable[..., DictConfig], recipe: str) -> None:
    """Nothing of what is normalised by default, nor of what mends borders, gets into a recipe."""
    config = composed(f"recipe={recipe}")
    style, content = config.loss.terms.style, config.loss.terms.content
    assert style.distance._target_ == "stylenet.losses.GramDistance"
    assert content.distance._target_ == "stylenet.losses.functional.content_loss"
    assert (list(style.scales), style.margin) == ([1], 0)
    assert "pixels" not in style.layers
    assert config.loss_network.network.convolution._target_ == "torch.nn.Conv2d"
    for weight in (style.weight, content.weight, config.loss.tv_weight):
        assert weight is not None  # the paper's, not the loss network's


def test_a_norm_reaches_any_net(composed: Callable[..., DictConfig]) -> None:
    for net in ("johnson", "johnson_half"):
        built = instantiate(composed("norm=batch", f"net={net}").net)
        assert any(type(m).__name__ == "BatchNorm2d" for m in built.modules())


def test_recipes_hold_the_published_numbers(composed: Callable[..., DictConfig]) -> None:
    gatys = composed("recipe=gatys2016")
    assert gatys.task._target_ == "stylenet.tasks.Gatys"
    assert (gatys.loss.content_weight, gatys.loss.style_weight) == (1, 1000)
    assert gatys.loss.style_reduction._target_.endswith(".mean_of_entries")
    assert gatys.optimizer.line_search_fn is None
    assert gatys.trainer.max_steps == 500
    shorter = {"_target_": "stylenet.images.ShorterSide", "px": 512}
    assert gatys.content_size == gatys.style_size == shorter
    udnie = composed("recipe=johnson2016/udnie_instance")
    assert (udnie.loss.content_weight, udnie.loss.style_weight) == (0.5, 10)
    assert udnie.loss.tv_weight == pytest.approx(1e-6 * 255**2 / 2 * 4 * 3 * 256**2, rel=1e-4)
    assert (udnie.net.width, udnie.net.padding.margin, udnie.style_size.px) == (0.5, 40, 256)
    assert udnie.norm._target_ == "stylenet.nets.InstanceNorm"
    examples = composed("recipe=pytorch_examples")
    assert (examples.loss.content_weight, examples.loss.style_weight) == (1e5, 1e10)
    assert list(examples.loss.content_layers) == ["relu2_2"]
    engstrom = composed("recipe=engstrom2016")
    assert (engstrom.loss.content_weight, engstrom.loss.style_weight) == (7.5, 100)
    assert engstrom.loss.tv_weight == pytest.approx(200 * 255**2)
    assert (engstrom.norm.eps, engstrom.net.width) == (1e-3, 1)
    assert list(engstrom.loss.content_layers) == ["relu4_2"]
    squared = composed("loss=squared", "loss_network=vgg19_caffe", "loss_network.weights.path=x")
    own = ("style_layers", "content_layers", "style_scales", "style_margin")
    assert {k: squared.loss[k] for k in own} == {k: engstrom.loss[k] for k in own}
    ulyanov = composed("recipe=ulyanov2017")
    assert (ulyanov.data.batch_size, ulyanov.scheduler.gamma) == (1, 0.8)
    assert ulyanov.trainer.max_steps == 25 * 2000
    batch = composed("recipe=ulyanov2017/batch")
    for recipe in (ulyanov, batch):
        assert recipe.style_size == {"_target_": "stylenet.images.LongerSide", "px": 256}
        assert recipe.data.augment.flip == 0
    assert ulyanov.data.augment._target_ == "stylenet.data.RandomCrop"
    assert list(ulyanov.data.augment.scale) == pytest.approx([256 / 480, 256 / 427], abs=1e-3)
    assert batch.data.augment == {"_target_": "stylenet.data.WholeSquare", "flip": 0.0}
    assert (batch.data.size, batch.data.batch_size) == (256, 4)
