"""Train as github.com/pytorch/examples, mnist/main.py, does, in PyTorch.

Network, optimizer, schedule and batches are the published ones, written anew; only the
pixels are scaled beforehand, not image by image. The batches have a new order every
epoch: the published program shuffles on a GPU, and reads the images in their order on
a CPU. ``public_recipes.py`` runs this file in an environment with PyTorch: it writes
``steps N`` or ``train SEED FILE`` to the standard input, and gets a line of JSON back,
from a training one after every epoch. The file keeps what has been reached, so that
the same line goes on from there.
"""

import json
import sys
import time
from pathlib import Path

import torch
from torch import nn
from train_mnist_fast import tensors

from mnist_tutorial.datasets import load_mnist

BATCH_SIZE, EPOCHS, RATE, GAMMA = 64, 14, 1.0, 0.7


class Training:
    """A network and what trains it."""

    def __init__(self, seed: int):
        torch.manual_seed(seed)
        self.network = nn.Sequential(
            nn.Conv2d(1, 32, 3),
            nn.ReLU(),
            nn.Conv2d(32, 64, 3),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Dropout(0.25),
            nn.Flatten(),
            nn.Linear(9216, 128),
            nn.ReLU(),
            nn.Dropout(0.5),
            nn.Linear(128, 10),
        )
        parameters = self.network.parameters()
        self.optimizer = torch.optim.Adadelta(parameters, lr=RATE)
        self.schedule = torch.optim.lr_scheduler.StepLR(self.optimizer, 1, GAMMA)

    def run(self, x: torch.Tensor, y: torch.Tensor, steps: int | None = None) -> None:
        """Train for an epoch, or for its first steps."""
        self.network.train()
        for chosen in torch.randperm(len(x)).split(BATCH_SIZE)[:steps]:
            self.optimizer.zero_grad()
            nn.functional.cross_entropy(self.network(x[chosen]), y[chosen]).backward()
            self.optimizer.step()

    def accuracy(self, x: torch.Tensor, y: torch.Tensor) -> float:
        """Return the share that is read right."""
        self.network.eval()
        with torch.no_grad():
            readings = torch.cat([self.network(p).argmax(1) for p in x.split(1000)])
        return (readings == y).double().mean().item()


def answer(**found) -> None:
    """Write a line."""
    print(json.dumps(found | {"torch": torch.__version__}), flush=True)


def train(seed: int, path: Path, train_set: tuple, test_set: tuple) -> None:
    """Train to the end, and answer and keep what has been reached after every epoch."""
    training, done = Training(seed), 0
    parts = [training.network, training.optimizer, training.schedule]
    if path.exists():
        *states, order, done = torch.load(path)
        for part, state in zip(parts, states, strict=True):
            part.load_state_dict(state)
        torch.set_rng_state(order)
        answer(epochs=done, test_accuracy=training.accuracy(*test_set))
    for epoch in range(done, EPOCHS):
        training.run(*train_set)
        training.schedule.step()
        states = [part.state_dict() for part in parts]
        torch.save([*states, torch.get_rng_state(), epoch + 1], path)
        answer(epochs=epoch + 1, test_accuracy=training.accuracy(*test_set))


def main() -> None:
    """Answer until the standard input ends."""
    torch.set_num_threads(1)
    train_set, test_set = (tensors(*part) for part in load_mnist())
    short = Training(seed=0)
    for line in sys.stdin:
        task, number, *path = line.split(maxsplit=2)
        if task == "train":
            train(int(number), Path(path[0].strip()), train_set, test_set)
        else:
            before = time.process_time()
            short.run(*train_set, steps=int(number))
            answer(processor_seconds=time.process_time() - before)


if __name__ == "__main__":
    main()
