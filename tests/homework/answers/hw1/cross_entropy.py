# %% 2 right: takes the largest off, row by row
def cross_entropy(logits, labels):
    total = 0
    for row, label in zip(logits, labels):
        total += max(row) - row[label] + np.log(sum(np.exp(row - max(row))))
    return total / len(labels)


# %% 2 right: log-probabilities with a one-hot mask
def cross_entropy(logits, labels):
    shifted = logits - logits.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -(np.eye(logits.shape[1])[labels] * logs).sum() / len(logits)


# %% 2 right: logaddexp
def cross_entropy(logits, labels):
    log_sums = np.logaddexp.reduce(logits, axis=1)
    return np.mean(log_sums - logits[np.arange(len(labels)), labels])


# %% 0 wrong: the log of a probability that is 0
def cross_entropy(logits, labels):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = powers / powers.sum(axis=1, keepdims=True)
    return -np.log(probabilities[np.arange(len(labels)), labels]).mean()


# %% 0 wrong: adds something small before the log
def cross_entropy(logits, labels):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = powers / powers.sum(axis=1, keepdims=True)
    right = probabilities[np.arange(len(labels)), labels]
    return -np.log(right + 1e-12).mean()


# %% 0 wrong: no mean
def cross_entropy(logits, labels):
    shifted = logits - logits.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -logs[np.arange(len(labels)), labels]


# %% 0 wrong: sum for mean
def cross_entropy(logits, labels):
    shifted = logits - logits.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -logs[np.arange(len(labels)), labels].sum()


# %% 0 wrong: the sign
def cross_entropy(logits, labels):
    shifted = logits - logits.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return logs[np.arange(len(labels)), labels].mean()


# %% 0 wrong: a mean over classes too
def cross_entropy(logits, labels):
    shifted = logits - logits.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -np.mean(np.eye(logits.shape[1])[labels] * logs)


# %% 0 wrong: log10
def cross_entropy(logits, labels):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = powers / powers.sum(axis=1, keepdims=True)
    return -np.log10(probabilities[np.arange(len(labels)), labels]).mean()


# %% 0 wrong: softmax twice
def cross_entropy(logits, labels):
    for _ in range(2):
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        logits = powers / powers.sum(axis=1, keepdims=True)
    return -np.log(logits[np.arange(len(labels)), labels]).mean()


# %% 0 wrong: labels counted from 1
def cross_entropy(logits, labels):
    shifted = logits - logits.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -logs[np.arange(len(labels)), labels + 1].mean()


# %% 0 wrong: all labels of every row
def cross_entropy(logits, labels):
    shifted = logits - logits.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -logs[:, labels].mean()


# %% 0 wrong: the most probable class for the right one
def cross_entropy(logits, labels):
    shifted = logits - logits.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -logs.max(axis=1).mean()


# %% 0 wrong: one minus the probability
def cross_entropy(logits, labels):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = powers / powers.sum(axis=1, keepdims=True)
    return np.mean(1 - probabilities[np.arange(len(labels)), labels])
