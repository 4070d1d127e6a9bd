# %% 2 right: from the shapes of the weights
def count_parameters(size, channels, kernel_size, filters, classes):
    kernel = np.zeros((kernel_size, kernel_size, channels, filters))
    side = (size - kernel_size + 1) // 2
    dense = np.zeros((side * side * filters, classes))
    return kernel.size + filters, dense.size + classes


# %% 2 right: weights, then biases
def count_parameters(size, channels, kernel_size, filters, classes):
    convolution = filters * channels * kernel_size**2
    convolution += filters
    side = size - (kernel_size - 1)
    side = int(side / 2)
    dense = classes * filters * side**2
    dense += classes
    return [convolution, dense]


# %% 0 wrong: no biases
def count_parameters(size, channels, kernel_size, filters, classes):
    side = (size - kernel_size + 1) // 2
    return kernel_size**2 * channels * filters, side**2 * filters * classes


# %% 0 wrong: one bias for the convolution
def count_parameters(size, channels, kernel_size, filters, classes):
    side = (size - kernel_size + 1) // 2
    convolution = kernel_size**2 * channels * filters + 1
    return convolution, (side**2 * filters + 1) * classes


# %% 0 wrong: no input channels
def count_parameters(size, channels, kernel_size, filters, classes):
    side = (size - kernel_size + 1) // 2
    return (kernel_size**2 + 1) * filters, (side**2 * filters + 1) * classes


# %% 0 wrong: the kernel has one side
def count_parameters(size, channels, kernel_size, filters, classes):
    side = (size - kernel_size + 1) // 2
    convolution = (kernel_size * channels + 1) * filters
    return convolution, (side**2 * filters + 1) * classes


# %% 0 wrong: biases in the convolution alone
def count_parameters(size, channels, kernel_size, filters, classes):
    side = (size - kernel_size + 1) // 2
    convolution = (kernel_size**2 * channels + 1) * filters
    return convolution, side**2 * filters * classes


# %% 0 wrong: one feature map flattened
def count_parameters(size, channels, kernel_size, filters, classes):
    side = (size - kernel_size + 1) // 2
    convolution = (kernel_size**2 * channels + 1) * filters
    return convolution, (side**2 + 1) * classes


# %% 0 wrong: no pooling
def count_parameters(size, channels, kernel_size, filters, classes):
    side = size - kernel_size + 1
    convolution = (kernel_size**2 * channels + 1) * filters
    return convolution, (side**2 * filters + 1) * classes


# %% 0 wrong: the convolution keeps the size
def count_parameters(size, channels, kernel_size, filters, classes):
    convolution = (kernel_size**2 * channels + 1) * filters
    return convolution, ((size // 2) ** 2 * filters + 1) * classes


# %% 0 wrong: pooling rounds up
def count_parameters(size, channels, kernel_size, filters, classes):
    side = (size - kernel_size + 2) // 2
    convolution = (kernel_size**2 * channels + 1) * filters
    return convolution, (side**2 * filters + 1) * classes


# %% 0 wrong: their sum too
def count_parameters(size, channels, kernel_size, filters, classes):
    side = (size - kernel_size + 1) // 2
    convolution = (kernel_size**2 * channels + 1) * filters
    dense = (side**2 * filters + 1) * classes
    return convolution, dense, convolution + dense


# %% 0 wrong: the dense layer first
def count_parameters(size, channels, kernel_size, filters, classes):
    side = (size - kernel_size + 1) // 2
    dense = (side**2 * filters + 1) * classes
    return dense, (kernel_size**2 * channels + 1) * filters
