# %% 2 right: means of the two kinds
def sensitivity_specificity(labels, alarms):
    return alarms[labels == 1].mean(), 1 - alarms[labels == 0].mean()


# %% 2 right: four counts in a loop
def sensitivity_specificity(labels, alarms):
    counts = {}
    for label, alarm in zip(labels.tolist(), alarms.tolist()):
        counts[label, alarm] = counts.get((label, alarm), 0) + 1
    positives = counts[1, True] + counts[1, False]
    negatives = counts[0, True] + counts[0, False]
    return [counts[1, True] / positives, counts[0, False] / negatives]


# %% 0 wrong: swapped
def sensitivity_specificity(labels, alarms):
    return np.mean(~alarms[labels == 0]), np.mean(alarms[labels == 1])


# %% 0 wrong: precision for sensitivity
def sensitivity_specificity(labels, alarms):
    return np.mean(labels[alarms] == 1), np.mean(~alarms[labels == 0])


# %% 0 wrong: the rate of false alarms
def sensitivity_specificity(labels, alarms):
    return alarms[labels == 1].mean(), alarms[labels == 0].mean()


# %% 0 wrong: of those without an alarm
def sensitivity_specificity(labels, alarms):
    return alarms[labels == 1].mean(), np.mean(labels[~alarms] == 0)


# %% 0 wrong: divides by all images
def sensitivity_specificity(labels, alarms):
    n = len(labels)
    return sum((labels == 1) & alarms) / n, sum((labels == 0) & ~alarms) / n


# %% 0 wrong: accuracy
def sensitivity_specificity(labels, alarms):
    return np.mean(labels == alarms), np.mean(labels == alarms)


# %% 0 wrong: counts
def sensitivity_specificity(labels, alarms):
    return sum((labels == 1) & alarms), sum((labels == 0) & ~alarms)


# %% 0 wrong: turns 0 and 1 with ~
def sensitivity_specificity(labels, alarms):
    return alarms[labels == 1].mean(), 1 - alarms[~labels].mean()


# %% 0 wrong: labels as places
def sensitivity_specificity(labels, alarms):
    return alarms[labels].mean(), 1 - alarms[labels == 0].mean()
