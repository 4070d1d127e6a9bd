# %% 2 right: loop
def group_sensitivity(labels, alarms, groups):
    shares, counts = [], []
    for group in np.unique(groups):
        inside = groups == group
        found = np.sum(inside & alarms & (labels == 1))
        positives = np.sum(inside & (labels == 1))
        shares.append(found / positives)
        counts.append(positives)
    return shares, counts


# %% 2 right: bincount
def group_sensitivity(labels, alarms, groups):
    ill = labels == 1
    positives = np.bincount(groups[ill])
    return np.bincount(groups[ill], weights=alarms[ill]) / positives, positives


# %% 0 wrong: divided by everybody
def group_sensitivity(labels, alarms, groups):
    shares, counts = [], []
    for group in np.unique(groups):
        inside = groups == group
        found = np.sum(inside & alarms & (labels == 1))
        positives = np.sum(inside & (labels == 1))
        shares.append(found / inside.sum())
        counts.append(positives)
    return shares, counts


# %% 0 wrong: divided by the positives of all groups
def group_sensitivity(labels, alarms, groups):
    shares, counts = [], []
    for group in np.unique(groups):
        inside = groups == group
        found = np.sum(inside & alarms & (labels == 1))
        positives = np.sum(inside & (labels == 1))
        shares.append(found / labels.sum())
        counts.append(positives)
    return shares, counts


# %% 0 wrong: precision
def group_sensitivity(labels, alarms, groups):
    shares, counts = [], []
    for group in np.unique(groups):
        inside = groups == group
        found = np.sum(inside & alarms & (labels == 1))
        positives = np.sum(inside & (labels == 1))
        shares.append(found / np.sum(inside & alarms))
        counts.append(positives)
    return shares, counts


# %% 0 wrong: everybody counted
def group_sensitivity(labels, alarms, groups):
    shares, counts = [], []
    for group in np.unique(groups):
        inside = groups == group
        found = np.sum(inside & alarms & (labels == 1))
        positives = np.sum(inside & (labels == 1))
        shares.append(found / positives)
        counts.append(inside.sum())
    return shares, counts


# %% 0 wrong: columns
def group_sensitivity(labels, alarms, groups):
    shares, counts = [], []
    for group in np.unique(groups):
        inside = groups == group
        found = np.sum(inside & alarms & (labels == 1))
        positives = np.sum(inside & (labels == 1))
        shares.append(found / positives)
        counts.append(positives)
    return np.stack([shares, counts], axis=1)


# %% 0 wrong: accuracy
def group_sensitivity(labels, alarms, groups):
    shares, counts = [], []
    for group in np.unique(groups):
        inside = groups == group
        found = np.sum(inside & alarms & (labels == 1))
        positives = np.sum(inside & (labels == 1))
        shares.append(np.mean(labels[inside] == alarms[inside]))
        counts.append(positives)
    return shares, counts


# %% 0 wrong: all groups together
def group_sensitivity(labels, alarms, groups):
    return alarms[labels == 1].mean(), np.sum(labels == 1)


# %% 0 wrong: alarms of everybody
def group_sensitivity(labels, alarms, groups):
    shares, counts = [], []
    for group in np.unique(groups):
        inside = groups == group
        found = np.sum(inside & alarms & (labels == 1))
        positives = np.sum(inside & (labels == 1))
        shares.append(alarms[inside].mean())
        counts.append(positives)
    return shares, counts
