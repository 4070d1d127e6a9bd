# %% 2 right: loop
def cheapest(labels, scores, thresholds, cost_of_miss, prevalence):
    bills = []
    for threshold in thresholds:
        alarms = scores >= threshold
        missed = 1 - alarms[labels == 1].mean()
        false = alarms[labels == 0].mean()
        bills.append(cost_of_miss * prevalence * missed + (1 - prevalence) * false)
    best = np.argmin(bills)
    return thresholds[best], bills[best]


# %% 2 right: the people weighted
def cheapest(labels, scores, thresholds, cost_of_miss, prevalence):
    share = np.where(labels == 1, prevalence, 1 - prevalence)
    weights = share / np.where(labels == 1, sum(labels == 1), sum(labels == 0))
    weights = weights * np.where(labels == 1, cost_of_miss, 1)
    wrong = [(scores >= threshold) != (labels == 1) for threshold in thresholds]
    bills = np.array(wrong) @ weights
    return [thresholds[bills.argmin()], bills.min()]


# %% 0 wrong: the prevalence of the data
def cheapest(labels, scores, thresholds, cost_of_miss, prevalence):
    bills = []
    for threshold in thresholds:
        alarms = scores >= threshold
        missed = 1 - alarms[labels == 1].mean()
        false = alarms[labels == 0].mean()
        bills.append((cost_of_miss * missed + false) / 2)
    best = np.argmin(bills)
    return thresholds[best], bills[best]


# %% 0 wrong: a miss costs 1
def cheapest(labels, scores, thresholds, cost_of_miss, prevalence):
    bills = []
    for threshold in thresholds:
        alarms = scores >= threshold
        missed = 1 - alarms[labels == 1].mean()
        false = alarms[labels == 0].mean()
        bills.append(prevalence * missed + (1 - prevalence) * false)
    best = np.argmin(bills)
    return thresholds[best], bills[best]


# %% 0 wrong: the threshold with fewest errors
def cheapest(labels, scores, thresholds, cost_of_miss, prevalence):
    def bill(threshold, price=cost_of_miss, share=prevalence):
        alarms = scores >= threshold
        missed = 1 - alarms[labels == 1].mean()
        return price * share * missed + (1 - share) * alarms[labels == 0].mean()

    best = min(thresholds, key=lambda each: bill(each, 1, 0.5))
    return best, bill(best)


# %% 0 wrong: the dearest
def cheapest(labels, scores, thresholds, cost_of_miss, prevalence):
    bills = []
    for threshold in thresholds:
        alarms = scores >= threshold
        missed = 1 - alarms[labels == 1].mean()
        false = alarms[labels == 0].mean()
        bills.append(cost_of_miss * prevalence * missed + (1 - prevalence) * false)
    best = np.argmax(bills)
    return thresholds[best], bills[best]


# %% 0 wrong: for a thousand people
def cheapest(labels, scores, thresholds, cost_of_miss, prevalence):
    bills = []
    for threshold in thresholds:
        alarms = scores >= threshold
        missed = 1 - alarms[labels == 1].mean()
        false = alarms[labels == 0].mean()
        bills.append(
            1000 * (cost_of_miss * prevalence * missed + (1 - prevalence) * false)
        )
    best = np.argmin(bills)
    return thresholds[best], bills[best]


# %% 0 wrong: the place
def cheapest(labels, scores, thresholds, cost_of_miss, prevalence):
    bills = []
    for threshold in thresholds:
        alarms = scores >= threshold
        missed = 1 - alarms[labels == 1].mean()
        false = alarms[labels == 0].mean()
        bills.append(cost_of_miss * prevalence * missed + (1 - prevalence) * false)
    best = np.argmin(bills)
    return best, bills[best]


# %% 0 wrong: threshold 0.5
def cheapest(labels, scores, thresholds, cost_of_miss, prevalence):
    alarms = scores >= 0.5
    missed, false = 1 - alarms[labels == 1].mean(), alarms[labels == 0].mean()
    return 0.5, cost_of_miss * prevalence * missed + (1 - prevalence) * false


# %% 0 wrong: counts and not shares
def cheapest(labels, scores, thresholds, cost_of_miss, prevalence):
    bills = []
    for threshold in thresholds:
        alarms = scores >= threshold
        missed = 1 - alarms[labels == 1].mean()
        false = alarms[labels == 0].mean()
        bills.append(
            cost_of_miss * prevalence * missed * sum(labels) + (1 - prevalence) * false
        )
    best = np.argmin(bills)
    return thresholds[best], bills[best]
