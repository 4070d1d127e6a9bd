# %% 2 right: misses and false alarms
def cost(labels, alarms, cost_of_miss):
    misses = np.sum((labels == 1) & ~alarms)
    return cost_of_miss * misses + np.sum((labels == 0) & alarms)


# %% 2 right: person by person
def cost(labels, alarms, cost_of_miss):
    total = 0
    for label, alarm in zip(labels, alarms):
        if label == 1 and not alarm:
            total += cost_of_miss
        elif label == 0 and alarm:
            total += 1
    return total


# %% 0 wrong: costs swapped
def cost(labels, alarms, cost_of_miss):
    misses = np.sum((labels == 1) & ~alarms)
    return misses + cost_of_miss * np.sum((labels == 0) & alarms)


# %% 0 wrong: every alarm costs
def cost(labels, alarms, cost_of_miss):
    return cost_of_miss * np.sum((labels == 1) & ~alarms) + alarms.sum()


# %% 0 wrong: errors counted alike
def cost(labels, alarms, cost_of_miss):
    return np.sum(labels != alarms)


# %% 0 wrong: misses only
def cost(labels, alarms, cost_of_miss):
    return cost_of_miss * np.sum((labels == 1) & ~alarms)


# %% 0 wrong: for one person
def cost(labels, alarms, cost_of_miss):
    costs = np.where(labels == 1, cost_of_miss * ~alarms, alarms)
    return costs.mean()


# %% 0 wrong: everybody without an alarm is a miss
def cost(labels, alarms, cost_of_miss):
    return cost_of_miss * np.sum(~alarms) + np.sum((labels == 0) & alarms)


# %% 0 wrong: right answers cost
def cost(labels, alarms, cost_of_miss):
    return cost_of_miss * np.sum((labels == 1) & alarms) + np.sum(
        (labels == 0) & ~alarms
    )
