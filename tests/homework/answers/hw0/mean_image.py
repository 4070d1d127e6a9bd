# %% 2 right: adds up in a loop
def mean_image(images, labels, digit):
    total, count = np.zeros(images.shape[1:]), 0
    for image, label in zip(images, labels):
        if label == digit:
            total, count = total + image, count + 1
    return total / count


# %% 2 right: a weighted average
def mean_image(images, labels, digit):
    return np.average(images, axis=0, weights=labels == digit)


# %% 0 wrong: the axis forgotten
def mean_image(images, labels, digit):
    return images[labels == digit].mean()


# %% 0 wrong: the sum
def mean_image(images, labels, digit):
    return images[labels == digit].sum(axis=0)


# %% 0 wrong: divides by the number of all images
def mean_image(images, labels, digit):
    return images[labels == digit].sum(axis=0) / len(images)


# %% 0 wrong: all digits
def mean_image(images, labels, digit):
    return images.mean(axis=0)


# %% 0 wrong: a mean for each image
def mean_image(images, labels, digit):
    return images[labels == digit].mean(axis=(1, 2))


# %% 0 wrong: the digit as an index
def mean_image(images, labels, digit):
    return images[digit]


# %% 0 wrong: the first image of the digit
def mean_image(images, labels, digit):
    return images[labels == digit][0]


# %% 0 wrong: keeps the axis
def mean_image(images, labels, digit):
    return images[labels == digit].mean(axis=0, keepdims=True)


# %% 0 wrong: the median
def mean_image(images, labels, digit):
    return np.median(images[labels == digit], axis=0)
