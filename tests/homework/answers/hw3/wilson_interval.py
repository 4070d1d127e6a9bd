# %% 2 right: in the words of Wilson's formula
def wilson_interval(correct, total, z):
    p = correct / total
    root = z * np.sqrt(p * (1 - p) / total + (z / (2 * total)) ** 2)
    middle = p + z**2 / (2 * total)
    return (middle - root) / (1 + z**2 / total), (middle + root) / (1 + z**2 / total)


# %% 2 right: tries a hundred thousand accuracies, as the page does
def wilson_interval(correct, total, z):
    p = np.linspace(0, 1, 100_001)
    kept = p[abs(correct / total - p) <= z * np.sqrt(p * (1 - p) / total)]
    return kept.min(), kept.max()


# %% 2 right: successes and failures
def wilson_interval(correct, total, z):
    wrong = total - correct
    middle = (correct + z * z / 2) / (total + z * z)
    half = z / (total + z * z) * (correct * wrong / total + z * z / 4) ** 0.5
    return [middle - half, middle + half]


# %% 0 wrong: share and deviation
def wilson_interval(correct, total, z):
    p = correct / total
    half = z * np.sqrt(p * (1 - p) / total)
    return p - half, p + half


# %% 0 wrong: always 1.96
def wilson_interval(correct, total, z):
    z = 1.96
    p = correct / total
    root = z * np.sqrt(p * (1 - p) / total + (z / (2 * total)) ** 2)
    middle = p + z**2 / (2 * total)
    return (middle - root) / (1 + z**2 / total), (middle + root) / (1 + z**2 / total)


# %% 0 wrong: the denominator is forgotten
def wilson_interval(correct, total, z):
    p = correct / total
    root = z * np.sqrt(p * (1 - p) / total + (z / (2 * total)) ** 2)
    middle = p + z**2 / (2 * total)
    return middle - root, middle + root


# %% 0 wrong: percent
def wilson_interval(correct, total, z):
    p = correct / total
    root = z * np.sqrt(p * (1 - p) / total + (z / (2 * total)) ** 2)
    middle, below = p + z**2 / (2 * total), 1 + z**2 / total
    return 100 * (middle - root) / below, 100 * (middle + root) / below


# %% 0 wrong: the upper end first
def wilson_interval(correct, total, z):
    p = correct / total
    root = z * np.sqrt(p * (1 - p) / total + (z / (2 * total)) ** 2)
    middle, below = p + z**2 / (2 * total), 1 + z**2 / total
    return (middle + root) / below, (middle - root) / below


# %% 0 wrong: the root is forgotten
def wilson_interval(correct, total, z):
    p = correct / total
    half = z * (p * (1 - p) / total + (z / (2 * total)) ** 2)
    middle, below = p + z**2 / (2 * total), 1 + z**2 / total
    return (middle - half) / below, (middle + half) / below


# %% 0 wrong: middle and half width
def wilson_interval(correct, total, z):
    p = correct / total
    root = z * np.sqrt(p * (1 - p) / total + (z / (2 * total)) ** 2)
    below = 1 + z**2 / total
    return (p + z**2 / (2 * total)) / below, root / below


# %% 0 wrong: a normal interval that is cut off at 1
def wilson_interval(correct, total, z):
    p = correct / total
    half = z * np.sqrt(p * (1 - p) / total)
    return max(0, p - half - 0.5 / total), min(1, p + half + 0.5 / total)


# %% 0 wrong: rounded
def wilson_interval(correct, total, z):
    p = correct / total
    middle = p + z**2 / (2 * total)
    root = z * np.sqrt(p * (1 - p) / total + z**2 / (4 * total**2))
    ends = (middle - root) / (1 + z**2 / total), (middle + root) / (1 + z**2 / total)
    return round(ends[0], 2), round(ends[1], 2)
