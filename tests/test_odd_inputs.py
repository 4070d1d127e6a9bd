"""What people hand in by mistake ends in a result or in a refusal of one line."""

import io
import random
import warnings
import zipfile
from pathlib import Path

import keras
import matplotlib.pyplot as plt
import numpy as np
import pooch
import pytest
import requests
import tensorflow as tf
from PIL import Image

from mnist_tutorial import (
    datasets,
    diagnosis,
    downloads,
    evaluation,
    inspection,
    models,
    overfitting,
    playground,
    plots,
    robustness,
    scenes,
    scratch,
    training,
    widgets,
)
from mnist_tutorial.errors import InputError
from mnist_tutorial.playground.playground import Playground

rng = np.random.default_rng(0)
IMAGES = rng.random((6, 28, 28, 1), dtype=np.float32)
LABELS = np.array([0, 1, 2, 1, 0, 2])
LOGITS = rng.normal(size=(6, 3))
FITTING = np.append(LOGITS[:5].argmax(axis=1), LOGITS[5].argmin())
PROBABILITIES = evaluation.softmax(LOGITS)
SCORES = PROBABILITIES[:, 1]
BINARY = LABELS % 2
MASKS = rng.integers(0, 3, (2, 8, 8))
NETWORK = scratch.Network([scratch.Dense(rng.normal(size=(3, 3)), np.zeros(3))])


@pytest.fixture(scope="module")
def model():
    convolution = keras.layers.Conv2D(2, 25, activation="relu", name="conv")
    layers = [convolution, keras.layers.Flatten(), keras.layers.Dense(10)]
    return keras.Sequential([keras.Input((28, 28, 1)), *layers])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a folder with two small archives; no other comes over the network."""

    def refuse(*_, **__):
        raise requests.ConnectionError("nobody\nanswers")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pooch, "HTTPDownloader", lambda **_: refuse)
    monkeypatch.setattr(pooch, "os_cache", lambda _: tmp_path / "cache")
    arrays = {f"{part}_images": PIXELS for part in ("train", "val", "test")}
    arrays |= {f"{part}_labels": LABELS[:, None] for part in ("train", "val", "test")}
    npz, archive, picture = io.BytesIO(), io.BytesIO(), io.BytesIO()
    np.savez(npz, **arrays)
    Image.fromarray(PIXELS[0]).convert("RGB").save(picture, "png")
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("GTSRB/00007/00000_00000.ppm", picture.getvalue())
        table = "Filename;ClassId\n00000_00000.ppm;7\n"
        file.writestr("GTSRB/00007/GT-00007.csv", table)
    given = tmp_path / "given"
    given.mkdir()
    for name, content in (("dermamnist", npz), ("gtsrb", archive)):
        path = given / downloads.ARCHIVES[name].file_name
        path.write_bytes(content.getvalue())
        known = downloads.ARCHIVES[name]._replace(md5=pooch.file_hash(path, "md5"))
        monkeypatch.setitem(downloads.ARCHIVES, name, known)
    return given


@pytest.fixture(autouse=True)
def without_graphs():
    """Let a network train at once; to trace its step would take most of the time."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


MODEL = object()  # the fixtures, where they are handed in
FOLDER, FILE = Path("given"), Path("given/page.html")
PIXELS = (255 * IMAGES[..., 0]).astype(np.uint8)
PAGE = Playground("playground", {"name": "page"}, {})
PAIR = (IMAGES, LABELS)
HISTORY = {name: [2.0, 1.0] for name in ("loss", "val_loss")}
HISTORY |= {name: [0.3, 0.6] for name in ("accuracy", "val_accuracy")}
# fmt: off
CALLS = [
    (datasets.split_validation, [IMAGES, LABELS], {"val_fraction": 0.5, "seed": 0}),
    (datasets.take_subset, [IMAGES, LABELS, 3], {"seed": 0}),
    (diagnosis.diagnose, [HISTORY, MODEL],
     {"train_data": PAIR, "validation_data": PAIR}),
    (diagnosis.break_run, ["softmax_twice", models.build_linear, PAIR, PAIR],
     {"epochs": 1, "seed": 0}),
    (downloads.load_medmnist, ["dermamnist"], {"folder": FOLDER}),
    (downloads.load_gtsrb, [], {"folder": FOLDER, "size": 8}),
    (evaluation.roc_auc, [BINARY, SCORES], {}),
    (evaluation.softmax, [LOGITS], {}),
    (evaluation.log_loss, [LABELS, PROBABILITIES], {}),
    (evaluation.reliability, [LABELS, PROBABILITIES], {}),
    (evaluation.expected_calibration_error, [LABELS, PROBABILITIES], {}),
    (evaluation.fit_temperature, [FITTING, LOGITS], {}),
    (evaluation.mcnemar, [LABELS, LABELS, LABELS[::-1]], {}),
    (evaluation.accuracy, [LABELS, LABELS[::-1]], {}),
    (evaluation.confusion_matrix, [LABELS, LABELS], {"num_classes": 3}),
    (evaluation.mean_interval, [SCORES], {}),
    (evaluation.wilson_interval, [3, 6], {}),
    (evaluation.intersection_over_union, [MASKS, MASKS], {"num_classes": 3}),
    (evaluation.predict_classes, [MODEL, IMAGES], {"batch_size": 4}),
    (evaluation.worst_errors, [LABELS, LOGITS], {"count": 2}),
    (inspection.feature_maps, [MODEL, IMAGES, "conv"], {}),
    (inspection.occlusion, [MODEL, IMAGES[0], 1], {"size": 9, "stride": 9, "fill": 0}),
    (inspection.saliency, [MODEL, IMAGES, LABELS], {}),
    (inspection.guided_backprop, [MODEL, IMAGES, LABELS], {}),
    (inspection.grad_cam, [MODEL, IMAGES, LABELS, "conv"], {}),
    (inspection.randomize_weights, [MODEL], {"seed": 0, "layers": ["conv"]}),
    (inspection.map_layers, [MODEL], {}),
    (models.build_mlp, [16], {}),
    (models.count_multiply_adds, [MODEL], {}),
    (overfitting.build_regularized_cnn, [],
     {"dropout_rate": 0.2, "weight_decay": 0.1, "augment": None}),
    (playground.export_network, [MODEL], {"weights": "float32"}),
    (playground.playground, [MODEL], {"weights": "float16"}),
    (PAGE.save, [FILE], {}),
    (playground.descent_explorer, [SCORES, SCORES], {}),
    (playground.kernel_explorer, [IMAGES], {}),
    (playground.threshold_explorer, [BINARY, SCORES], {"cost_of_miss": 10}),
    (plots.plot_digits, [IMAGES[:2], ["a", "b"]], {"columns": 2, "marked": [True] * 2}),
    (plots.plot_history, [{"loss": [2.0, 1.0], "accuracy": [0.3, 0.6]}], {}),
    (plots.plot_losses, [{"SGD": [2.0, 1.0, 0.5]}], {"window": 2}),
    (robustness.add_random_signs, [IMAGES], {"epsilon": 0.1, "seed": 0}),
    (robustness.fgsm, [MODEL, IMAGES, LABELS], {"epsilon": 0.1}),
    (scenes.make_driving_scenes, [1], {"seed": 0, "weather": "fog", "occlusion": 0.1}),
    (scenes.make_lesions, [1], {"seed": 0, "size": 32, "prevalence": 0.5}),
    (scenes.make_clips, [1], {"seed": 0, "light": "steady"}),
    (scratch.numerical_gradient, [np.sum, LOGITS], {}),
    (scratch.gradient_check, [scratch.ReLU(), LOGITS], {"max_entries": 3}),
    (scratch.Dense, [np.ones((3, 2)), np.ones(2)], {}),
    (scratch.Conv2D, [np.ones((3, 3, 1, 2)), np.ones(2)], {}),
    (scratch.MaxPool2D, [2], {}),
    (scratch.softmax_cross_entropy, [LOGITS, LABELS], {}),
    (scratch.build_cnn, [0], {}),
    (scratch.Network, [[scratch.ReLU()]], {}),
    (scratch.from_keras, [MODEL], {}),
    (scratch.SGD, [0.1], {}),
    (scratch.Adam, [0.1], {}),
    (scratch.train, [NETWORK, LOGITS, LABELS],
     {"epochs": 1, "batch_size": 3, "optimizer": scratch.SGD(0.1), "seed": 0}),
    (training.make_schedule, ["one_cycle", 0.1, 5], {}),
    (training.train, [MODEL, IMAGES, LABELS],
     {"validation_data": PAIR, "learning_rate": 0.1, "schedule": "constant",
      "shuffle": True, "steps_per_execution": 1, "callbacks": [],
      "epochs": 1, "batch_size": 6, "seed": 0}),
    (training.train_fast, [MODEL, IMAGES, LABELS], {"epochs": 1, "seed": 0}),
    (widgets.feature_map_browser, [MODEL, IMAGES], {}),
]


def odd_arrays(array):
    nan = array.astype(float)
    nan.flat[0] = np.nan
    ragged = array.tolist()
    if array.ndim > 1:
        ragged[0] = ragged[0][:-1]
    one_hot = np.eye(10)[np.resize(array, 6).astype(int)]
    shapes = [array[0], array[None], array[..., None], array.ravel(), array.T]
    shapes += [array.reshape(len(array), -1), array[:0], array[:1], array[:-1]]
    kinds = ["f2", int, bool, str, "S", object, complex]
    scales = [-array, 255 * array, array - 1, array + 1, 1e6 * array, array / 255, nan]
    flat = [0 * array, 0 * array + 1, np.where(np.isnan(nan), np.inf, nan)]
    same = [array.tolist(), np.ma.masked_array(array), np.concatenate([array, array])]
    same += [keras.ops.convert_to_tensor(array), (255 * array).astype(np.uint8)]
    none = [None, [], {}, "digits", 3, np.float64(1), np.full(array.shape, None)]
    other = [{"x": array}, [array, array], ragged, one_hot, one_hot.astype(int)]
    as_kinds = [array.astype(kind) for kind in kinds]
    other += [np.asmatrix(SCORES), array[::2]]
    return [*shapes, *as_kinds, *scales, *flat, *same, *none, *other]


def odd(value):
    if isinstance(value, np.ndarray):
        return odd_arrays(value)
    if value is MODEL:
        flat = keras.Sequential([keras.Input((784,)), keras.layers.Dense(3)])
        new = keras.Sequential([keras.layers.Dense(3)])
        return [flat, new, None, "m.keras", models.build_cnn, keras.Sequential]
    if isinstance(value, Path):
        beside = [value / "x", value.parent / "new" / value.name, value.resolve()]
        return [*beside, str(value), "", "  ", "\0", None, 3, b"given", [value]]
    if isinstance(value, tuple):
        pairs = [*value], value[::-1], value[:1], (*value, None), (value, value)
        images = [(other, value[1]) for other in odd_arrays(value[0])[::5]]
        labels = [(value[0], other) for other in odd_arrays(value[1])[::5]]
        return [*pairs, {"x": value[0]}, "xy", value[0], *images, *labels]
    if value is models.build_linear:
        return [value(), value.__name__, lambda: None, lambda: 3, keras.Sequential]
    if isinstance(value, str):
        return ["", value.upper(), f"{value} ", "自动", None, 1, b"zh", [value]]
    if isinstance(value, (int, float)):
        numbers = [0, -1, 1, 1.5, -0.1, 2.0, np.nan, np.inf, True, np.int64(2), "3", ""]
        other = [None, [value], np.array([value]), np.ones((2, 2)), 1 + 1j]
        return [*numbers, *other, np.float32(1)]
    if isinstance(value, list):
        return [[], value[:-1], value * 2, None, "abc", [None], [[]], [1], [1.5]]
    if isinstance(value, dict):
        shorter = {"loss": [1.0, 2.0], "accuracy": [1.0]}
        losses = [{"loss": values} for values in ([], [None], 1.0, ["x"], [np.nan])]
        return [*losses, {}, shorter, {"val_loss": [1]}, None, [1.0]]
    return [keras.layers.Dense(1)] if value is None else []
# fmt: on


@pytest.mark.parametrize(("function", "arguments", "options"), CALLS)
def test_odd_inputs_end_in_a_result_or_in_one_line(
    function, arguments, options, model, folder
):
    names = [*range(len(arguments)), *options]
    values = dict(zip(names, [*arguments, *options.values()], strict=True))
    changes = [(name, other) for name in names for other in odd(values[name])]
    chance = random.Random(0)
    pairs = [
        tuple(chance.sample(changes, 2)) for _ in range(max(0, 200 - len(changes)))
    ]
    for change in [(), *((one,) for one in changes), *pairs]:
        given = {**values, **dict(change)}
        given = {k: model if v is MODEL else v for k, v in given.items()}
        positional = [given.pop(place) for place in range(len(arguments))]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            before = {*folder.parent.rglob("*")}
            try:
                function(*positional, **given)
            except (InputError, ConnectionError) as error:
                assert change and "\n" not in str(error) and len(str(error)) > 20
                # A folder for a download is made before nobody answers.
                if isinstance(error, InputError):
                    assert {*folder.parent.rglob("*")} == before
            plt.close("all")
