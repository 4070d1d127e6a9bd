# %% 2 right: a comprehension, as lists
def scale(images):
    return [[[pixel / 255.0 for pixel in row] for row in image] for image in images]


# %% 2 right: converts first, as the book does
def scale(images):
    return images.astype(np.float32) / 255


# %% 0 wrong: nothing done
def scale(images):
    return images


# %% 0 wrong: integer division
def scale(images):
    return images // 255


# %% 0 wrong: 256 for 255
def scale(images):
    return images / 256


# %% 0 wrong: the largest of these images
def scale(images):
    return images / images.max()


# %% 0 wrong: standardised
def scale(images):
    return (images - images.mean()) / images.std()


# %% 0 wrong: bytes again
def scale(images):
    return (images / 255).astype(np.uint8)


# %% 0 wrong: the first image only
def scale(images):
    return images[0] / 255


# %% 0 wrong: printed, not returned
def scale(images):
    print(images / 255)


# %% 0 wrong: divides in place, which bytes refuse
def scale(images):
    images /= 255
    return images
