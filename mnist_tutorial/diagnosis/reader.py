"""Read a training run: learning curves first, then the network and its data."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import keras
import numpy as np

from mnist_tutorial.bilingual import Words, reader_language, say
from mnist_tutorial.checks import (
    check_curves,
    check_input_shape,
    check_model,
    checked_examples,
    checked_labels,
)
from mnist_tutorial.diagnosis import data_rules, training_rules
from mnist_tutorial.diagnosis.evidence import Evidence, Examples, run
from mnist_tutorial.errors import InputError

# Each rule, and what to try. Causes before what they cause.
CAUSES = {
    data_rules.not_numbers: Words(
        zh="查图片的值从哪里开始不是数：除以 0，空文件，取对数。",
        en="Find where the images get values that are not numbers: a division by 0, an "
        "empty file, a logarithm.",
    ),
    training_rules.other_history: Words(
        zh="交上同一次训练的记录、网络和数据；再看 accuracy 数的是什么，整数标签配 "
        "sparse_categorical_accuracy。",
        en="Hand in history, network and data of one and the same training; and see "
        "what accuracy counts: integer labels need sparse_categorical_accuracy.",
    ),
    data_rules.different_classes: Words(
        zh="先打乱，再分出验证数据；validation_split 取的是最后一段，不会先打乱。",
        en="Shuffle before you set validation data aside; validation_split takes the "
        "last part as it stands.",
    ),
    data_rules.shuffled_labels: Words(
        zh="画二十张图片，连同标签。打乱、排序、筛选时，图片和标签用同一个下标。",
        en="Draw twenty images with their labels. Shuffle, sort and filter images and "
        "labels together, with one index for both.",
    ),
    data_rules.different_preparation: Words(
        zh="两边用同一个函数处理，再比较处理后的形状、类型、范围和均值。",
        en="Prepare both sets with one function, and compare shape, type, range and "
        "mean of what comes out.",
    ),
    data_rules.unscaled_inputs: Words(
        zh="把输入缩放到 [0, 1]，或者均值 0、标准差 1；字节就除以 255，只除一次。",
        en="Bring the inputs to [0, 1], or to mean 0 and deviation 1; for bytes, "
        "divide by 255 once.",
    ),
    training_rules.softmax_twice: Words(
        zh="去掉网络末尾的 softmax，或者给损失 from_logits=False，两样只做一样。",
        en="Remove the softmax at the end of the network, or hand the loss "
        "from_logits=False; not both.",
    ),
    training_rules.missing_softmax: Words(
        zh="给损失 from_logits=True，或者在网络末尾加上 softmax，两样只做一样。",
        en="Hand the loss from_logits=True, or end the network in a softmax; not both.",
    ),
    data_rules.sorted_data: Words(
        zh="每一轮之前打乱训练数据（shuffle=True）。",
        en="Shuffle the training data before every epoch (shuffle=True).",
    ),
    training_rules.zero_weights: Words(
        zh="权重用随机数初始化，Keras 的层默认就是这样；只有偏置可以从 0 开始。",
        en="Draw the weights at random; the default of Keras' layers does it. Only "
        "biases may begin at 0.",
    ),
    training_rules.rate_too_high: Words(
        zh="把学习率除以 10，直到损失从一开始就下降。",
        en="Divide the learning rate by 10 until the loss falls from the start.",
    ),
    training_rules.dead_relus: Words(
        zh="查初始的偏置和权重，还有学习率：太大的一步会让 ReLU 对每张图片都低于 0。"
        "带泄漏的 ReLU（leaky ReLU）留着梯度。",
        en="Look at the initial biases and weights, and at the learning rate: a large "
        "step can push a ReLU below 0 for every image. Leaky ReLUs keep a gradient.",
    ),
    training_rules.rate_too_low: Words(
        zh="把学习率乘以 10，直到看得见损失下降。",
        en="Multiply the learning rate by 10 until the loss falls visibly.",
    ),
    training_rules.diverged: Words(
        zh="按次序查，看哪一条成立：输入不是数或者没有缩放，学习率太大，"
        "损失里有对数或除法。",
        en="Look for the first of these that is so: inputs that are not numbers or not "
        "scaled, a learning rate that is too high, a logarithm or a division in the "
        "loss.",
    ),
}
# Asked only where no cause was seen.
UNEXPLAINED = {
    training_rules.validation_fails: Words(
        zh="两边各画一些图片，连同标签，并排来看；比较处理的办法，找一找有没有"
        "贴错的标签。",
        en="Draw images of both sets with their labels, side by side; compare how they "
        "were prepared, and look for labels that belong to other images.",
    ),
    training_rules.not_learning: Words(
        zh="拿 32 张图片训练到背下来为止。背不下来，就查网络、损失和学习率；"
        "背得下来，就查数据。",
        en="Train on 32 images until they are known by heart. If that fails, look at "
        "model, loss and learning rate; if it works, look at the data.",
    ),
}
# Asked only where nothing is wrong.
REMARKS = {
    training_rules.overfitting: Words(
        zh="更多数据，数据增强，Dropout，或者早停。没有什么坏了。",
        en="More data, augmentation, dropout, or early stopping. Nothing is broken.",
    ),
    training_rules.still_learning: Words(
        zh="多训练几轮，或者调大学习率。没有什么坏了。",
        en="More epochs, or a higher learning rate. Nothing is broken.",
    ),
    training_rules.no_validation: Words(
        zh="从训练数据里留出一部分：split_validation()。",
        en="Set a part of the training data aside: split_validation().",
    ),
}
UNSEEN = Words(
    zh="错得一致的标签，或者训练和验证里相同的图片，在这里看不出来。",
    en="Labels that are wrong in a consistent way, or the same images in training and "
    "validation, cannot be seen here.",
)
# What Keras calls an accuracy; the first that a history has is read.
ACCURACIES = (
    "binary_accuracy",
    "categorical_accuracy",
    "sparse_categorical_accuracy",
    "acc",
    "accuracy",
)
CURVES = ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate")


# In the words of each language; the degrees from the strongest to the weakest.
KINDS = {
    "fault": Words("有毛病", "fault"),
    "healthy": Words("没看出毛病", "healthy"),
    "remark": Words("可以更好", "remark"),
}
DEGREES = {
    "sure": Words("有证据", "sure"),
    "likely": Words("多半", "likely"),
    "possible": Words("可能", "possible"),
}


class Finding(NamedTuple):
    """One thing that was seen in a run.

    ``"sure"`` was seen in the network or the data themselves, ``"likely"`` is the best
    explanation of what was seen, and ``"possible"`` is one of several. ``str()`` is in
    the reader's language, and ``show()`` in that of the page.
    """

    cause: str  # "healthy", or the name of a rule, such as those in FAULTS
    kind: str  # "fault"; or "healthy", and "remark" for what could be better then
    sureness: str  # "sure", "likely" or "possible"
    seen: Words  # the evidence, with its figures
    advice: Words  # what to try; for "healthy", what has not been looked at

    def __str__(self) -> str:
        """Return three lines: the cause and how sure, what was seen, what to try."""
        return "\n  ".join(self._lines(self.cause)[reader_language()])

    def show(self) -> None:
        """Show the three lines on a page, as a list in Markdown."""
        lines = self._lines(f"**`{self.cause}`**")
        say(**{language: "\n- ".join(text) for language, text in lines.items()})

    def _lines(self, cause: str) -> dict[str, list[str]]:
        kind, sureness = KINDS[self.kind], DEGREES[self.sureness]
        (seen_zh, seen_en), (advice_zh, advice_en) = self.seen, self.advice
        zh = [f"{cause}（{kind.zh}，{sureness.zh}）", f"看到：{seen_zh}"]
        en = [f"{cause} ({kind.en}, {sureness.en})", f"seen: {seen_en}"]
        return {"zh": [*zh, f"办法：{advice_zh}"], "en": [*en, f"try:  {advice_en}"]}


def diagnose(
    history: Mapping[str, Sequence[float]],
    model: keras.Model | None = None,
    *,
    train_data: tuple[np.ndarray, np.ndarray] | None = None,
    validation_data: tuple[np.ndarray, np.ndarray] | None = None,
) -> list[Finding]:
    """Say what is wrong with a training run, how sure that is, and what to try.

    Curves alone tell that something is wrong more often than what. Hand in the
    network and the data *as the network received them*, and most causes can be seen
    directly: what the images are scaled to, whether images with the same label look
    alike, which units are dead, whether the network has the figures of the history.
    The page ``faq/diagnosis`` tries it on twelve faults. What leaves no trace cannot
    be seen: labels that are wrong in a consistent way or all the same, validation
    images that are also in the training set, data that are not those of the task.

    Parameters
    ----------
    history
        As ``training.train`` or Keras' ``fit(...).history`` has it: one value an epoch
        under ``loss`` and ``accuracy`` (or another of Keras' names), and, if there are
        any, ``val_loss``, ``val_accuracy`` and ``learning_rate``. A loss that is not a
        number is a finding and no error.
    model
        The network after that training, of any kind, compiled or not, with output
        shape ``(n, num_classes)``.
    train_data, validation_data
        ``(images, labels)`` in the order and with the values that the network was
        given; several hundred of each are enough, evenly taken. Images of shape
        ``(n, ...)``, integer labels of shape ``(n,)`` or ``(n, 1)``. What does not fit
        raises ``InputError``.

    Returns
    -------
    list of Finding
        Never empty. Faults, the surest first; of two equally sure, the one that can
        cause the other comes first. ``"possible"`` ones only where there is nothing
        better. If there is no fault: ``"healthy"``, then remarks.

    References
    ----------
    A. Karpathy, "A Recipe for Training Neural Networks", 2019,
    https://karpathy.github.io/2019/04/25/recipe/.
    """
    curves = _checked_history(history)
    if model is not None:
        check_model(model)
    given = {"train_data": train_data, "validation_data": validation_data}
    run = Evidence(curves, model, *_examples(given, model))
    faults = _ask(CAUSES, "fault", run)
    certain = [found for found in faults if found.sureness != "possible"]
    if not certain and (run.can_be_run or not faults):
        # What is only possible explains, and does not show, that something is wrong.
        unexplained = _ask(UNEXPLAINED, "fault", run)
        certain = unexplained and unexplained + faults
        if not certain:
            return [_healthy(run), *_ask(REMARKS, "remark", run)]
    # Sorting keeps the order of the rules among those that are equally sure.
    order = list(DEGREES)
    return sorted(certain or faults, key=lambda found: order.index(found.sureness))


def _ask(advice: dict[Callable, Words], kind: str, run: Evidence) -> list[Finding]:
    """Return what the rules found, in their order."""
    findings = []
    for rule, words in advice.items():
        sight = rule(run)
        if sight is not None:
            if kind == "fault" and sight[0] != "sure":
                words = _after_a_request(run, words)
            findings.append(Finding(rule.__name__, kind, *sight, words))
            run.found.add(rule.__name__)
    return findings


def _after_a_request(run: Evidence, advice: Words) -> Words:
    """Put before the advice a request for what was not handed in."""
    handed_in = dict(model=run.model, train_data=run.train, validation_data=run.val)
    missing = ", ".join(name for name, value in handed_in.items() if value is None)
    if not missing:
        return advice
    zh, en = f"再交上 {missing}，就能看得更细。", f"Hand in {missing} to look closer. "
    return Words(zh + advice.zh, en + advice.en)


def _healthy(run: Evidence) -> Finding:
    """Say that nothing wrong was seen, and what was not looked at."""
    advice = _after_a_request(run, UNSEEN)
    return Finding(
        "healthy",
        "healthy",
        "likely" if advice == UNSEEN else "possible",
        Words(
            zh=f"训练损失从 {run.loss[0]:.2f} 到 {run.loss[-1]:.2f}，准确率从 "
            f"{run.accuracy[0]:.0%} 到 {run.accuracy[-1]:.0%}",
            en=f"the training loss went from {run.loss[0]:.2f} to {run.loss[-1]:.2f} "
            f"and the accuracy from {run.accuracy[0]:.0%} to {run.accuracy[-1]:.0%}",
        ),
        advice,
    )


def _checked_history(history: Mapping[str, Sequence[float]]) -> dict[str, np.ndarray]:
    """Return the known curves as arrays, or refuse."""
    check_curves("history", history)
    # Keras calls the accuracy by the name under which it was compiled.
    renamed = {
        prefix + "accuracy": history[prefix + name]
        for prefix in ("", "val_")
        for name in ACCURACIES
        if prefix + name in history
    }
    history = {**history, **renamed}
    has_validation = "val_loss" in history or "val_accuracy" in history
    for name in CURVES[:4] if has_validation else CURVES[:2]:
        if name not in history:
            raise InputError(
                f"history must have {name!r}, got {', '.join(history)}; compile with "
                "metrics=['accuracy']"
            )
    curves = {
        name: np.asarray(history[name], float) for name in CURVES if name in history
    }
    if len({len(curve) for curve in curves.values()}) > 1:
        raise InputError(
            "history must have one value an epoch under every name, got "
            + ", ".join(f"{name} {len(curve)}" for name, curve in curves.items())
        )
    for name in {"accuracy", "val_accuracy"} & set(curves):
        values = curves[name]
        if not ((values >= 0) & (values <= 1)).all():
            raise InputError(
                f"history must have {name} in [0, 1], got {values.min():g} to "
                f"{values.max():g}; divide percentages by 100"
            )
    return curves


def _examples(
    given: dict[str, tuple[np.ndarray, np.ndarray] | None], model: keras.Model | None
) -> list[Examples | None]:
    """Return each set of images with the labels that belong to them, or refuse."""
    examples, classes = [], None
    for name, data in given.items():
        if data is None:
            examples.append(None)
            continue
        images, labels = checked_examples(name, data)
        if model is not None:
            expected = getattr(model, "input_shape", None) or images.shape
            if len(expected) == images.ndim + 1 and expected[-1] == 1:
                images = images[..., None]  # as Keras does
            check_input_shape(model, images, name=f"the images of {name}")
            classes = classes or run(model, images[:1]).shape[1]
        if labels.ndim == 2 and labels.shape[1] == 1:
            labels = labels[:, 0]
        name = f"the labels of {name}"
        labels = checked_labels(labels, len(images), classes, name=name)
        examples.append(Examples(images, labels, classes))
    return examples
