# %% 2 right: window by window
def convolve(image, kernel, bias):
    kh, kw, _, filters = kernel.shape
    rows, columns = image.shape[0] - kh + 1, image.shape[1] - kw + 1
    output = np.zeros((rows, columns, filters))
    for row in range(rows):
        for column in range(columns):
            window = image[row : row + kh, column : column + kw]
            for k in range(filters):
                output[row, column, k] = (window * kernel[:, :, :, k]).sum() + bias[k]
    return output


# %% 2 right: all windows at once
def convolve(image, kernel, bias):
    window = kernel.shape[:2]
    windows = np.lib.stride_tricks.sliding_window_view(image, window, axis=(0, 1))
    return np.einsum("rcihw,hwik->rcik", windows, kernel).sum(axis=2) + bias


# %% 2 right: tensordot
def convolve(image, kernel, bias):
    kh, kw = kernel.shape[:2]
    return [
        [
            np.tensordot(image[i : i + kh, j : j + kw], kernel, axes=3) + bias
            for j in range(image.shape[1] - kw + 1)
        ]
        for i in range(image.shape[0] - kh + 1)
    ]


# %% 0 wrong: no bias
def convolve(image, kernel, bias):
    kh, kw, _, filters = kernel.shape
    rows, columns = image.shape[0] - kh + 1, image.shape[1] - kw + 1
    output = np.zeros((rows, columns, filters))
    for row in range(rows):
        for column in range(columns):
            window = image[row : row + kh, column : column + kw]
            for k in range(filters):
                output[row, column, k] = (window * kernel[:, :, :, k]).sum()
    return output


# %% 0 wrong: the bias for each channel
def convolve(image, kernel, bias):
    kh, kw, _, filters = kernel.shape
    rows, columns = image.shape[0] - kh + 1, image.shape[1] - kw + 1
    output = np.zeros((rows, columns, filters))
    for row in range(rows):
        for column in range(columns):
            window = image[row : row + kh, column : column + kw]
            for k in range(filters):
                for channel in range(image.shape[2]):
                    products = window[:, :, channel] * kernel[:, :, channel, k]
                    output[row, column, k] += products.sum() + bias[k]
    return output


# %% 0 wrong: the kernel turned
def convolve(image, kernel, bias):
    kh, kw, _, filters = kernel.shape
    rows, columns = image.shape[0] - kh + 1, image.shape[1] - kw + 1
    output = np.zeros((rows, columns, filters))
    for row in range(rows):
        for column in range(columns):
            window = image[row : row + kh, column : column + kw]
            for k in range(filters):
                output[row, column, k] = (
                    window * kernel[::-1, ::-1, :, k]
                ).sum() + bias[k]
    return output


# %% 0 wrong: the first channel alone
def convolve(image, kernel, bias):
    kh, kw, _, filters = kernel.shape
    rows, columns = image.shape[0] - kh + 1, image.shape[1] - kw + 1
    output = np.zeros((rows, columns, filters))
    for row in range(rows):
        for column in range(columns):
            window = image[row : row + kh, column : column + kw]
            for k in range(filters):
                output[row, column, k] = (
                    window[:, :, 0] * kernel[:, :, 0, k]
                ).sum() + bias[k]
    return output


# %% 0 wrong: a mean
def convolve(image, kernel, bias):
    kh, kw, _, filters = kernel.shape
    rows, columns = image.shape[0] - kh + 1, image.shape[1] - kw + 1
    output = np.zeros((rows, columns, filters))
    for row in range(rows):
        for column in range(columns):
            window = image[row : row + kh, column : column + kw]
            for k in range(filters):
                output[row, column, k] = (window * kernel[:, :, :, k]).mean() + bias[k]
    return output


# %% 0 wrong: ReLU
def convolve(image, kernel, bias):
    kh, kw, _, filters = kernel.shape
    rows, columns = image.shape[0] - kh + 1, image.shape[1] - kw + 1
    output = np.zeros((rows, columns, filters))
    for row in range(rows):
        for column in range(columns):
            window = image[row : row + kh, column : column + kw]
            for k in range(filters):
                output[row, column, k] = (window * kernel[:, :, :, k]).sum() + bias[k]
    return np.maximum(output, 0)


# %% 0 wrong: one place too few
def convolve(image, kernel, bias):
    kh, kw, _, filters = kernel.shape
    rows, columns = image.shape[0] - kh, image.shape[1] - kw
    output = np.zeros((rows, columns, filters))
    for row in range(rows):
        for column in range(columns):
            window = image[row : row + kh, column : column + kw]
            for k in range(filters):
                output[row, column, k] = (window * kernel[:, :, :, k]).sum() + bias[k]
    return output


# %% 0 wrong: rows and columns swapped
def convolve(image, kernel, bias):
    kh, kw, _, filters = kernel.shape
    rows, columns = image.shape[0] - kh + 1, image.shape[1] - kw + 1
    output = np.zeros((rows, columns, filters))
    for row in range(rows):
        for column in range(columns):
            window = image[column : column + kh, row : row + kw]
            for k in range(filters):
                output[row, column, k] = (window * kernel[:, :, :, k]).sum() + bias[k]
    return output


# %% 0 wrong: zeros around
def convolve(image, kernel, bias):
    kh, kw, _, filters = kernel.shape
    rows, columns = image.shape[:2]
    image = np.pad(image, ((1, kh - 2), (0, kw - 1), (0, 0)))
    output = np.zeros((rows, columns, filters))
    for row in range(rows):
        for column in range(columns):
            window = image[row : row + kh, column : column + kw]
            for k in range(filters):
                output[row, column, k] = (window * kernel[:, :, :, k]).sum() + bias[k]
    return output


# %% 0 wrong: channels kept apart
def convolve(image, kernel, bias):
    kh, kw, channels, _ = kernel.shape
    rows, columns = image.shape[0] - kh + 1, image.shape[1] - kw + 1
    output = np.zeros((rows, columns, channels))
    for row in range(rows):
        for column in range(columns):
            for channel in range(channels):
                window = image[row : row + kh, column : column + kw, channel]
                weights = kernel[:, :, channel, 0]
                output[row, column, channel] = (window * weights).sum() + bias[0]
    return output
