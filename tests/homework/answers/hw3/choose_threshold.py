# %% 2 right: a loop over the thresholds
def choose_threshold(scores_val, labels_val, scores_test, labels_test, thresholds):
    def f1(scores, labels, threshold):
        positive = scores >= threshold
        found = np.sum(positive & (labels == 1))
        return 2 * found / (positive.sum() + labels.sum())

    best = max(thresholds, key=lambda t: f1(scores_val, labels_val, t))
    return best, f1(scores_test, labels_test, best)


# %% 2 right: precision and recall, from the highest threshold down
def choose_threshold(scores_val, labels_val, scores_test, labels_test, thresholds):
    def f1(scores, labels, threshold):
        positive = scores >= threshold
        precision = labels[positive].mean()
        recall = positive[labels == 1].mean()
        return 2 / (1 / precision + 1 / recall)

    best, highest = None, -1
    for threshold in thresholds[::-1]:
        value = f1(scores_val, labels_val, threshold)
        if value > highest:
            best, highest = threshold, value
    return [float(best), float(f1(scores_test, labels_test, best))]


# %% 0 wrong: the test set chooses
def choose_threshold(scores_val, labels_val, scores_test, labels_test, thresholds):
    def f1(scores, labels, threshold):
        positive = scores >= threshold
        found = np.sum(positive & (labels == 1))
        return 2 * found / (positive.sum() + labels.sum())

    best = max(thresholds, key=lambda t: f1(scores_test, labels_test, t))
    return best, f1(scores_test, labels_test, best)


# %% 0 wrong: reports the validation score that chose
def choose_threshold(scores_val, labels_val, scores_test, labels_test, thresholds):
    def f1(scores, labels, threshold):
        positive = scores >= threshold
        found = np.sum(positive & (labels == 1))
        return 2 * found / (positive.sum() + labels.sum())

    best = max(thresholds, key=lambda t: f1(scores_val, labels_val, t))
    return best, f1(scores_val, labels_val, best)


# %% 0 wrong: chooses on validation and test data together
def choose_threshold(scores_val, labels_val, scores_test, labels_test, thresholds):
    def f1(scores, labels, threshold):
        positive = scores >= threshold
        found = np.sum(positive & (labels == 1))
        return 2 * found / (positive.sum() + labels.sum())

    scores = np.concatenate([scores_val, scores_test])
    labels = np.concatenate([labels_val, labels_test])
    best = max(thresholds, key=lambda t: f1(scores, labels, t))
    return best, f1(scores_test, labels_test, best)


# %% 0 wrong: the threshold of the highest accuracy
def choose_threshold(scores_val, labels_val, scores_test, labels_test, thresholds):
    def f1(scores, labels, threshold):
        positive = scores >= threshold
        found = np.sum(positive & (labels == 1))
        return 2 * found / (positive.sum() + labels.sum())

    best = max(thresholds, key=lambda t: np.mean((scores_val >= t) == labels_val))
    return best, f1(scores_test, labels_test, best)


# %% 0 wrong: > for >=
def choose_threshold(scores_val, labels_val, scores_test, labels_test, thresholds):
    def f1(scores, labels, threshold):
        positive = scores > threshold
        found = np.sum(positive & (labels == 1))
        return 2 * found / (positive.sum() + labels.sum())

    best = max(thresholds, key=lambda t: f1(scores_val, labels_val, t))
    return best, f1(scores_test, labels_test, best)


# %% 0 wrong: the place of the threshold
def choose_threshold(scores_val, labels_val, scores_test, labels_test, thresholds):
    def f1(scores, labels, threshold):
        positive = scores >= threshold
        found = np.sum(positive & (labels == 1))
        return 2 * found / (positive.sum() + labels.sum())

    best = np.argmax([f1(scores_val, labels_val, t) for t in thresholds])
    return best, f1(scores_test, labels_test, thresholds[best])


# %% 0 wrong: the threshold is 0.5, whatever the validation set says
def choose_threshold(scores_val, labels_val, scores_test, labels_test, thresholds):
    positive = scores_test >= 0.5
    found = np.sum(positive & (labels_test == 1))
    return 0.5, 2 * found / (positive.sum() + labels_test.sum())


# %% 0 wrong: the highest recall, which the lowest threshold has
def choose_threshold(scores_val, labels_val, scores_test, labels_test, thresholds):
    def recall(scores, labels, threshold):
        return np.mean(scores[labels == 1] >= threshold)

    best = max(thresholds, key=lambda t: recall(scores_val, labels_val, t))
    return best, recall(scores_test, labels_test, best)
