# %% 2 right: a loop
def one_hot(labels, num_classes):
    result = np.zeros((len(labels), num_classes))
    for row, label in enumerate(labels):
        result[row, label] = 1
    return result


# %% 2 right: compares, then converts
def one_hot(labels, num_classes):
    return (labels[:, None] == np.arange(num_classes)).astype(int)


# %% 0 wrong: rows and columns swapped
def one_hot(labels, num_classes):
    return np.eye(num_classes)[labels].T


# %% 0 wrong: columns up to the largest label
def one_hot(labels, num_classes):
    return np.eye(labels.max() + 1)[labels]


# %% 0 wrong: counts from 1
def one_hot(labels, num_classes):
    return np.eye(num_classes)[labels - 1]


# %% 0 wrong: all labels in one row
def one_hot(labels, num_classes):
    result = np.zeros(num_classes)
    for label in labels:
        result[label] = 1
    return result


# %% 0 wrong: truth values
def one_hot(labels, num_classes):
    return labels[:, None] == np.arange(num_classes)


# %% 0 wrong: the label itself in its column
def one_hot(labels, num_classes):
    return np.eye(num_classes)[labels] * labels[:, None]


# %% 0 wrong: whole columns
def one_hot(labels, num_classes):
    result = np.zeros((len(labels), num_classes))
    result[:, labels] = 1
    return result


# %% 0 wrong: the identity
def one_hot(labels, num_classes):
    return np.eye(num_classes)


# %% 2 right: float16, in which 0 and 1 are exact
def one_hot(labels, num_classes):
    return np.eye(num_classes, dtype="float16")[labels]


# %% 0 wrong: an array of objects
def one_hot(labels, num_classes):
    return np.eye(num_classes).astype(object)[labels]
