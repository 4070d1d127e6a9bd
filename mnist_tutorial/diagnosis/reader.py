"""Read a training run: learning curves first, then the network and its data.

``diagnose`` checks what it is handed, asks every rule, and puts the answers in order.
The thresholds in the rules were set on runs with other seeds, images and networks than
those in ``tests/test_diagnosis.py``.
"""

from collections.abc import Callable, Mapping, Sequence

import keras

from mnist_tutorial.diagnosis import data_rules, remarks, training_rules
from mnist_tutorial.diagnosis.checks import (
    Data,
    check_fit,
    checked_data,
    checked_history,
)
from mnist_tutorial.diagnosis.evidence import Evidence, sample
from mnist_tutorial.diagnosis.findings import SURENESS, Finding

# One rule a cause; causes before what they cause.
RULES = (
    data_rules.not_numbers,
    data_rules.alike_images,
    data_rules.single_class,
    data_rules.shuffled_labels,
    data_rules.shuffled_validation_labels,
    data_rules.different_preparation,
    data_rules.unscaled_inputs,
    training_rules.softmax_twice,
    training_rules.relu_at_the_end,
    data_rules.sorted_data,
    training_rules.zero_weights,
    training_rules.large_weights,
    training_rules.rate_too_high,
    training_rules.dead_relus,
    training_rules.rate_too_low,
    training_rules.diverged,
)
# What could be better can be seen once nothing is broken.
REMARKS = (remarks.overfitting, remarks.still_learning, remarks.no_validation)


def diagnose(
    history: Mapping[str, Sequence[float]],
    model: keras.Model | None = None,
    *,
    train_data: Data | None = None,
    validation_data: Data | None = None,
) -> list[Finding]:
    """Say what is wrong with a training run, how sure that is, and what to try.

    Curves alone tell that something is wrong more often than what. Hand in the
    network and the data *as the network received them*, and most causes can be seen
    directly: what the images are scaled to, whether images with the same label look
    alike, which units are dead. The page ``faq/is_it_learning`` tries it on nine
    faults.

    It cannot see what leaves no trace in these: labels that are wrong in a consistent
    way, validation images that are also in the training set, a test set that was
    used for choosing, data that are not the data of the task.

    Parameters
    ----------
    history
        As ``training.train`` returns it: one value an epoch under ``loss`` and
        ``accuracy``, and, if there are any, ``val_loss``, ``val_accuracy`` and
        ``learning_rate``. A loss that is not a number is a finding and no error.
    model
        The network after that training, with output shape ``(n, num_classes)``.
    train_data, validation_data
        ``(images, labels)`` in the order and with the values that the network was
        given; several hundred of each are enough, evenly taken. Images of shape
        ``(n, ...)``, integer labels of shape ``(n,)``.

    Returns
    -------
    list of Finding
        Never empty. Faults, the surest first; of two equally sure, the one that can
        cause the other comes first. ``"possible"`` ones only where there is nothing
        better. If there is no fault: ``"healthy"``, then remarks.

    Raises
    ------
    InputError
        If the history is empty, lacks ``loss`` or ``accuracy``, has lists of unequal
        length or accuracies outside [0, 1]; if the data do not fit each other or
        the model.

    References
    ----------
    A. Karpathy, "A Recipe for Training Neural Networks", 2019,
    https://karpathy.github.io/2019/04/25/recipe/.
    """
    run = _gather(history, model, train_data, validation_data)
    faults = _ask(RULES, run) or _ask([training_rules.not_learning], run)
    if not faults:
        return [remarks.healthy(run), *_ask(REMARKS, run)]
    certain = [found for found in faults if found.sureness != "possible"]
    # Sorting keeps the order of the rules among those that are equally sure.
    return sorted(certain or faults, key=lambda found: SURENESS.index(found.sureness))


def _gather(
    history: Mapping[str, Sequence[float]],
    model: keras.Model | None,
    train_data: Data | None,
    validation_data: Data | None,
) -> Evidence:
    """Return what was handed in, a sample of the data, or refuse."""
    curves = checked_history(history)
    samples = {
        name: None if data is None else sample(checked_data(name, data))
        for name, data in (
            ("train_data", train_data),
            ("validation_data", validation_data),
        )
    }
    for name, data in samples.items():
        if model is not None and data is not None:
            check_fit(name, data, model)
    return Evidence(
        curves, model, train=samples["train_data"], val=samples["validation_data"]
    )


def _ask(
    rules: Sequence[Callable[[Evidence], Finding | None]], run: Evidence
) -> list[Finding]:
    """Return what the rules found, in their order."""
    return [found for rule in rules if (found := rule(run)) is not None]
