# %% 2 right: in place
def gradient_step(kernel, bias, pixels, error, learning_rate):
    kernel -= learning_rate * pixels.T @ error
    bias -= learning_rate * error.sum(axis=0)
    return kernel, bias


# %% 2 right: image by image
def gradient_step(kernel, bias, pixels, error, learning_rate):
    kernel_gradient, bias_gradient = 0, 0
    for row, wrong in zip(pixels, error):
        kernel_gradient = kernel_gradient + np.outer(row, wrong)
        bias_gradient = bias_gradient + wrong
    return [
        kernel - learning_rate * kernel_gradient,
        bias - learning_rate * bias_gradient,
    ]


# %% 0 wrong: uphill
def gradient_step(kernel, bias, pixels, error, learning_rate):
    kernel = kernel + learning_rate * pixels.T @ error
    bias = bias + learning_rate * error.sum(axis=0)
    return kernel, bias


# %% 0 wrong: no learning rate
def gradient_step(kernel, bias, pixels, error, learning_rate):
    return kernel - pixels.T @ error, bias - error.sum(axis=0)


# %% 0 wrong: the wrong matrix is transposed
def gradient_step(kernel, bias, pixels, error, learning_rate):
    kernel = kernel - learning_rate * error.T @ pixels
    return kernel, bias - learning_rate * error.sum(axis=0)


# %% 0 wrong: divided by n again
def gradient_step(kernel, bias, pixels, error, learning_rate):
    kernel = kernel - learning_rate * pixels.T @ error / len(pixels)
    return kernel, bias - learning_rate * error.mean(axis=0)


# %% 0 wrong: the gradients themselves
def gradient_step(kernel, bias, pixels, error, learning_rate):
    return pixels.T @ error, error.sum(axis=0)


# %% 0 wrong: the bias stays
def gradient_step(kernel, bias, pixels, error, learning_rate):
    return kernel - learning_rate * pixels.T @ error, bias


# %% 0 wrong: a mean for the bias
def gradient_step(kernel, bias, pixels, error, learning_rate):
    kernel = kernel - learning_rate * pixels.T @ error
    return kernel, bias - learning_rate * error.mean(axis=0)


# %% 0 wrong: a sum over all classes for the bias
def gradient_step(kernel, bias, pixels, error, learning_rate):
    kernel = kernel - learning_rate * pixels.T @ error
    return kernel, bias - learning_rate * error.sum()


# %% 0 wrong: the kernel alone
def gradient_step(kernel, bias, pixels, error, learning_rate):
    return kernel - learning_rate * pixels.T @ error


# %% 0 wrong: the gradient too
def gradient_step(kernel, bias, pixels, error, learning_rate):
    gradient = pixels.T @ error
    kernel = kernel - learning_rate * gradient
    return kernel, bias - learning_rate * error.sum(axis=0), gradient
