"""How a cause in the data is recognised: images, labels, their order.

A rule looks for the cause that is its name. It returns how sure it is and what it saw,
or None. Where network and data were handed in, it decides by them; if not, by the
curves, and is less sure. The limits were set on runs with other seeds, images and
networks than those in ``tests/test_diagnosis.py``.
"""

import numpy as np
from scipy.stats import spearmanr

from mnist_tutorial.bilingual import Words
from mnist_tutorial.diagnosis.evidence import (
    CHANCE,
    ENOUGH,
    Evidence,
    Sight,
    chance_bound,
    mean_image_difference,
    root_mean_square,
)


def not_numbers(run: Evidence) -> Sight:
    """Look for images with values that are not numbers."""
    for name, data in run.sets:
        if data.num_broken:
            return "sure", Words(
                zh=f"{data.total} 张{name.zh}图片里，有 {data.num_broken} 张含有 NaN "
                "或无穷大",
                en=f"{data.num_broken} of {data.total} {name.en} images hold NaN or "
                "infinity",
            )
    return None


def different_classes(run: Evidence) -> Sight:
    """Look for a validation set with other classes, or in other shares."""
    if run.train is None or run.val is None:
        return None
    trained, held_out = (
        np.pad(data.counts, (0, run.num_classes - len(data.counts)))
        for data in (run.train, run.val)
    )
    totals = run.train.total, run.val.total
    shares = held_out / totals[1]
    # Of a class with this share so many training images were to be expected.
    missing = (trained == 0) & (shares * totals[0] > CHANCE**2)
    if missing.any():
        return "sure", Words(
            zh=f"验证标签里有 {shares[missing].sum():.0%} 属于训练数据里没有的类别，"
            f"例如 {missing.argmax()}",
            en=f"{shares[missing].sum():.0%} of the validation labels are of classes "
            f"that the training data lack, such as {missing.argmax()}",
        )
    # As far as the shares of two samples are apart by chance.
    both = (trained + held_out) / sum(totals)
    spread = np.sqrt(both * (1 - both) * (1 / totals[0] + 1 / totals[1]))
    apart = trained / totals[0] - shares
    worst = np.abs(apart).argmax()
    is_clear = np.abs(apart[worst]) > max(0.2, CHANCE * spread[worst])
    if not is_clear or run.gap < 0.1:
        return None
    # Other shares of classes that are known as well as in training explain no more.
    if run.can_be_run:
        labels = run.train.labels
        right, known = run.outputs.argmax(axis=1) == labels, np.bincount(labels)
        known = np.bincount(labels, right) / np.maximum(known, 1)
        if run.last_accuracy < known @ shares[: len(known)] - 0.3:
            return None
    return "likely", Words(
        zh=f"类别 {worst} 在训练标签里占 {trained[worst] / totals[0]:.0%}，"
        f"在验证标签里占 {shares[worst]:.0%}",
        en=f"class {worst} has {trained[worst] / totals[0]:.0%} of the training labels "
        f"and {shares[worst]:.0%} of the validation labels",
    )


def shuffled_labels(run: Evidence) -> Sight:
    """Look for labels that are not those of their images, in either set."""
    if run.train is None:
        return _shuffled_by_curves(run)
    sets = [pair for pair in run.sets if pair[1].differ and pair[1].by_chance < 0.9]
    if not sets:
        return None
    name, worse = min(sets, key=lambda pair: pair[1].likeness)
    best = max((some for _, some in sets), key=lambda some: some.likeness)
    is_random = worse.agreement < worse.by_chance + worse.chance
    apart = best.likeness - worse.likeness
    is_clear = apart > np.hypot(best.chance, worse.chance) / (1 - worse.by_chance)
    # What is learnt from random labels, or asked about them, is at guessing.
    base, total = run.held_out.base, run.held_out.total
    reads_others = run.val_loss is not None and (
        run.last_accuracy > base + chance_bound(base, total)
    )
    if is_random and not reads_others:
        sureness = "sure" if is_clear else "possible"
    elif is_clear and worse.likeness < 0.6 * best.likeness:
        sureness = "likely"
    else:
        return None
    return sureness, Words(
        zh=f"{name.zh}图片里，{worse.agreement:.0%} 和最像自己的那张图片标签相同；"
        f"标签若是随机的，会是 {worse.by_chance:.0%}",
        en=f"of the {name.en} images, {worse.agreement:.0%} have the label of the "
        "image that looks most like them; with labels at random it would be "
        f"{worse.by_chance:.0%}",
    )


def _shuffled_by_curves(run: Evidence) -> Sight:
    """Look for a training set that is learnt by heart, slowly, and nothing else."""
    if run.val_loss is None or not run.has_numbers:
        return None
    last = run.val_loss[-1]
    val_fails = run.last_accuracy < run.hardly and last > 0.95 * run.guess
    slow = run.accuracy[0] < 2 / run.num_classes and run.loss[0] < 1.04 * run.guess
    if not (run.learns and val_fails and slow):
        return None
    return "likely", Words(
        zh=f"训练损失降到 {run.loss[-1]:.2f}，验证损失却是 {last:.2f}，不比瞎猜"
        f"（{run.guess:.2f}）好：在训练图片上学到的，对别的图片不管用",
        en=f"the training loss falls to {run.loss[-1]:.2f}, yet the validation loss is "
        f"{last:.2f}, no better than guessing ({run.guess:.2f}): what is learnt on "
        "training images holds for no others",
    )


def different_preparation(run: Evidence) -> Sight:
    """Look for validation images that were prepared in another way."""
    if run.train is None or run.val is None:
        # Where training has but one class, validation fails for that.
        return None if run.base == 1 else _differs_by_curves(run)
    x_train, x_val = run.train.images, run.val.images
    if {"not_numbers", "different_classes"} & run.found:
        return None
    if x_train.shape[1:] != x_val.shape[1:] or min(len(x_train), len(x_val)) < ENOUGH:
        return None
    start = max(run.loss[0], run.guess)
    fails_at_once = run.val_loss is not None and run.val_loss[0] > 1.5 * start
    fails_at_last = run.val_loss is not None and run.val_loss[-1] > 2 * run.loss[-1]
    mean, val_mean = x_train.mean(), x_val.mean()
    spread, val_spread = x_train.std(), x_val.std()
    smaller, larger = sorted([spread, val_spread])
    is_other = larger > 1.5 * max(smaller, 1e-12) or abs(mean - val_mean) > 0.5 * larger
    if is_other and (run.val_loss is None or run.gap > 0.05 or fails_at_last):
        return "sure", Words(
            zh=f"训练图片的均值是 {mean:.3g}，标准差是 {spread:.3g}；"
            f"验证图片的是 {val_mean:.3g} 和 {val_spread:.3g}",
            en=f"training images have mean {mean:.3g} and deviation {spread:.3g}, "
            f"validation images {val_mean:.3g} and {val_spread:.3g}",
        )
    if not (run.gap > 0.2 or fails_at_once):
        return None
    difference = mean_image_difference(x_train, x_val)
    both, rng = np.concatenate([x_train, x_val]), np.random.default_rng(0)
    mixed = (np.split(rng.permutation(both), [len(x_train)]) for _ in range(20))
    if difference <= 2 * max(mean_image_difference(*parts) for parts in mixed):
        return None
    return "likely", Words(
        zh=f"训练图片的平均图和验证图片的平均图，相差是碰巧的 {difference:.0f} 倍，"
        f"而验证准确率低了 {run.gap:.0%}",
        en=f"the mean training and the mean validation image differ {difference:.0f} "
        f"times as much as chance would have it, and validation is {run.gap:.0%} worse",
    )


def _differs_by_curves(run: Evidence) -> Sight:
    """Look for a validation that fails from the start, while training succeeds."""
    if run.val_loss is None or not run.has_numbers:
        return None
    first, last = run.val_loss[0], run.val_loss[-1]
    if first > 3 * max(run.loss[0], run.guess) and last > run.guess:
        return "likely", Words(
            zh=f"从第一轮起，验证损失（{first:.1f}）就是训练损失（{run.loss[0]:.1f}）"
            "的好几倍，那时还谈不上过拟合",
            en=f"from the first epoch on the validation loss ({first:.1f}) is many "
            f"times the training loss ({run.loss[0]:.1f}), before anything could be "
            "overfitted",
        )
    best = run.val_accuracy.max()
    if run.accuracy[-1] > 0.7 and best < 0.5 and run.accuracy[0] > 0.3:
        return "possible", Words(
            zh=f"训练准确率到了 {run.accuracy[-1]:.0%}，验证从没有高过 {best:.0%}",
            en=f"training reaches {run.accuracy[-1]:.0%}, validation never more than "
            f"{best:.0%}",
        )
    return None


def unscaled_inputs(run: Evidence) -> Sight:
    """Look for values far from 1 where the first weights receive them."""
    if run.model is None or run.train is None or run.train.num_broken:
        return _unscaled_by_curves(run)
    weighted = [s for s in run.steps if getattr(s.layer, "kernel", None) is not None]
    if not weighted or not run.train.differ:
        return None
    given = weighted[0].inputs
    size = root_mean_square(given)
    learns_well = run.has_numbers and not run.starts_high and run.accuracy[-1] > 0.9
    is_harmless = learns_well and (5 < size < 50 or run.is_normalised)
    is_tiny = 0 < size < 0.02 and run.accuracy[0] < 0.5
    if is_harmless or not (size > 5 or is_tiny):
        return None
    return "sure", Words(
        zh=f"到达第一层权重的数在 {given.min():.3g} 和 {given.max():.3g} 之间，"
        f"平均大小（均方根）是 {size:.3g}",
        en=f"what reaches the first weights lies between {given.min():.3g} and "
        f"{given.max():.3g}, on average (root mean square) {size:.3g}",
    )


def _unscaled_by_curves(run: Evidence) -> Sight:
    """Look for a bad start that no high learning rate or large weights explain."""
    above_guessing = run.accuracy[0] > 1.5 / run.num_classes
    if not run.starts_high or not above_guessing or run.is_fast or run.growth >= 4:
        return None
    learns = run.accuracy[-1] > 0.5
    zh, en = "不知道是多少", "is unknown"
    if run.rate is not None:
        zh, en = f"只有 {run.rate:g}", f"is only {run.rate:g}"
    return "likely" if learns and run.rate is not None else "possible", Words(
        zh=f"第一轮的损失是 {run.loss[0]:.1f}，而瞎猜是 {run.guess:.1f}；学习率{zh}",
        en=f"the loss of the first epoch is {run.loss[0]:.1f}, where guessing gives "
        f"{run.guess:.1f}, and the learning rate {en}",
    )


def sorted_data(run: Evidence) -> Sight:
    """Look for labels in blocks; fit() may shuffle, so also for what they did."""
    if not run.has_numbers:
        return None
    if run.train is None or run.train.total < ENOUGH:
        return _sorted_by_curves(run)
    labels, expected = run.train.all_labels, 1 - run.train.by_chance
    changes = np.mean(labels[1:] != labels[:-1])
    in_blocks = expected >= 0.15 and changes <= 0.5 * expected
    symptom = _symptom_of_order(run) if in_blocks else None
    if symptom is None:
        return None
    return "likely" if run.model is None else "sure", Words(
        zh=f"从一个样本到下一个，标签改变的占 {changes:.0%}，次序随机的话会是 "
        f"{expected:.0%}；而且{symptom.zh}",
        en=f"the label changes from one example to the next in {changes:.0%} of the "
        f"cases; in random order it would be {expected:.0%}, and {symptom.en}",
    )


def _symptom_of_order(run: Evidence) -> Words | None:
    """Return what shows that a network was trained in the order of the examples."""
    guessing = 1 / run.num_classes
    chance = chance_bound(guessing, run.train.total)
    # Wild steps can begin there too, but then do not go on to learn.
    learnt = run.starts_below_guessing and run.accuracy[-1] > guessing + chance
    if learnt or run.accuracy[0] < guessing - chance:
        return Words(
            zh=f"第一轮的准确率是 {run.accuracy[0]:.0%}，比瞎猜还低",
            en=f"the first epoch's accuracy is {run.accuracy[0]:.0%}, below guessing",
        )
    if not run.can_be_run:
        return None
    labels, last = run.train.labels, run.accuracy[-1]
    right = np.mean(run.outputs.argmax(axis=1) == labels)
    if not run.is_normalised and last > right + 0.1 + chance_bound(last, len(labels)):
        return Words(
            zh=f"最后一轮边训练边数出的准确率是 {last:.0%}，现在一量只有 "
            f"{right:.0%}：练到哪一类，才答对哪一类",
            en=f"the accuracy counted during the last epoch, {last:.0%}, is "
            f"{right:.0%} when measured now: it was earned class by class",
        )
    classes, seen_last = np.unique(labels[::-1], return_index=True)
    scores = run.outputs.mean(axis=0)[classes]
    likeness = spearmanr(scores, -seen_last).statistic
    if likeness * np.sqrt(len(classes) - 1) < 2.5:
        return None
    return Words(
        zh=f"一类来得越晚，得分就越高（秩相关系数 {likeness:.2f}）",
        en=f"the later a class came, the higher its score (rank correlation "
        f"{likeness:.2f})",
    )


def _sorted_by_curves(run: Evidence) -> Sight:
    """Look for a first epoch worse than guessing that is not one of wild steps."""
    moderate = 1.03 * run.guess < run.loss[0] <= 2 * run.guess
    if not (run.starts_below_guessing and moderate and run.learns):
        return None
    return "possible", Words(
        zh=f"第一轮的训练准确率是 {run.accuracy[0]:.0%}，比瞎猜还低，好像每一类都在"
        "刚练完另一类的时候被问到",
        en=f"in the first epoch the training accuracy is {run.accuracy[0]:.0%}, worse "
        "than guessing, as if each class were asked when another had just been "
        "practised",
    )
