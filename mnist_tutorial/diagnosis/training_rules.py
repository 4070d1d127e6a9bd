"""How a cause in the network or its training is recognised, and what is no fault.

The rules are as those of ``data_rules``.
"""

import math

import keras
import numpy as np

from mnist_tutorial.bilingual import Words
from mnist_tutorial.checks import are_probabilities
from mnist_tutorial.diagnosis.evidence import (
    CHANCE,
    ENOUGH,
    Evidence,
    Examples,
    Sight,
    chance_bound,
    shifts,
)
from mnist_tutorial.models import is_relu

# --- network and history held against each other -------------------------------------


def other_history(run: Evidence) -> Sight:
    """Look for an accuracy that the history does not have."""
    now = run.measured
    if now is None or run.val_loss is None or _epochs_of_now(run).size:
        return None
    last = run.last_accuracy
    of_outputs = (now.outputs > 0.5) == np.eye(run.num_classes)[now.labels]
    zh = en = ""
    if _are_squashed(now.outputs) and abs(of_outputs.mean() - last) < 0.01:
        zh = "；每个输出单独算对错（binary accuracy），正好是这个数"
        en = "; each output judged alone (binary accuracy) gives that"
    return "sure", Words(
        zh=f"交来的网络现在在验证图片上答对 {now.accuracy:.1%}；训练记录的最后一轮是 "
        f"{last:.1%}{zh}",
        en=f"the network that was handed in has {now.accuracy:.1%} of the validation "
        f"images right; the last epoch of the history says {last:.1%}{en}",
    )


def _epochs_of_now(run: Evidence) -> np.ndarray:
    """Return the epochs whose weights these may be: the last, or the best ones.

    Of these, the ones whose accuracy is measured now.
    """
    now, losses = run.measured, np.nan_to_num(run.val_loss, nan=np.inf)
    epochs = np.unique([len(losses) - 1, losses.argmin(), run.val_accuracy.argmax()])
    bound = 0.01 + chance_bound(now.accuracy, len(now.outputs))
    return epochs[np.abs(run.val_accuracy[epochs] - now.accuracy) <= bound]


def softmax_twice(run: Evidence) -> Sight:
    """Look for a loss of probabilities that were taken for logits."""
    if run.measured is None:
        return _softmax_by_curves(run)
    return _taken_for_the_other(run, are_squashed=True)


def missing_softmax(run: Evidence) -> Sight:
    """Look for a loss of logits that were taken for probabilities."""
    return None if run.measured is None else _taken_for_the_other(run)


def _are_squashed(outputs: np.ndarray) -> bool:
    """Tell whether a softmax or sigmoids gave these, and not logits that are small."""
    within = 0 <= outputs.min() <= outputs.max() <= 1
    differ = np.ptp(outputs, axis=0).max() > 0.5
    return within and (differ or are_probabilities(outputs))


def _may_be_compiled(model: keras.Model, *, for_logits: bool) -> bool:
    """Tell whether the network's loss, as far as it is known, may be a cross-entropy.

    One for logits, or one for probabilities; a smoothed one has another value.
    """
    loss = getattr(model, "loss", None)
    if loss is None:
        return True
    name = str(getattr(loss, "name", None) or getattr(loss, "__name__", loss))
    settings = getattr(loss, "get_config", dict)()
    is_plain = not settings.get("label_smoothing")
    is_for_logits = settings.get("from_logits", False)
    return (
        "categorical_crossentropy" in name and is_plain and is_for_logits == for_logits
    )


def _taken_for_the_other(run: Evidence, *, are_squashed: bool = False) -> Sight:
    """Look for the loss of what the outputs are not, where it is not that of theirs."""
    now, at_end = run.measured, run.val_loss is None
    own, other = [now.as_logits], now.as_probabilities
    zh, en = (" logits ", "概率"), ("logits", "probabilities")
    if are_squashed:
        own, other, zh, en = other, own, zh[::-1], en[::-1]
    epochs = run.loss[-1:] if at_end else run.val_loss[_epochs_of_now(run)]
    is_open = _may_be_compiled(run.model, for_logits=are_squashed)
    if not is_open or not len(epochs) or _are_squashed(now.outputs) != are_squashed:
        return None

    def distance(losses: np.ndarray) -> float:
        return float(np.abs(epochs - losses.mean()).min())

    mine, taken = (min(some, key=distance, default=None) for some in (own, other))
    if mine is None or taken is None:
        return None
    # On the very data of the history the two are the same but for rounding.
    chance = CHANCE * taken.std() / math.sqrt(len(taken)) + 0.01
    is_same = distance(taken) < 3e-4 * (1 + taken.mean())
    if distance(taken) > chance or distance(mine) < (0.02 if is_same else 2 * chance):
        return None
    last = epochs[np.abs(epochs - taken.mean()).argmin()]
    low, high = now.outputs.min(), now.outputs.max()
    return "sure" if is_same and not at_end else "likely", Words(
        zh=f"网络给出的{zh[0]}从 {low:.2g} 到 {high:.2g}；照此算，损失是 "
        f"{mine.mean():.2f}，当成{zh[1]}算是 {taken.mean():.2f}；训练记录里是 "
        f"{last:.2f}",
        en=f"the network gives {en[0]}, from {low:.2g} to {high:.2g}; as such their "
        f"loss would be {mine.mean():.2f}, and taken for {en[1]} {taken.mean():.2f}; "
        f"the history says {last:.2f}",
    )


def _softmax_by_curves(run: Evidence) -> Sight:
    """Look for high accuracies with a loss just above what a second softmax allows."""
    floor = -math.log(math.e / (math.e + run.num_classes - 1))
    both = run.loss + run.accuracy
    good = run.accuracy > 0.5
    fits = (both > floor + 0.97) & (both < floor + 1.15) & (run.loss > floor)
    if not good[-1] or not fits[good].all():
        return None
    short = len(run.loss) < 3 or good.sum() < 2
    return "possible" if short else "likely", Words(
        zh=f"准确率 {run.accuracy[-1]:.0%}，损失却有 {run.loss[-1]:.2f}：答得这么准，"
        f"通常要肯定得多。多做一次 softmax，损失就降不到 {floor:.2f} 以下",
        en=f"an accuracy of {run.accuracy[-1]:.0%} with a loss of {run.loss[-1]:.2f}: "
        "such answers are usually far surer. A second softmax keeps the loss above "
        f"{floor:.2f}",
    )


def zero_weights(run: Evidence) -> Sight:
    """Look for hidden units that all have the same weights."""
    if run.model is None:
        return _silent(run)
    for kernel in run.kernels[:-1]:
        weights = kernel.reshape(-1, kernel.shape[-1])  # (inputs, units)
        differences = np.ptp(weights, axis=1).max()
        is_equal = differences <= 1e-3 * np.abs(weights).max()
        if weights.shape[1] > 1 and is_equal:
            zh, en = "全是 0", "0"
            if weights.any():
                zh, en = "和邻居的完全相同", "equal to those of its neighbours"
            units = weights.shape[1]
            return "sure", Words(
                zh=f"有一个 {units} 个单元的隐藏层，每个单元的权重都{zh}："
                "它们算的是同一个数",
                en=f"in a hidden layer of {units} units, the weights of every unit "
                f"are {en}: all of them compute the same",
            )
    return None


def _silent(run: Evidence) -> Sight:
    """Look for a loss that stays at guessing, which several causes explain."""
    if not np.abs(run.losses - run.guess).max() < 0.01:  # NaN is not below
        return None
    return "possible", Words(
        zh=f"损失停在 {run.guess:.3f}，也就是瞎猜的损失，好像没有信号能通过网络",
        en=f"the loss stays at {run.guess:.3f}, that of guessing, as when no signal "
        "comes through",
    )


def rate_too_high(run: Evidence) -> Sight:
    """Look for steps that overshoot: weights that grew, a loss that went up."""
    went_wild = not run.has_numbers or run.starts_high or run.is_stuck
    if run.growth >= 4 and (run.is_fast or (run.rate is None and went_wild)):
        zh, en = "不知道是多少", "unknown"
        if run.rate is not None:
            zh, en = f"是 {run.rate:g}", f"{run.rate:g}"
        return "likely" if run.rate is None else "sure", Words(
            zh=f"有一层的权重是 Keras 初始值的 {run.growth:.1f} 倍，学习率{zh}",
            en=f"the weights of a layer are {run.growth:.1f} times as large as Keras "
            f"begins with, and the learning rate is {en}",
        )
    course = _rising(run)
    if not run.is_fast or course is None:
        return None
    return "likely", Words(
        zh=f"学习率是 {run.rate:g}，是 {run.optimizer} 常用值的 {run.speed:.0f} 倍，"
        f"损失{course.zh}",
        en=f"the learning rate is {run.rate:g}, {run.speed:.0f} times the usual one "
        f"for {run.optimizer}, and the loss {course.en}",
    )


def _rising(run: Evidence) -> Words | None:
    """Say how the loss went where it should not."""
    if not run.has_numbers:
        return Words(zh="不是数", en="is no number")
    if run.starts_high:
        return Words(
            zh=f"第一轮是 {run.loss[0]:.1f}，而瞎猜是 {run.guess:.1f}",
            en=f"of the first epoch is {run.loss[0]:.1f}, where guessing gives "
            f"{run.guess:.1f}",
        )
    rises = np.diff(run.loss) > 0.1 * run.loss[:-1]
    if not rises.any() or run.accuracy[-1] >= 0.9:
        return None
    at = rises.argmax()
    before, after = run.loss[at : at + 2]
    return Words(
        zh=f"又从 {before:.2f} 升到 {after:.2f}",
        en=f"rises again, from {before:.2f} to {after:.2f}",
    )


def dead_relus(run: Evidence) -> Sight:
    """Look for a layer whose ReLUs give 0 at every position of every image."""
    if run.model is None or run.train is None:
        return None if run.is_slow else _silent(run)
    if not run.can_be_run:
        return None
    outputs = [step.outputs for step in run.steps if is_relu(step.layer)]
    highest = [values.reshape(-1, values.shape[-1]).max(axis=0) for values in outputs]
    dead_share = max((np.mean(units <= 0) for units in highest), default=0)
    # A dead unit at the end is a class that is never answered.
    has_dead_class = run.ends_in_relu and (run.outputs.max(axis=0) <= 0).any()
    does_harm = run.last_accuracy < (1 + run.base) / 2
    if not has_dead_class and dead_share < (0.8 if does_harm else 0.95):
        return None
    count = len(run.train.labels)
    return "sure" if run.is_stuck else "likely", Words(
        zh=f"有一层里，{dead_share:.0%} 的 ReLU 对 {count} 张训练图片全都输出 0",
        en=f"in one layer {dead_share:.0%} of the ReLUs give 0 for each of {count} "
        "training images",
    )


def rate_too_low(run: Evidence) -> Sight:
    """Look for a network that has hardly moved."""
    if not run.has_numbers or run.last_accuracy > 0.5 + run.base / 2:
        return None
    fall = (run.loss[0] - run.loss[-1]) / run.loss[0]
    if not -0.01 < fall < 0.05 or run.starts_high:
        return None
    biases = [np.abs(keras.ops.convert_to_numpy(bias)) for bias in shifts(run.layers)]
    if not biases:
        return _too_low_by_curves(run, fall)
    furthest = max(bias.max() for bias in biases)
    if not 0 < furthest < 1e-3:
        return None
    return "sure", Words(
        zh=f"损失一共降了 {fall:.1%}；Keras 的偏置从 0 开始，走得最远的也只到 "
        f"{furthest:.1g}：网络几乎没有动",
        en=f"the loss fell by {fall:.1%} in all, and no bias is further than "
        f"{furthest:.1g} from 0, where Keras begins: the network has hardly moved",
    )


def _too_low_by_curves(run: Evidence, fall: float) -> Sight:
    """Look at the learning rate; where it is unknown, for a small and steady fall."""
    if run.is_slow:
        return "likely", Words(
            zh=f"损失一共降了 {fall:.1%}，学习率是 {run.rate:g}",
            en=f"the loss fell by {fall:.1%} in all, and the learning rate is "
            f"{run.rate:g}",
        )
    if run.rate is None and fall > 0.0005 and (np.diff(run.loss) < 0).all():
        return "possible", Words(
            zh=f"损失轮轮都降，一共却只降了 {fall:.1%}",
            en=f"the loss falls in every epoch, yet by {fall:.1%} in all",
        )
    return None


def diverged(run: Evidence) -> Sight:
    """Look for a loss, or weights, that are no numbers any more."""
    broken = [
        (name, np.argmax(~np.isfinite(curve)) + 1)
        for name, curve in zip(("loss", "val_loss"), run.losses, strict=False)
        if not np.isfinite(curve).all()
    ]
    zh = [f"{name} 从第 {epoch} 轮起" for name, epoch in broken]
    en = [f"{name} from epoch {epoch}" for name, epoch in broken]
    if not all(np.isfinite(kernel).all() for kernel in run.kernels):
        zh, en = [*zh, "网络的权重"], [*en, "weights of the network"]
    if not zh:
        return None
    return "sure", Words(
        zh="不是数：" + "，".join(zh), en="not a number: " + ", ".join(en)
    )


# --- something is wrong, and no other rule saw what ----------------------------------


def validation_fails(run: Evidence) -> Sight:
    """Admit that what is learnt on training images holds for no others."""
    allowed = _more_is_possible(run.val, run.last_accuracy)
    if not run.only_training_learns and not (run.gap > 0.2 and allowed):
        return None
    return "likely", Words(
        zh=f"训练准确率最后是 {run.accuracy[-1]:.0%}，验证是 {run.last_accuracy:.0%}，"
        "没有看出已知的原因",
        en=f"training ends at {run.accuracy[-1]:.0%}, validation at "
        f"{run.last_accuracy:.0%}, and no known cause was seen",
    )


def not_learning(run: Evidence) -> Sight:
    """Admit that something is wrong."""
    if "validation_fails" in run.found:
        return None
    fall = run.loss[0] - run.loss[-1]
    still_falls = len(run.loss) < 2 or run.loss[-1] < 0.97 * run.loss[-2]
    is_flat = fall < 0.05 * run.guess or not still_falls
    is_flat = is_flat and run.loss[-1] > 0.95 * run.guess
    forgotten = run.accuracy.max() - run.accuracy[-1]
    rose = run.loss[-1] > 1.5 * run.loss.min()
    unlearns = forgotten > (0.1 if rose else 0.3)
    above = run.loss[-1] > 1.02 * run.guess + 2 * run.penalty
    # No better than always answering with the commonest class.
    data = run.held_out
    guesses = data is not None and run.last_accuracy <= data.base < 0.95
    lost = not run.has_numbers or above or unlearns or guesses
    allowed = _more_is_possible(run.train, max(run.accuracy[-1], run.last_accuracy))
    # Where neighbours tell no more than the network, the data may allow no more.
    known = run.train is not None and run.train.differ
    stuck = (run.is_stuck or is_flat) and (allowed or not known)
    if not (lost or stuck or (allowed and not still_falls)):
        return None
    more = Words(zh="", en="")
    if allowed:
        more = Words(
            zh=f"；照抄最像的那张图片的标签，就能对 {run.train.agreement:.0%}",
            en="; copying the label of the image that looks most like it would get "
            f"{run.train.agreement:.0%}",
        )
    return "likely", Words(
        zh=f"训练损失最后是 {run.loss[-1]:.2f}（瞎猜是 {run.guess:.2f}），准确率是 "
        f"{run.accuracy[-1]:.0%}{more.zh}，没有看出已知的原因",
        en=f"the training loss ends at {run.loss[-1]:.2f} (guessing: {run.guess:.2f}) "
        f"and the accuracy at {run.accuracy[-1]:.0%}{more.en}; no known cause was seen",
    )


def _more_is_possible(data: Examples | None, accuracy: float) -> bool:
    """Tell whether the nearest neighbours get far more right than the network."""
    if data is None or not data.differ or len(data.labels) < ENOUGH:
        return False
    room = 0.2 * (1 - data.base)
    bound = max(room, chance_bound(data.agreement, len(data.labels)))
    return data.agreement > accuracy + bound


# --- nothing is wrong, but it could be better; every loss is a number here -----------


def overfitting(run: Evidence) -> Sight:
    """Look for a validation that falls behind."""
    val_loss = run.val_loss
    if val_loss is None:
        return None
    turns = val_loss[-1] > 1.1 * val_loss.min() and run.loss[-1] < run.loss.min() + 0.01
    still_falls = val_loss[-1] == val_loss.min()
    if not turns and (run.gap < 0.08 or still_falls):
        return None
    best, epochs = val_loss.argmin() + 1, len(val_loss)
    return "likely", Words(
        zh=f"训练准确率最后是 {run.accuracy[-1]:.1%}，验证是 {run.last_accuracy:.1%}；"
        f"验证损失在第 {best} 轮最低，一共训练了 {epochs} 轮",
        en=f"training ends at {run.accuracy[-1]:.1%}, validation at "
        f"{run.last_accuracy:.1%}; the lowest validation loss was that of epoch "
        f"{best} of {epochs}",
    )


def still_learning(run: Evidence) -> Sight:
    """Look for a loss that was still falling at the end."""
    watched = run.losses[-1]
    if len(watched) < 2 or watched[-1] > 0.93 * watched[-2] or run.last_accuracy > 0.97:
        return None
    return "likely", Words(
        zh=f"到最后损失还在降，从 {watched[-2]:.3f} 到 {watched[-1]:.3f}",
        en=f"the loss was still falling at the end, from {watched[-2]:.3f} to "
        f"{watched[-1]:.3f}",
    )


def no_validation(run: Evidence) -> Sight:
    """Look for validation curves."""
    if run.val_loss is not None:
        return None
    return "likely", Words(
        zh="没有验证曲线，所以网络在别的图片上怎样，无从知道",
        en="there are no validation curves, so nothing is known about other images",
    )
