# %% 2 right: square millimetres, then a circle
def diameter(masks, field):
    width = field / masks.shape[1]
    areas = masks.sum(axis=(1, 2)) * width**2
    return 2 * np.sqrt(areas / np.pi)


# %% 2 right: mask by mask, as a share of the view
def diameter(masks, field):
    return [field * (4 * mask.mean() / np.pi) ** 0.5 for mask in masks]


# %% 0 wrong: in pixels
def diameter(masks, field):
    return 2 * np.sqrt(masks.sum(axis=(1, 2)) / np.pi)


# %% 0 wrong: the radius
def diameter(masks, field):
    width = field / masks.shape[1]
    return np.sqrt(masks.sum(axis=(1, 2)) / np.pi) * width


# %% 0 wrong: the area
def diameter(masks, field):
    return masks.sum(axis=(1, 2)) * (field / masks.shape[1]) ** 2


# %% 0 wrong: one mean for all images
def diameter(masks, field):
    width = field / masks.shape[1]
    return np.mean([2 * np.sqrt(mask.sum() / np.pi) * width for mask in masks])


# %% 0 wrong: the width of a pixel is not squared
def diameter(masks, field):
    areas = masks.sum(axis=(1, 2)) * field / masks.shape[1]
    return np.sqrt(4 * areas / np.pi)


# %% 0 wrong: always 12 mm
def diameter(masks, field):
    width = 12 / masks.shape[1]
    return 2 * np.sqrt(masks.sum(axis=(1, 2)) / np.pi) * width


# %% 0 wrong: always 40 pixels
def diameter(masks, field):
    return 2 * np.sqrt(masks.sum(axis=(1, 2)) / np.pi) * field / 40


# %% 0 wrong: the widest row
def diameter(masks, field):
    return masks.sum(axis=2).max(axis=1) * field / masks.shape[1]


# %% 0 wrong: pi is forgotten
def diameter(masks, field):
    return 2 * np.sqrt(masks.sum(axis=(1, 2))) * field / masks.shape[1]
