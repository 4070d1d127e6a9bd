# %% 2 right: as much off on both sides
def crop(images, size):
    rows = (images.shape[1] - size) // 2
    columns = (images.shape[2] - size) // 2
    return images[:, rows:-rows, columns:-columns]


# %% 2 right: image by image
def crop(images, size):
    result = []
    for image in images:
        top, left = (image.shape[0] - size) // 2, (image.shape[1] - size) // 2
        result.append([row[left : left + size] for row in image[top : top + size]])
    return np.array(result)


# %% 0 wrong: the upper left corner
def crop(images, size):
    return images[:, :size, :size]


# %% 0 wrong: the height for both
def crop(images, size):
    start = (images.shape[1] - size) // 2
    return images[:, start : start + size, start : start + size]


# %% 0 wrong: begins a pixel too late
def crop(images, size):
    top = (images.shape[1] - size) // 2 + 1
    left = (images.shape[2] - size) // 2 + 1
    return images[:, top : top + size, left : left + size]


# %% 0 wrong: a slice with its end
def crop(images, size):
    top = (images.shape[1] - size) // 2
    left = (images.shape[2] - size) // 2
    return images[:, top : top + size + 1, left : left + size + 1]


# %% 0 wrong: size is what is cut off
def crop(images, size):
    return images[:, size:-size, size:-size]


# %% 0 wrong: the first axis forgotten
def crop(images, size):
    top = (images.shape[0] - size) // 2
    left = (images.shape[1] - size) // 2
    return images[top : top + size, left : left + size]


# %% 0 wrong: from the middle on
def crop(images, size):
    top, left = images.shape[1] // 2, images.shape[2] // 2
    return images[:, top : top + size, left : left + size]


# %% 0 wrong: the first image only
def crop(images, size):
    top = (images.shape[1] - size) // 2
    left = (images.shape[2] - size) // 2
    return images[0, top : top + size, left : left + size]
