"""What is said of a run without a fault: that it looks well, and what could be better.

Asked only where no fault was found, so every loss is a number here.
"""

from mnist_tutorial.diagnosis.evidence import Evidence
from mnist_tutorial.diagnosis.findings import Finding, ask_for, remark


def healthy(run: Evidence) -> Finding:
    """Say that nothing wrong was seen, and what was not looked at."""
    handed_in = {
        "model": run.model,
        "train_data": run.train,
        "validation_data": run.val,
    }
    missing = [name for name, value in handed_in.items() if value is None]
    unseen = (
        "Labels that are wrong in a consistent way, or the same images in training "
        "and validation, cannot be seen here."
    )
    return Finding(
        "healthy",
        "healthy",
        "possible" if missing else "likely",
        f"the training loss went from {run.loss[0]:.2f} to {run.loss[-1]:.2f} and the "
        f"accuracy from {run.accuracy[0]:.0%} to {run.accuracy[-1]:.0%}",
        (ask_for(", ".join(missing)) + " " if missing else "") + unseen,
    )


def overfitting(run: Evidence) -> Finding | None:
    """Look for a validation that falls behind."""
    if "val_loss" not in run.curves:
        return None
    val_loss = run.curves["val_loss"]
    turns = val_loss[-1] > 1.1 * val_loss.min() and run.loss[-1] < run.loss.min() + 0.01
    still_falls = val_loss[-1] == val_loss.min()
    if not turns and (run.gap < 0.08 or still_falls):
        return None
    return remark(
        "overfitting",
        f"training ends at {run.accuracy[-1]:.1%}, validation at "
        f"{run.last_accuracy:.1%}; the lowest validation loss was that of epoch "
        f"{int(val_loss.argmin()) + 1} of {len(val_loss)}",
    )


def still_learning(run: Evidence) -> Finding | None:
    """Look for a loss that was still falling at the end."""
    watched = run.curves.get("val_loss", run.loss)
    if len(watched) < 2 or watched[-1] > 0.93 * watched[-2] or run.last_accuracy > 0.97:
        return None
    return remark(
        "still_learning",
        f"the loss was still falling at the end, from {watched[-2]:.3f} to "
        f"{watched[-1]:.3f}",
    )


def no_validation(run: Evidence) -> Finding | None:
    """Look for validation curves."""
    if "val_loss" in run.curves:
        return None
    return remark(
        "no_validation",
        "there are no validation curves, so nothing is known about other images",
    )
