# %% 2 right: takes the largest of each row off
def softmax(logits):
    shifted = logits - np.max(logits, axis=1, keepdims=True)
    return np.exp(shifted) / np.sum(np.exp(shifted), axis=1, keepdims=True)


# %% 2 right: row by row
def softmax(logits):
    rows = []
    for row in logits:
        powers = [np.exp(z - max(row)) for z in row]
        rows.append([power / sum(powers) for power in powers])
    return rows


# %% 2 right: through the logarithm of the sum
def softmax(logits):
    largest = logits.max(axis=1)[:, None]
    log_sums = largest + np.log(np.exp(logits - largest).sum(axis=1))[:, None]
    return np.exp(logits - log_sums)


# %% 0 wrong: overflows
def softmax(logits):
    powers = np.exp(logits)
    return powers / powers.sum(axis=1, keepdims=True)


# %% 0 wrong: takes the largest of the whole array off
def softmax(logits):
    powers = np.exp(logits - logits.max())
    return powers / powers.sum(axis=1, keepdims=True)


# %% 0 wrong: cuts large scores off
def softmax(logits):
    powers = np.exp(np.clip(logits, -50, 50))
    return powers / powers.sum(axis=1, keepdims=True)


# %% 0 wrong: divides by nothing
def softmax(logits):
    return np.exp(logits)


# %% 0 wrong: no axis
def softmax(logits):
    powers = np.exp(logits - logits.max())
    return powers / powers.sum()


# %% 0 wrong: axis 0
def softmax(logits):
    powers = np.exp(logits)
    return powers / powers.sum(axis=0)


# %% 0 wrong: no keepdims in the sum
def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1)


# %% 0 wrong: no keepdims in the largest
def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1))
    return powers / powers.sum(axis=1, keepdims=True)


# %% 0 wrong: the logarithms
def softmax(logits):
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


# %% 0 wrong: divides the scores without exp
def softmax(logits):
    return logits / logits.sum(axis=1, keepdims=True)


# %% 0 wrong: float16
def softmax(logits):
    powers = np.exp((logits - logits.max(axis=1, keepdims=True)).astype("float16"))
    return powers / powers.sum(axis=1, keepdims=True)
