# %% 2 right: takes 1 / n away in place
def output_error(probabilities, labels):
    error = probabilities / len(labels)
    error[np.arange(len(labels)), labels] -= 1 / len(labels)
    return error


# %% 2 right: image by image
def output_error(probabilities, labels):
    n, classes = probabilities.shape
    return [
        [(probabilities[i, k] - (k == labels[i])) / n for k in range(classes)]
        for i in range(n)
    ]


# %% 0 wrong: the sign
def output_error(probabilities, labels):
    target = np.eye(probabilities.shape[1])[labels]
    return (target - probabilities) / len(labels)


# %% 0 wrong: not divided by n
def output_error(probabilities, labels):
    return probabilities - np.eye(probabilities.shape[1])[labels]


# %% 0 wrong: divided by the number of all numbers
def output_error(probabilities, labels):
    target = np.eye(probabilities.shape[1])[labels]
    return (probabilities - target) / probabilities.size


# %% 0 wrong: the 1 is not divided
def output_error(probabilities, labels):
    error = probabilities / len(labels)
    error[np.arange(len(labels)), labels] -= 1
    return error


# %% 0 wrong: all labels of every row
def output_error(probabilities, labels):
    error = probabilities.copy()
    error[:, labels] -= 1
    return error / len(labels)


# %% 0 wrong: the label as a number
def output_error(probabilities, labels):
    return (probabilities - labels[:, None]) / len(labels)


# %% 0 wrong: the gradient by the probabilities
def output_error(probabilities, labels):
    error = np.zeros_like(probabilities)
    rows = np.arange(len(labels))
    error[rows, labels] = -1 / probabilities[rows, labels] / len(labels)
    return error


# %% 0 wrong: the mean over the batch at once
def output_error(probabilities, labels):
    target = np.eye(probabilities.shape[1])[labels]
    return (probabilities - target).mean(axis=0)
