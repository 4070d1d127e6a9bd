# %% 2 right: np.add.at adds every time
def confusion_matrix(labels, predictions, num_classes):
    matrix = np.zeros((num_classes, num_classes), dtype=int)
    np.add.at(matrix, (labels, predictions), 1)
    return matrix


# %% 2 right: counts numbered cells
def confusion_matrix(labels, predictions, num_classes):
    cells = np.bincount(num_classes * labels + predictions, minlength=num_classes**2)
    return cells.reshape(num_classes, num_classes)


# %% 2 right: compares every pair of classes
def confusion_matrix(labels, predictions, num_classes):
    return [
        [sum((labels == i) & (predictions == j)) for j in range(num_classes)]
        for i in range(num_classes)
    ]


# %% 0 wrong: rows and columns swapped
def confusion_matrix(labels, predictions, num_classes):
    matrix = np.zeros((num_classes, num_classes), dtype=int)
    np.add.at(matrix, (predictions, labels), 1)
    return matrix


# %% 0 wrong: += with arrays adds once only
def confusion_matrix(labels, predictions, num_classes):
    matrix = np.zeros((num_classes, num_classes), dtype=int)
    matrix[labels, predictions] += 1
    return matrix


# %% 0 wrong: as many classes as occur
def confusion_matrix(labels, predictions, num_classes):
    num_classes = len(np.unique(labels))
    matrix = np.zeros((num_classes, num_classes), dtype=int)
    np.add.at(matrix, (labels, predictions), 1)
    return matrix


# %% 0 wrong: shares
def confusion_matrix(labels, predictions, num_classes):
    matrix = np.zeros((num_classes, num_classes))
    np.add.at(matrix, (labels, predictions), 1)
    return matrix / len(labels)


# %% 0 wrong: rows that add up to 1, NaN where there is none
def confusion_matrix(labels, predictions, num_classes):
    matrix = np.zeros((num_classes, num_classes))
    np.add.at(matrix, (labels, predictions), 1)
    return matrix / matrix.sum(axis=1, keepdims=True)


# %% 0 wrong: errors only
def confusion_matrix(labels, predictions, num_classes):
    matrix = np.zeros((num_classes, num_classes), dtype=int)
    for label, prediction in zip(labels, predictions):
        if label != prediction:
            matrix[label, prediction] += 1
    return matrix


# %% 0 wrong: the last image is forgotten
def confusion_matrix(labels, predictions, num_classes):
    matrix = np.zeros((num_classes, num_classes), dtype=int)
    for k in range(len(labels) - 1):
        matrix[labels[k], predictions[k]] += 1
    return matrix


# %% 0 wrong: classes from 1 on
def confusion_matrix(labels, predictions, num_classes):
    matrix = np.zeros((num_classes + 1, num_classes + 1), dtype=int)
    np.add.at(matrix, (labels, predictions), 1)
    return matrix[1:, 1:]
