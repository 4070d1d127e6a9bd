# %% 2 right: class by class
def precision_recall_f1(matrix):
    rows = [[], [], []]
    for k in range(len(matrix)):
        right = matrix[k, k]
        called, actual = matrix[:, k].sum(), matrix[k].sum()
        precision = right / called if called else 0
        recall = right / actual if actual else 0
        both = precision + recall
        rows[0].append(precision)
        rows[1].append(recall)
        rows[2].append(2 * precision * recall / both if both else 0)
    return rows


# %% 2 right: np.divide with where
def precision_recall_f1(matrix):
    right = np.diag(matrix).astype(float)
    zeros = np.zeros(len(matrix))
    called, actual = matrix.sum(axis=0), matrix.sum(axis=1)
    total = called + actual
    return (
        np.divide(right, called, out=zeros.copy(), where=called > 0),
        np.divide(right, actual, out=zeros.copy(), where=actual > 0),
        np.divide(2 * right, total, out=zeros.copy(), where=total > 0),
    )


# %% 0 wrong: precision and recall swapped
def precision_recall_f1(matrix):
    right = matrix.diagonal()
    precision = np.nan_to_num(right / matrix.sum(axis=1))
    recall = np.nan_to_num(right / matrix.sum(axis=0))
    f1 = np.nan_to_num(2 * precision * recall / (precision + recall))
    return precision, recall, f1


# %% 0 wrong: the arithmetic mean for F1
def precision_recall_f1(matrix):
    right = matrix.diagonal()
    precision = np.nan_to_num(right / matrix.sum(axis=0))
    recall = np.nan_to_num(right / matrix.sum(axis=1))
    return precision, recall, (precision + recall) / 2


# %% 0 wrong: F1 without the factor 2
def precision_recall_f1(matrix):
    right = matrix.diagonal()
    precision = np.nan_to_num(right / matrix.sum(axis=0))
    recall = np.nan_to_num(right / matrix.sum(axis=1))
    f1 = np.nan_to_num(precision * recall / (precision + recall))
    return precision, recall, f1


# %% 0 wrong: NaN for a class that is never predicted
def precision_recall_f1(matrix):
    right = matrix.diagonal()
    precision, recall = right / matrix.sum(axis=0), right / matrix.sum(axis=1)
    return precision, recall, 2 * precision * recall / (precision + recall)


# %% 0 wrong: means over the classes
def precision_recall_f1(matrix):
    right = matrix.diagonal()
    precision = np.nan_to_num(right / matrix.sum(axis=0))
    recall = np.nan_to_num(right / matrix.sum(axis=1))
    f1 = np.nan_to_num(2 * precision * recall / (precision + recall))
    return precision.mean(), recall.mean(), f1.mean()


# %% 0 wrong: a row for each class
def precision_recall_f1(matrix):
    right = matrix.diagonal()
    precision = np.nan_to_num(right / matrix.sum(axis=0))
    recall = np.nan_to_num(right / matrix.sum(axis=1))
    f1 = np.nan_to_num(2 * precision * recall / (precision + recall))
    return np.stack([precision, recall, f1], axis=1)


# %% 0 wrong: divides by the number of all images
def precision_recall_f1(matrix):
    share = matrix.diagonal() / matrix.sum()
    return share, share, share


# %% 0 wrong: F1 is forgotten
def precision_recall_f1(matrix):
    right = matrix.diagonal()
    precision = np.nan_to_num(right / matrix.sum(axis=0))
    return precision, right / matrix.sum(axis=1)


# %% 0 wrong: NaN in F1 alone
def precision_recall_f1(matrix):
    right = matrix.diagonal()
    precision = right / np.maximum(matrix.sum(axis=0), 1)
    recall = right / np.maximum(matrix.sum(axis=1), 1)
    return precision, recall, 2 * precision * recall / (precision + recall)
