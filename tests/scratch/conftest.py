"""What the tests of the NumPy network share: one thread, digits, a trained network."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits  # scikit-learn requires it

from mnist_tutorial.datasets import load_mnist
from mnist_tutorial.scratch import Adam, build_cnn, train


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Compute with one thread; a second one gains little with such small arrays."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="session")
def mnist():
    return load_mnist()


@pytest.fixture(scope="session")
def lesson(mnist, one_thread):
    """Train ``build_cnn`` on 3,200 digits; return the network and its losses."""
    x_train, y_train = mnist[0]
    network, optimizer, losses = build_cnn(0), Adam(), []
    settings = {"epochs": 1, "batch_size": 32, "optimizer": optimizer, "seed": 0}
    for learning_rate, part in (2e-3, np.s_[:2400]), (3e-4, np.s_[2400:3200]):
        optimizer.learning_rate = learning_rate
        losses += train(network, x_train[part], y_train[part], **settings)
    return network, losses
