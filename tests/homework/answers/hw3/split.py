# %% 2 right: shuffles the writers, then picks their images
def split(writers, seed):
    people = np.random.default_rng(seed).permutation(np.unique(writers))
    first, second = 3 * len(people) // 5, 4 * len(people) // 5
    groups = people[:first], people[first:second], people[second:]
    return [np.flatnonzero(np.isin(writers, group)) for group in groups]


# %% 2 right: a loop over the images
def split(writers, seed):
    import random

    people = sorted(set(writers.tolist()))
    random.Random(seed).shuffle(people)
    places = {person: k for k, person in enumerate(people)}
    train, val, test = [], [], []
    for image, writer in enumerate(writers.tolist()):
        share = places[writer] / len(people)
        (train if share < 0.6 else val if share < 0.8 else test).append(image)
    return train, val, test


# %% 0 wrong: shuffles the images, so that one writer is in several parts
def split(writers, seed):
    order = np.random.default_rng(seed).permutation(len(writers))
    first, second = 3 * len(order) // 5, 4 * len(order) // 5
    return order[:first], order[first:second], order[second:]


# %% 0 wrong: draws images with doubles
def split(writers, seed):
    rng = np.random.default_rng(seed)
    n = len(writers)
    return [rng.integers(0, n, size) for size in (3 * n // 5, n // 5, n // 5)]


# %% 0 wrong: returns the writers and not the numbers of images
def split(writers, seed):
    people = np.random.default_rng(seed).permutation(np.unique(writers))
    first, second = 3 * len(people) // 5, 4 * len(people) // 5
    return people[:first], people[first:second], people[second:]


# %% 0 wrong: the first image of each writer, again and again
def split(writers, seed):
    people = np.random.default_rng(seed).permutation(np.unique(writers))
    first, second = 3 * len(people) // 5, 4 * len(people) // 5
    groups = people[:first], people[first:second], people[second:]
    found = [[writers.tolist().index(p) for p in group] for group in groups]
    return [np.repeat(part, len(writers) // len(people)) for part in found]


# %% 0 wrong: the numbers are floats
def split(writers, seed):
    people = np.random.default_rng(seed).permutation(np.unique(writers))
    first, second = 3 * len(people) // 5, 4 * len(people) // 5
    parts = []
    for group in (people[:first], people[first:second], people[second:]):
        part = np.array([])
        for person in group:
            part = np.append(part, np.flatnonzero(writers == person))
        parts.append(part)
    return parts


# %% 0 wrong: masks
def split(writers, seed):
    people = np.random.default_rng(seed).permutation(np.unique(writers))
    first, second = 3 * len(people) // 5, 4 * len(people) // 5
    groups = people[:first], people[first:second], people[second:]
    return [np.isin(writers, group) for group in groups]


# %% 0 wrong: 80, 10 and 10 percent
def split(writers, seed):
    people = np.random.default_rng(seed).permutation(np.unique(writers))
    first, second = 8 * len(people) // 10, 9 * len(people) // 10
    groups = people[:first], people[first:second], people[second:]
    return [np.flatnonzero(np.isin(writers, group)) for group in groups]


# %% 0 wrong: the test set comes first
def split(writers, seed):
    people = np.random.default_rng(seed).permutation(np.unique(writers))
    first, second = len(people) // 5, 2 * len(people) // 5
    groups = people[:first], people[first:second], people[second:]
    return [np.flatnonzero(np.isin(writers, group)) for group in groups]


# %% 0 wrong: the last writer is left out
def split(writers, seed):
    people = np.random.default_rng(seed).permutation(np.unique(writers))
    first, second = 3 * len(people) // 5, 4 * len(people) // 5
    groups = people[:first], people[first:second], people[second:-1]
    return [np.flatnonzero(np.isin(writers, group)) for group in groups]


# %% 0 wrong: the seed is not used
def split(writers, seed):
    people = np.random.permutation(np.unique(writers))
    first, second = 3 * len(people) // 5, 4 * len(people) // 5
    groups = people[:first], people[first:second], people[second:]
    return [np.flatnonzero(np.isin(writers, group)) for group in groups]


# %% 0 wrong: always the same seed
def split(writers, seed):
    people = np.random.default_rng(0).permutation(np.unique(writers))
    first, second = 3 * len(people) // 5, 4 * len(people) // 5
    groups = people[:first], people[first:second], people[second:]
    return [np.flatnonzero(np.isin(writers, group)) for group in groups]


# %% 0 wrong: writers in order of their numbers, nothing is shuffled
def split(writers, seed):
    people = np.unique(writers)
    first, second = 3 * len(people) // 5, 4 * len(people) // 5
    groups = people[:first], people[first:second], people[second:]
    return [np.flatnonzero(np.isin(writers, group)) for group in groups]
