# %% 2 right: a loop
def accuracy(scores, labels):
    right = 0
    for row, label in zip(scores, labels):
        if list(row).index(max(row)) == label:
            right += 1
    return right / len(labels)


# %% 2 right: the score at the label is the largest
def accuracy(scores, labels):
    at_label = scores[np.arange(len(labels)), labels]
    return (at_label == scores.max(axis=1)).sum() / len(labels)


# %% 0 wrong: the other axis
def accuracy(scores, labels):
    return np.mean(scores.argmax(axis=0) == labels)


# %% 0 wrong: the axis forgotten
def accuracy(scores, labels):
    return np.mean(scores.argmax() == labels)


# %% 0 wrong: a count
def accuracy(scores, labels):
    return np.sum(scores.argmax(axis=1) == labels)


# %% 0 wrong: the share of errors
def accuracy(scores, labels):
    return np.mean(scores.argmax(axis=1) != labels)


# %% 0 wrong: percent
def accuracy(scores, labels):
    return 100 * np.mean(scores.argmax(axis=1) == labels)


# %% 0 wrong: the largest score, not where it is
def accuracy(scores, labels):
    return np.mean(scores.max(axis=1) == labels)


# %% 0 wrong: divides by the number of classes
def accuracy(scores, labels):
    return np.sum(scores.argmax(axis=1) == labels) / scores.shape[1]


# %% 0 wrong: right or wrong for each, not the share
def accuracy(scores, labels):
    return scores.argmax(axis=1) == labels


# %% 0 wrong: whole numbers only
def accuracy(scores, labels):
    return np.sum(scores.argmax(axis=1) == labels) // len(labels)


# %% 0 wrong: minus before True and False
def accuracy(scores, labels):
    return 1 - (-(scores.argmax(axis=1) == labels)).mean()
