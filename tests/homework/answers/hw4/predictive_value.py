# %% 2 right: ten thousand people
def predictive_value(sensitivity, specificity, prevalence):
    ill, well = 10_000 * prevalence, 10_000 * (1 - prevalence)
    right, false = ill * sensitivity, well * (1 - specificity)
    return right / (right + false)


# %% 2 right: odds
def predictive_value(sensitivity, specificity, prevalence):
    odds = prevalence / (1 - prevalence) * sensitivity / (1 - specificity)
    return odds / (1 + odds)


# %% 0 wrong: of those without an alarm
def predictive_value(sensitivity, specificity, prevalence):
    cleared = (1 - prevalence) * specificity
    return cleared / (cleared + prevalence * (1 - sensitivity))


# %% 0 wrong: false alarms from everybody
def predictive_value(sensitivity, specificity, prevalence):
    right = prevalence * sensitivity
    return right / (right + 1 - specificity)


# %% 0 wrong: no prevalence
def predictive_value(sensitivity, specificity, prevalence):
    return sensitivity / (sensitivity + 1 - specificity)


# %% 0 wrong: the share of alarms
def predictive_value(sensitivity, specificity, prevalence):
    return prevalence * sensitivity + (1 - prevalence) * (1 - specificity)


# %% 0 wrong: specificity for the false alarms
def predictive_value(sensitivity, specificity, prevalence):
    right = prevalence * sensitivity
    return right / (right + (1 - prevalence) * specificity)


# %% 0 wrong: not divided
def predictive_value(sensitivity, specificity, prevalence):
    return prevalence * sensitivity


# %% 0 wrong: sensitivity taken for it
def predictive_value(sensitivity, specificity, prevalence):
    return sensitivity
