"""The engine of the playground, in a worker, against Keras and ``scratch``."""

import base64
import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers as k

from mnist_tutorial import scratch
from mnist_tutorial.datasets import load_mnist
from mnist_tutorial.errors import InputError
from mnist_tutorial.models import build_cnn
from mnist_tutorial.playground import export_network
from mnist_tutorial.playground.explorable import joined
from mnist_tutorial.playground.export import FUNCTIONS

# As strict as a saved page: it loads nothing, and evaluates nothing.
POLICY = "default-src 'none'; script-src 'unsafe-inline'; worker-src blob:"
PAGE = f"""<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<script type="module">
{joined("training_run.js")}
const engines = [startEngine(learning), startEngine(learning)];
const plain = (_, value) => (ArrayBuffer.isView(value) ? [...value] : value);
window.ask = async ([which, question, details]) => {{
  for (const [name, {{ bytes }}] of Object.entries(details))
    if (bytes) details[name] = Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0));
  return JSON.parse(JSON.stringify(await engines[which].ask(question, details), plain));
}};
</script>"""
(X_TRAIN, Y_TRAIN), (X_TEST, Y_TEST) = load_mnist()


def in_bytes(array):
    return {"bytes": base64.b64encode(np.rint(array).astype(np.uint8)).decode()}


@pytest.fixture(scope="module")
def ask(browser, tmp_path_factory):
    """Yield a function that asks an engine in a page from the disk, or two at once."""
    file = tmp_path_factory.mktemp("engine") / "page.html"
    file.write_text(PAGE, "utf-8")
    page = browser.new_page()
    page.goto(file.as_uri())

    def ask(question, *others, **details):
        calls = [[i, question, each] for i, each in enumerate([details, *others])]
        answers = page.evaluate("calls => Promise.all(calls.map(ask))", calls)
        return answers if others else answers[0]

    yield ask
    page.close()


# --- forward -------------------------------------------------------------------------


def test_all_test_images_are_read_as_keras_reads_them(ask):
    keras.utils.set_random_seed(0)
    model = build_cnn()
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(X_TRAIN[:3000], Y_TRAIN[:3000], verbose=0)
    expected = model.predict(X_TEST, batch_size=500, verbose=0)
    classes = expected.argmax(axis=1)
    assert (classes == Y_TEST).mean() > 0.8
    full, half = (export_network(model, weights=w) for w in ("float32", "float16"))
    assert len(json.dumps(half)) < 0.55 * len(json.dumps(full))
    ask("load", {"network": half}, network=full)
    images = {"images": in_bytes(X_TEST * 255)}
    answers = ask("predictMany", images, **images)
    full, half = (np.reshape(answer["logits"], (10_000, 10)) for answer in answers)
    assert np.abs(full - expected).max() < 1e-3
    np.testing.assert_array_equal(full.argmax(axis=1), classes)
    assert (half.argmax(axis=1) != classes).sum() <= 5
    assert np.abs(half - full).max() > 1e-4  # it is another type


def functional():
    image = keras.Input((28, 28, 1))
    window = k.Conv2D(4, (2, 5), strides=(3, 1), activation="gelu")(image)
    return keras.Model(image, k.Flatten()(k.MaxPooling2D((3, 2), 2)(window)))


ARCHITECTURES = {
    "LeNet-5": lambda: [
        k.Conv2D(6, 5, padding="same", activation="tanh"), k.AveragePooling2D(2),
        k.Conv2D(16, 5, activation="tanh"), k.AveragePooling2D(2), k.Flatten(),
        k.Dense(120, "tanh"), k.Dense(84, "tanh")],
    "normalised": lambda: [
        k.Conv2D(9, 3, use_bias=False), k.BatchNormalization(), k.ReLU(0.3),
        k.GlobalAveragePooling2D(), k.BatchNormalization(scale=False),
        k.BatchNormalization(center=False)],
    "same with a stride": lambda: [
        k.Conv2D(5, 4, strides=2, padding="same", activation="elu"),
        k.MaxPooling2D(3, 2, "same"), k.AveragePooling2D(3, 2, "same"), k.Flatten()],
    "depthwise separable": lambda: [
        k.SeparableConv2D(6, 3, depth_multiplier=3, activation="relu"),
        k.DepthwiseConv2D(3, 2, depth_multiplier=2, padding="same"), k.LeakyReLU(0.1),
        k.DepthwiseConv2D(3, use_bias=False), k.GlobalMaxPooling2D(keepdims=True),
        k.Flatten()],
    "dilated": lambda: [
        k.Conv2D(3, 3, dilation_rate=2, padding="same"),
        k.Conv2D(3, (2, 3), dilation_rate=(1, 3), activation="silu"), k.Flatten()],
    "rescaled": lambda: [
        k.Rescaling(255, -0.5), k.GaussianNoise(0.1), k.Conv2D(8, 3),
        k.Rescaling(np.arange(8) / 8e3), k.Flatten(), k.Dropout(0.5),
        k.Dense(30, "selu")],
    "groups": lambda: [
        k.Conv2D(12, 3, activation="leaky_relu"),
        k.Conv2D(18, 3, groups=3, activation=k.ReLU(negative_slope=0.1)),
        k.GlobalAveragePooling2D()],
    "functional": lambda: [functional()],
    "nested": lambda: [
        keras.Sequential([k.RandomRotation(0.1), functional(), k.ELU(0.5)]),
        keras.Sequential([k.Dense(20, "tanh"), k.Dropout(0.1)])],
    "reshaped": lambda: [
        k.Reshape((14, -1, 2)), k.Dense(3, "softplus"), k.Softmax(),
        k.Reshape((7, 28, 6)), k.MaxPooling2D((1, 4)), k.Flatten()],
}  # fmt: skip


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_architectures_are_computed_as_by_keras(ask, name):
    keras.utils.set_random_seed(1)
    parts = [keras.Input((28, 28, 1)), *ARCHITECTURES[name](), k.Dense(10)]
    model = keras.Sequential(parts)
    rng = np.random.default_rng(0)
    changed = [w + rng.normal(0, 0.1, w.shape) for w in model.get_weights()]
    model.set_weights(changed)
    expected = keras.ops.convert_to_numpy(model(X_TEST[:200], training=False))
    ask("load", network=export_network(model, weights="float32"))
    answer = ask("predictMany", images=in_bytes(X_TEST[:200] * 255))
    logits = np.reshape(answer["logits"], (200, 10))
    assert np.abs(logits - expected).max() < 1e-3
    np.testing.assert_array_equal(logits.argmax(axis=1), expected.argmax(axis=1))
    assert expected.std(axis=0).max() > 0.01  # images differ


def test_activations_are_those_of_keras_and_every_number_is_explained(ask):
    parts = [k.Reshape((5, 5, 2)), k.Conv2D(4, 3, padding="same"), k.MaxPooling2D(2)]
    parts += [k.AveragePooling2D(2, 1, "same"), k.BatchNormalization(), k.Flatten()]
    dense = [k.Dense(3, name, name=name) for name in FUNCTIONS]
    model = keras.Sequential([keras.Input((50,)), *parts, *dense])
    network = export_network(model, weights="float32")
    ask("load", network=network)
    steps = network["layers"]
    numbers = np.linspace(-9, 9, 50, dtype=np.float32).tolist()
    maps = ask("predict", image=numbers)["maps"]
    last = {step["name"]: found for step, found in zip(steps, maps, strict=True)}
    outputs = np.array([numbers], "float32")
    for layer in model.layers:
        outputs = layer(outputs, training=False)
        found = np.reshape(last[layer.name], outputs.shape)
        np.testing.assert_allclose(found, outputs, rtol=1e-4, atol=1e-5)
    for which, before in enumerate([numbers, *maps[:-1]]):
        for index in (0, len(maps[which]) - 1):
            part = ask("explain", layer=which, index=index)
            assert part["values"] == [[*before, 0][place] for place in part["inputs"]]
            total = np.dot(part["values"], part["weights"] or 1) + part["bias"]
            is_sum = steps[which]["kind"] != "Activation"
            assert not is_sum or part["sum"] == pytest.approx(total, abs=1e-5)


# --- what is refused -----------------------------------------------------------------

IMAGE = keras.Input((28, 28, 1))
REFUSED = {
    "layer 'odd' must be one of Conv2D, .*, got 'Conv2DTranspose'":
        k.Conv2DTranspose(3, 3, name="odd"),
    "layer 'odd' must be one of Conv2D, .*, got 'LayerNormalization'":
        keras.Sequential([k.Flatten(), k.LayerNormalization(name="odd")]),
    "layer 'odd' must be one of Conv2D, .*, got 'Add'":
        keras.Model(IMAGE, k.Add(name="odd")([IMAGE, k.ReLU()(IMAGE)])),
    "the activation of layer 'odd' must be one of linear, .*, got 'glu'":
        k.Conv2D(2, 3, activation="glu", name="odd"),
    "axis of layer 'odd' must be -1, got 1": k.BatchNormalization(1, name="odd"),
    "data_format of layer 'odd' must be channels_last, got channels_first":
        k.AveragePooling2D(1, data_format="channels_first", name="odd"),
    "the weights of layer 'odd' must be finite": k.Rescaling(np.inf, name="odd"),
}  # fmt: skip


@pytest.mark.parametrize("message", REFUSED)
def test_what_the_engine_cannot_compute_is_refused_by_name(message):
    with pytest.raises(InputError, match=message):
        export_network(keras.Sequential([IMAGE, REFUSED[message]]))


def test_a_model_with_another_shape_is_refused():
    two = keras.Model(IMAGE, [k.ReLU()(IMAGE), k.Flatten()(IMAGE)], name="odd")
    with pytest.raises(InputError, match="'odd' must be in a chain, got 2 tensors"):
        export_network(two)
    with pytest.raises(InputError, match="a Keras model that knows the shape"):
        export_network(keras.Sequential([k.Dense(1)]))


# --- backward ------------------------------------------------------------------------


def parts(window, units, **moves):
    """Return two convolutions and a dense layer, without weights yet."""
    layers = []
    for filters in (8, 13):
        layers += [{"kind": "Conv2D", "filters": filters, "window": window} | moves]
        layers += [{"kind": "Activation", "function": "relu"}]
        layers += [{"kind": "MaxPooling2D", "window": [2, 2]} | moves]
    return [*layers, {"kind": "Reshape"}, {"kind": "Dense", "units": units}]


def two_steps(browser, seed, images, labels, **moves):
    """Train two steps of Adam in the page; return the parameters before, and after.

    After: the loss, the gradients of the second step, the parameters.
    """
    network = {"input": images.shape[1:], "layers": parts([2, 3], 4, **moves)}
    page = browser.new_page()
    script = f"""([parts, seed, images, labels]) => {{
      {joined("engine_learner.js")}
      const network = new Network(parts);
      drawWeights(network, makeRandom(seed));
      const trainer = new Trainer(network, Float32Array.from(images), labels);
      const plain = (arrays) => arrays.map((array) => [...array]);
      const before = plain(trainer.parameters);
      trainer.step(labels.length, 0.01);
      const loss = trainer.step(labels.length, 0.01);
      const after = [[loss], ...plain(trainer.gradients), ...plain(trainer.parameters)];
      return [before, after];
    }}"""
    given = [network, seed, images.ravel().tolist(), labels.tolist()]
    before, after = page.evaluate(script, given)
    page.close()
    shapes = [(2, 3, 2, 8), (8,), (2, 3, 8, 13), (13,), (-1, 4), (4,)]
    pairs = zip(map(np.float64, before), shapes, strict=True)
    return [np.reshape(*pair) for pair in pairs], after


def assert_near(found, expected):
    for one, other in zip(found, expected, strict=True):
        other = np.ravel(other)
        assert np.linalg.norm(one - other) < 1e-4 * np.linalg.norm(other)


@pytest.mark.parametrize("seed", range(2))
def test_gradients_and_steps_of_adam_are_those_of_scratch(browser, seed):
    rng = np.random.default_rng(seed)
    images, labels = rng.normal(size=(6, 25, 24, 2)), rng.integers(0, 4, 6)
    before, found = two_steps(browser, seed, images, labels)
    layers = []
    for pair in (before[:2], before[2:4]):
        layers += [scratch.Conv2D(*pair), scratch.ReLU(), scratch.MaxPool2D(2)]
    same = scratch.Network([*layers, scratch.Flatten(), scratch.Dense(*before[4:])])
    adam = scratch.Adam(0.01)
    for _ in range(2):
        loss, gradient = scratch.softmax_cross_entropy(same.forward(images), labels)
        same.backward(gradient)
        adam.update(same.parameters, same.gradients)
    assert_near(found, [[loss], *same.gradients, *same.parameters])


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("stride", [1, 2])
def test_gradients_with_stride_and_padding_are_those_of_keras(browser, stride, padding):
    rng = np.random.default_rng(stride)
    images, labels = rng.normal(size=(6, 25, 24, 2)), rng.integers(0, 4, 6)
    moves = {"strides": [stride, stride], "padding": padding}
    before, found = two_steps(browser, stride, images, labels, **moves)
    layers = []
    for filters in (8, 13):
        layers += [k.Conv2D(filters, (2, 3), activation="relu", **moves)]
        layers += [k.MaxPooling2D(2, **moves)]
    model = keras.Sequential([*layers, k.Flatten(), k.Dense(4)])
    model.build(images.shape)
    model.set_weights(before)
    model.compile(
        keras.optimizers.Adam(0.01), keras.losses.SparseCategoricalCrossentropy(True)
    )
    model.train_on_batch(images, labels)
    with tf.GradientTape() as tape:
        loss = model.loss(labels, model(images))
    gradients = tape.gradient(loss, [v.value for v in model.trainable_variables])
    model.train_on_batch(images, labels)
    assert_near(found, [loss, *gradients, *model.get_weights()])


def test_a_network_learns_in_the_page_and_is_saved(ask):
    network = {"input": [28, 28, 1], "layers": parts([3, 3], 10)}
    own, held = (
        {"images": in_bytes(X_TRAIN[part] * 255), "labels": in_bytes(Y_TRAIN[part])}
        for part in (np.s_[:3000], np.s_[-1000:])
    )
    ask("load", network=network, seed=0)
    assert ask("data", **own) == {"count": 3000}
    rate = {"batchSize": 32, "learningRate": 0.01}
    losses = ask("train", steps=200, **rate)["losses"]
    losses += ask("train", milliseconds=1, **rate)["losses"]
    assert len(losses) == 201 and np.mean(losses[-20:]) < 0.4 < 2 < losses[0] < 3
    after = ask("evaluate", **held)
    assert after["accuracy"] == 1 - len(after["wrong"]) / 1000 > 0.92

    ask("load", network=ask("save")["network"])
    assert ask("evaluate", **held) == after
    ask("load", network=network, zero=True)
    assert ask("evaluate", **held)["loss"] == pytest.approx(np.log(10))
    network["layers"] += [{"kind": "Activation", "name": "end", "function": "softmax"}]
    ask("load", network=network)
    with pytest.raises(Exception, match="cannot train end"):
        ask("data", **own)
