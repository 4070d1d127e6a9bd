# %% 2 right: image by image
def share_right(kernel, bias, images, labels):
    right = 0
    for image, label in zip(images, labels):
        scores = image.flatten() @ kernel + bias
        if np.argmax(scores) == label:
            right += 1
    return right / len(labels)


# %% 2 right: through the probabilities
def share_right(kernel, bias, images, labels):
    powers = np.exp(images.reshape(len(images), -1) @ kernel + bias)
    probabilities = powers / powers.sum(axis=1, keepdims=True)
    return (probabilities.argmax(axis=1) == labels).mean()


# %% 0 wrong: a count
def share_right(kernel, bias, images, labels):
    logits = images.reshape(len(images), -1) @ kernel + bias
    return (logits.argmax(axis=1) == labels).sum()


# %% 0 wrong: the errors
def share_right(kernel, bias, images, labels):
    logits = images.reshape(len(images), -1) @ kernel + bias
    return (logits.argmax(axis=1) != labels).mean()


# %% 0 wrong: percent
def share_right(kernel, bias, images, labels):
    logits = images.reshape(len(images), -1) @ kernel + bias
    return 100 * (logits.argmax(axis=1) == labels).mean()


# %% 0 wrong: no bias
def share_right(kernel, bias, images, labels):
    logits = images.reshape(len(images), -1) @ kernel
    return (logits.argmax(axis=1) == labels).mean()


# %% 0 wrong: the lowest score
def share_right(kernel, bias, images, labels):
    logits = images.reshape(len(images), -1) @ kernel + bias
    return (logits.argmin(axis=1) == labels).mean()


# %% 0 wrong: no reshape
def share_right(kernel, bias, images, labels):
    return ((images @ kernel + bias).argmax(axis=1) == labels).mean()


# %% 0 wrong: axis 0
def share_right(kernel, bias, images, labels):
    logits = images.reshape(len(images), -1) @ kernel + bias
    return (logits.argmax(axis=0) == labels).mean()


# %% 0 wrong: the mean probability of the right class
def share_right(kernel, bias, images, labels):
    powers = np.exp(images.reshape(len(images), -1) @ kernel + bias)
    probabilities = powers / powers.sum(axis=1, keepdims=True)
    return probabilities[np.arange(len(labels)), labels].mean()
