# %% 2 right: from the middle outwards
def paired_p_value(right_a, right_b):
    import math

    only_a = int(np.sum(right_a & ~right_b))
    only_b = int(np.sum(right_b & ~right_a))
    n = only_a + only_b
    ways = sum(math.comb(n, k) for k in range(min(only_a, only_b) + 1))
    return min(1, 2 * ways / 2**n)


# %% 2 right: everything that is at least as uneven
def paired_p_value(right_a, right_b):
    import math

    difference = right_a.astype(int) - right_b.astype(int)
    tosses, gap = np.count_nonzero(difference), abs(difference.sum())
    total = 0
    for heads in range(tosses + 1):
        if abs(2 * heads - tosses) >= gap:
            total += math.comb(tosses, heads)
    return total / 2**tosses


# %% 2 right: the recursion of the coins
def paired_p_value(right_a, right_b):
    only_a = sum(a and not b for a, b in zip(right_a, right_b))
    only_b = sum(b and not a for a, b in zip(right_a, right_b))
    chances = [1.0]
    for _ in range(only_a + only_b):
        chances = np.convolve(chances, [0.5, 0.5])
    return min(1.0, 2 * sum(chances[: min(only_a, only_b) + 1]))


# %% 0 wrong: one side
def paired_p_value(right_a, right_b):
    import math

    only_a = int(np.sum(right_a & ~right_b))
    only_b = int(np.sum(right_b & ~right_a))
    n = only_a + only_b
    return sum(math.comb(n, k) for k in range(min(only_a, only_b) + 1)) / 2**n


# %% 0 wrong: takes A to be the better one
def paired_p_value(right_a, right_b):
    import math

    only_a = int(np.sum(right_a & ~right_b))
    only_b = int(np.sum(right_b & ~right_a))
    n = only_a + only_b
    return min(1, 2 * sum(math.comb(n, k) for k in range(only_a, n + 1)) / 2**n)


# %% 0 wrong: not cut off at 1
def paired_p_value(right_a, right_b):
    import math

    only_a = int(np.sum(right_a & ~right_b))
    only_b = int(np.sum(right_b & ~right_a))
    n = only_a + only_b
    ways = sum(math.comb(n, k) for k in range(min(only_a, only_b) + 1))
    return 2 * ways / 2**n


# %% 0 wrong: a term too few
def paired_p_value(right_a, right_b):
    import math

    only_a = int(np.sum(right_a & ~right_b))
    only_b = int(np.sum(right_b & ~right_a))
    n = only_a + only_b
    ways = sum(math.comb(n, k) for k in range(min(only_a, only_b)))
    return min(1, 2 * ways / 2**n)


# %% 0 wrong: the chi-square approximation
def paired_p_value(right_a, right_b):
    import math

    only_a, only_b = np.sum(right_a & ~right_b), np.sum(right_b & ~right_a)
    return math.erfc(abs(only_a - only_b) / math.sqrt(2 * (only_a + only_b)))


# %% 0 wrong: two shares, not paired
def paired_p_value(right_a, right_b):
    import math

    n, a, b = len(right_a), right_a.mean(), right_b.mean()
    p = (a + b) / 2
    z = abs(a - b) / math.sqrt(2 * p * (1 - p) / n)
    return math.erfc(z / math.sqrt(2))


# %% 0 wrong: every image is a toss
def paired_p_value(right_a, right_b):
    import math

    n, fewer = len(right_a), min(right_a.sum(), right_b.sum())
    return min(1, 2 * sum(math.comb(n, int(k)) for k in range(fewer + 1)) / 2**n)


# %% 0 wrong: the probability of exactly this split
def paired_p_value(right_a, right_b):
    import math

    only_a = int(np.sum(right_a & ~right_b))
    only_b = int(np.sum(right_b & ~right_a))
    n = only_a + only_b
    return 2 * math.comb(n, only_a) / 2**n


# %% 0 wrong: the difference of the accuracies
def paired_p_value(right_a, right_b):
    return right_a.mean() - right_b.mean()
