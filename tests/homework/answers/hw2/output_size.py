# %% 2 right: counts the places
def output_size(size, kernel_size, stride, padding):
    places, start = 0, 0
    while start + kernel_size <= size + 2 * padding:
        places += 1
        start += stride
    return places


# %% 2 right: floor
def output_size(size, kernel_size, stride, padding):
    return int(np.floor((size + 2 * padding - kernel_size) / stride + 1))


# %% 2 right: length of a range
def output_size(size, kernel_size, stride, padding):
    return len(range(0, size + 2 * padding - kernel_size + 1, stride))


# %% 0 wrong: no 1
def output_size(size, kernel_size, stride, padding):
    return (size + 2 * padding - kernel_size) // stride


# %% 0 wrong: 1 before dividing
def output_size(size, kernel_size, stride, padding):
    return (size + 2 * padding - kernel_size + 1) // stride


# %% 0 wrong: padding on one side
def output_size(size, kernel_size, stride, padding):
    return (size + padding - kernel_size) // stride + 1


# %% 0 wrong: no padding
def output_size(size, kernel_size, stride, padding):
    return (size - kernel_size) // stride + 1


# %% 0 wrong: a fraction
def output_size(size, kernel_size, stride, padding):
    return (size + 2 * padding - kernel_size) / stride + 1


# %% 0 wrong: rounds up
def output_size(size, kernel_size, stride, padding):
    return int(np.ceil((size + 2 * padding - kernel_size) / stride)) + 1


# %% 0 wrong: no stride
def output_size(size, kernel_size, stride, padding):
    return size + 2 * padding - kernel_size + 1


# %% 0 wrong: no brackets
def output_size(size, kernel_size, stride, padding):
    return size + 2 * padding - kernel_size // stride + 1
