"""Train as the last notebook of github.com/tuomaso/train_mnist_fast does, in PyTorch.

Network, optimizer, schedule and batches are the published ones, written anew.
``recipes.py`` runs this file in an environment with PyTorch: it writes a seed to the
standard input, and gets a line of JSON back.
"""

import json
import sys
import time

import torch
from torch import nn

from mnist_tutorial.datasets import load_mnist, split_validation

BATCH_SIZE, RATE = 256, 1e-2


def tensors(images, labels) -> tuple[torch.Tensor, torch.Tensor]:
    """Bring images to the form that its data has; the time does not count there."""
    pixels = torch.tensor(images).permute(0, 3, 1, 2).contiguous()
    return (pixels - 0.1307) / 0.3081, torch.tensor(labels).long()


def measure(seed: int, train_set: tuple, test_set: tuple) -> dict:
    """Train one network; building it counts."""
    torch.manual_seed(seed)
    wall, processor = time.perf_counter(), time.process_time()
    x, y = train_set
    network = nn.Sequential(
        nn.Conv2d(1, 24, 5),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(24, 32, 3),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(800, 256),
        nn.ReLU(),
        nn.Linear(256, 10),
    )
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE, betas=(0.7, 0.9))
    steps = -(-len(x) // BATCH_SIZE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=RATE, total_steps=steps, cycle_momentum=False
    )
    for images, labels in zip(x.split(BATCH_SIZE), y.split(BATCH_SIZE), strict=True):
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(images), labels).backward()
        optimizer.step()
        schedule.step()
    seconds = time.perf_counter() - wall
    processor_seconds = time.process_time() - processor
    with torch.no_grad():
        readings = network(test_set[0]).argmax(1)
    return {
        "recipe": "train_mnist_fast",
        "seed": seed,
        "seconds": round(seconds, 2),
        "processor_seconds": round(processor_seconds, 2),
        "test_accuracy": (readings == test_set[1]).double().mean().item(),
        "torch": torch.__version__,
    }


def main() -> None:
    """Answer until the standard input ends."""
    torch.set_num_threads(1)
    (x, y), test_set = load_mnist()
    train_set, _ = split_validation(x, y)
    train_set, test_set = tensors(*train_set), tensors(*test_set)
    for line in sys.stdin:
        print(json.dumps(measure(int(line), train_set, test_set)), flush=True)


if __name__ == "__main__":
    main()
