# %% 2 right: the index of the largest
def max_pool_backward(feature_map, output_gradient):
    gradient = np.zeros(feature_map.shape)
    for i in range(output_gradient.shape[0]):
        for j in range(output_gradient.shape[1]):
            block = feature_map[2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
            row, column = np.unravel_index(block.argmax(), (2, 2))
            gradient[2 * i + row, 2 * j + column] = output_gradient[i, j]
    return gradient


# %% 2 right: a mask in each block
def max_pool_backward(feature_map, output_gradient):
    gradient = np.zeros(feature_map.shape)
    for i in range(output_gradient.shape[0]):
        for j in range(output_gradient.shape[1]):
            block = feature_map[2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
            is_largest = block == block.max()
            gradient[2 * i : 2 * i + 2, 2 * j : 2 * j + 2] = (
                is_largest * output_gradient[i, j]
            )
    return gradient


# %% 2 right: without a loop
def max_pool_backward(feature_map, output_gradient):
    rows, columns = output_gradient.shape
    used = feature_map[: 2 * rows, : 2 * columns]
    largest = used.reshape(rows, 2, columns, 2).max(axis=(1, 3))
    wins = used == np.kron(largest, np.ones((2, 2)))
    gradient = np.zeros(feature_map.shape)
    gradient[: 2 * rows, : 2 * columns] = wins * np.kron(
        output_gradient, np.ones((2, 2))
    )
    return gradient


# %% 0 wrong: as in average pooling
def max_pool_backward(feature_map, output_gradient):
    gradient = np.zeros(feature_map.shape)
    for i in range(output_gradient.shape[0]):
        for j in range(output_gradient.shape[1]):
            gradient[2 * i : 2 * i + 2, 2 * j : 2 * j + 2] = output_gradient[i, j] / 4
    return gradient


# %% 0 wrong: all four get it
def max_pool_backward(feature_map, output_gradient):
    gradient = np.zeros(feature_map.shape)
    for i in range(output_gradient.shape[0]):
        for j in range(output_gradient.shape[1]):
            gradient[2 * i : 2 * i + 2, 2 * j : 2 * j + 2] = output_gradient[i, j]
    return gradient


# %% 0 wrong: the mask alone
def max_pool_backward(feature_map, output_gradient):
    gradient = np.zeros(feature_map.shape)
    for i in range(output_gradient.shape[0]):
        for j in range(output_gradient.shape[1]):
            block = feature_map[2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
            row, column = np.unravel_index(block.argmax(), (2, 2))
            gradient[2 * i + row, 2 * j + column] = 1
    return gradient


# %% 0 wrong: times the largest value
def max_pool_backward(feature_map, output_gradient):
    gradient = np.zeros(feature_map.shape)
    for i in range(output_gradient.shape[0]):
        for j in range(output_gradient.shape[1]):
            block = feature_map[2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
            row, column = np.unravel_index(block.argmax(), (2, 2))
            gradient[2 * i + row, 2 * j + column] = block.max() * output_gradient[i, j]
    return gradient


# %% 0 wrong: argmin
def max_pool_backward(feature_map, output_gradient):
    gradient = np.zeros(feature_map.shape)
    for i in range(output_gradient.shape[0]):
        for j in range(output_gradient.shape[1]):
            block = feature_map[2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
            row, column = np.unravel_index(block.argmin(), (2, 2))
            gradient[2 * i + row, 2 * j + column] = output_gradient[i, j]
    return gradient


# %% 0 wrong: without the last column
def max_pool_backward(feature_map, output_gradient):
    gradient = np.zeros((2 * len(output_gradient), feature_map.shape[1] // 2 * 2))
    for i in range(output_gradient.shape[0]):
        for j in range(output_gradient.shape[1]):
            block = feature_map[2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
            row, column = np.unravel_index(block.argmax(), (2, 2))
            gradient[2 * i + row, 2 * j + column] = output_gradient[i, j]
    return gradient


# %% 0 wrong: always the upper left one
def max_pool_backward(feature_map, output_gradient):
    gradient = np.zeros(feature_map.shape)
    for i in range(output_gradient.shape[0]):
        for j in range(output_gradient.shape[1]):
            gradient[2 * i, 2 * j] = output_gradient[i, j]
    return gradient


# %% 0 wrong: largest of a block that begins at 0
def max_pool_backward(feature_map, output_gradient):
    gradient = np.zeros(feature_map.shape)
    for i in range(output_gradient.shape[0]):
        for j in range(output_gradient.shape[1]):
            block = feature_map[2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
            largest = 0
            for row in range(2):
                for column in range(2):
                    if block[row, column] > largest:
                        largest = block[row, column]
                        gradient[2 * i + row, 2 * j + column] = output_gradient[i, j]
    return gradient


# %% 0 wrong: the pooled values
def max_pool_backward(feature_map, output_gradient):
    rows, columns = output_gradient.shape
    used = feature_map[: 2 * rows, : 2 * columns]
    return used.reshape(rows, 2, columns, 2).max(axis=(1, 3)) * output_gradient
