# %% 2 right: in place, one step after another
def train_epoch(kernel, bias, images, labels, batch_size, learning_rate):
    losses = []
    for start in range(0, len(images), batch_size):
        y = labels[start : start + batch_size]
        pixels = images[start : start + batch_size].reshape(len(y), -1)
        powers = np.exp(pixels @ kernel + bias)
        p = powers / powers.sum(axis=1, keepdims=True)
        losses.append(-np.log(p[np.arange(len(y)), y]).mean())
        error = (p - np.eye(len(bias))[y]) / len(y)
        kernel -= learning_rate * pixels.T @ error
        bias -= learning_rate * error.sum(axis=0)
    return kernel, bias, losses


# %% 2 right: while, and functions of its own
def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def one_batch(kernel, bias, pixels, labels, learning_rate):
    error = softmax(pixels @ kernel + bias)
    loss = -np.mean([np.log(row[label]) for row, label in zip(error, labels)])
    for row, label in zip(error, labels):
        row[label] -= 1
    step = learning_rate / len(labels)
    return kernel - step * pixels.T @ error, bias - step * error.sum(axis=0), loss


def train_epoch(kernel, bias, images, labels, batch_size, learning_rate):
    losses, done = np.array([]), 0
    while done < len(labels):
        batch = slice(done, done + batch_size)
        pixels = images[batch].reshape(-1, kernel.shape[0])
        kernel, bias, loss = one_batch(
            kernel, bias, pixels, labels[batch], learning_rate
        )
        losses = np.append(losses, loss)
        done += batch_size
    return [kernel, bias, losses]


# %% 0 wrong: the last images are left out
def train_epoch(kernel, bias, images, labels, batch_size, learning_rate):
    losses = []
    for start in range(0, len(images) - batch_size + 1, batch_size):
        y = labels[start : start + batch_size]
        pixels = images[start : start + batch_size].reshape(len(y), -1)
        powers = np.exp(pixels @ kernel + bias)
        p = powers / powers.sum(axis=1, keepdims=True)
        losses.append(-np.log(p[np.arange(len(y)), y]).mean())
        error = (p - np.eye(len(bias))[y]) / len(y)
        kernel = kernel - learning_rate * pixels.T @ error
        bias = bias - learning_rate * error.sum(axis=0)
    return kernel, bias, losses


# %% 0 wrong: the loss after the step
def train_epoch(kernel, bias, images, labels, batch_size, learning_rate):
    losses = []
    for start in range(0, len(images), batch_size):
        y = labels[start : start + batch_size]
        pixels = images[start : start + batch_size].reshape(len(y), -1)
        powers = np.exp(pixels @ kernel + bias)
        p = powers / powers.sum(axis=1, keepdims=True)
        error = (p - np.eye(len(bias))[y]) / len(y)
        kernel = kernel - learning_rate * pixels.T @ error
        bias = bias - learning_rate * error.sum(axis=0)
        powers = np.exp(pixels @ kernel + bias)
        p = powers / powers.sum(axis=1, keepdims=True)
        losses.append(-np.log(p[np.arange(len(y)), y]).mean())
    return kernel, bias, losses


# %% 0 wrong: every batch starts from the first weights
def train_epoch(kernel, bias, images, labels, batch_size, learning_rate):
    losses = []
    for start in range(0, len(images), batch_size):
        y = labels[start : start + batch_size]
        pixels = images[start : start + batch_size].reshape(len(y), -1)
        powers = np.exp(pixels @ kernel + bias)
        p = powers / powers.sum(axis=1, keepdims=True)
        losses.append(-np.log(p[np.arange(len(y)), y]).mean())
        error = (p - np.eye(len(bias))[y]) / len(y)
        new_kernel = kernel - learning_rate * pixels.T @ error
        new_bias = bias - learning_rate * error.sum(axis=0)
    return new_kernel, new_bias, losses


# %% 0 wrong: sums of losses
def train_epoch(kernel, bias, images, labels, batch_size, learning_rate):
    losses = []
    for start in range(0, len(images), batch_size):
        y = labels[start : start + batch_size]
        pixels = images[start : start + batch_size].reshape(len(y), -1)
        powers = np.exp(pixels @ kernel + bias)
        p = powers / powers.sum(axis=1, keepdims=True)
        losses.append(-np.log(p[np.arange(len(y)), y]).sum())
        error = (p - np.eye(len(bias))[y]) / len(y)
        kernel = kernel - learning_rate * pixels.T @ error
        bias = bias - learning_rate * error.sum(axis=0)
    return kernel, bias, losses


# %% 0 wrong: one loss, their mean
def train_epoch(kernel, bias, images, labels, batch_size, learning_rate):
    losses = []
    for start in range(0, len(images), batch_size):
        y = labels[start : start + batch_size]
        pixels = images[start : start + batch_size].reshape(len(y), -1)
        powers = np.exp(pixels @ kernel + bias)
        p = powers / powers.sum(axis=1, keepdims=True)
        losses.append(-np.log(p[np.arange(len(y)), y]).mean())
        error = (p - np.eye(len(bias))[y]) / len(y)
        kernel = kernel - learning_rate * pixels.T @ error
        bias = bias - learning_rate * error.sum(axis=0)
    return kernel, bias, np.mean(losses)


# %% 0 wrong: the last batch divided by batch_size
def train_epoch(kernel, bias, images, labels, batch_size, learning_rate):
    losses = []
    for start in range(0, len(images), batch_size):
        y = labels[start : start + batch_size]
        pixels = images[start : start + batch_size].reshape(len(y), -1)
        powers = np.exp(pixels @ kernel + bias)
        p = powers / powers.sum(axis=1, keepdims=True)
        losses.append(-np.log(p[np.arange(len(y)), y]).mean())
        error = (p - np.eye(len(bias))[y]) / batch_size
        kernel = kernel - learning_rate * pixels.T @ error
        bias = bias - learning_rate * error.sum(axis=0)
    return kernel, bias, losses


# %% 0 wrong: the weights from before the training
def train_epoch(kernel, bias, images, labels, batch_size, learning_rate):
    losses = []
    weights, biases = kernel, bias
    for start in range(0, len(images), batch_size):
        y = labels[start : start + batch_size]
        pixels = images[start : start + batch_size].reshape(len(y), -1)
        powers = np.exp(pixels @ weights + biases)
        p = powers / powers.sum(axis=1, keepdims=True)
        losses.append(-np.log(p[np.arange(len(y)), y]).mean())
        error = (p - np.eye(len(bias))[y]) / len(y)
        weights = weights - learning_rate * pixels.T @ error
        biases = biases - learning_rate * error.sum(axis=0)
    return kernel, bias, losses


# %% 0 wrong: one step with all images
def train_epoch(kernel, bias, images, labels, batch_size, learning_rate):
    losses = []
    for start in range(1):
        y = labels[start:]
        pixels = images[start:].reshape(len(y), -1)
        powers = np.exp(pixels @ kernel + bias)
        p = powers / powers.sum(axis=1, keepdims=True)
        losses.append(-np.log(p[np.arange(len(y)), y]).mean())
        error = (p - np.eye(len(bias))[y]) / len(y)
        kernel = kernel - learning_rate * pixels.T @ error
        bias = bias - learning_rate * error.sum(axis=0)
    return kernel, bias, losses


# %% 0 wrong: batches overlap
def train_epoch(kernel, bias, images, labels, batch_size, learning_rate):
    losses = []
    for start in range(len(images)):
        y = labels[start : start + batch_size]
        pixels = images[start : start + batch_size].reshape(len(y), -1)
        powers = np.exp(pixels @ kernel + bias)
        p = powers / powers.sum(axis=1, keepdims=True)
        losses.append(-np.log(p[np.arange(len(y)), y]).mean())
        error = (p - np.eye(len(bias))[y]) / len(y)
        kernel = kernel - learning_rate * pixels.T @ error
        bias = bias - learning_rate * error.sum(axis=0)
    return kernel, bias, losses


# %% 0 wrong: only the first batch, again and again
def train_epoch(kernel, bias, images, labels, batch_size, learning_rate):
    losses = []
    for start in range(0, len(images), batch_size):
        y = labels[:batch_size]
        pixels = images[:batch_size].reshape(len(y), -1)
        powers = np.exp(pixels @ kernel + bias)
        p = powers / powers.sum(axis=1, keepdims=True)
        losses.append(-np.log(p[np.arange(len(y)), y]).mean())
        error = (p - np.eye(len(bias))[y]) / len(y)
        kernel = kernel - learning_rate * pixels.T @ error
        bias = bias - learning_rate * error.sum(axis=0)
    return kernel, bias, losses


# %% 0 wrong: uphill
def train_epoch(kernel, bias, images, labels, batch_size, learning_rate):
    losses = []
    for start in range(0, len(images), batch_size):
        y = labels[start : start + batch_size]
        pixels = images[start : start + batch_size].reshape(len(y), -1)
        powers = np.exp(pixels @ kernel + bias)
        p = powers / powers.sum(axis=1, keepdims=True)
        losses.append(-np.log(p[np.arange(len(y)), y]).mean())
        error = (p - np.eye(len(bias))[y]) / len(y)
        kernel = kernel + learning_rate * pixels.T @ error
        bias = bias + learning_rate * error.sum(axis=0)
    return kernel, bias, losses


# %% 0 wrong: returns in the loop
def train_epoch(kernel, bias, images, labels, batch_size, learning_rate):
    losses = []
    for start in range(0, len(images), batch_size):
        y = labels[start : start + batch_size]
        pixels = images[start : start + batch_size].reshape(len(y), -1)
        powers = np.exp(pixels @ kernel + bias)
        p = powers / powers.sum(axis=1, keepdims=True)
        losses.append(-np.log(p[np.arange(len(y)), y]).mean())
        error = (p - np.eye(len(bias))[y]) / len(y)
        kernel = kernel - learning_rate * pixels.T @ error
        bias = bias - learning_rate * error.sum(axis=0)
        return kernel, bias, losses


# %% 0 wrong: the accuracy too
def train_epoch(kernel, bias, images, labels, batch_size, learning_rate):
    losses = []
    for start in range(0, len(images), batch_size):
        y = labels[start : start + batch_size]
        pixels = images[start : start + batch_size].reshape(len(y), -1)
        powers = np.exp(pixels @ kernel + bias)
        p = powers / powers.sum(axis=1, keepdims=True)
        losses.append(-np.log(p[np.arange(len(y)), y]).mean())
        error = (p - np.eye(len(bias))[y]) / len(y)
        kernel = kernel - learning_rate * pixels.T @ error
        bias = bias - learning_rate * error.sum(axis=0)
    return kernel, bias, losses, (p.argmax(axis=1) == y).mean()


# %% 0 wrong: the sign of the losses
def train_epoch(kernel, bias, images, labels, batch_size, learning_rate):
    losses = []
    for start in range(0, len(images), batch_size):
        y = labels[start : start + batch_size]
        pixels = images[start : start + batch_size].reshape(len(y), -1)
        powers = np.exp(pixels @ kernel + bias)
        p = powers / powers.sum(axis=1, keepdims=True)
        losses.append(np.log(p[np.arange(len(y)), y]).mean())
        error = (p - np.eye(len(bias))[y]) / len(y)
        kernel = kernel - learning_rate * pixels.T @ error
        bias = bias - learning_rate * error.sum(axis=0)
    return kernel, bias, losses


# %% 0 wrong: the error is not divided
def train_epoch(kernel, bias, images, labels, batch_size, learning_rate):
    losses = []
    for start in range(0, len(images), batch_size):
        y = labels[start : start + batch_size]
        pixels = images[start : start + batch_size].reshape(len(y), -1)
        powers = np.exp(pixels @ kernel + bias)
        p = powers / powers.sum(axis=1, keepdims=True)
        losses.append(-np.log(p[np.arange(len(y)), y]).mean())
        error = p - np.eye(len(bias))[y]
        kernel = kernel - learning_rate * pixels.T @ error
        bias = bias - learning_rate * error.sum(axis=0)
    return kernel, bias, losses
