# %% 2 right: where z is not positive, 0
def dense_backward(inputs, kernel, bias, output_gradient):
    z = inputs @ kernel + bias
    z_gradient = np.where(z <= 0, 0, output_gradient)
    kernel_gradient = inputs.T @ z_gradient
    bias_gradient = z_gradient.sum(axis=0)
    input_gradient = z_gradient @ kernel.T
    return kernel_gradient, bias_gradient, input_gradient


# %% 2 right: image by image
def dense_backward(inputs, kernel, bias, output_gradient):
    kernel_gradient, bias_gradient = np.zeros(kernel.shape), np.zeros(bias.shape)
    input_gradient = []
    for row, gradient in zip(inputs, output_gradient):
        hidden = np.maximum(row @ kernel + bias, 0)
        gradient = gradient * np.sign(hidden)
        kernel_gradient += row[:, None] * gradient[None, :]
        bias_gradient += gradient
        input_gradient.append(kernel @ gradient)
    return kernel_gradient, bias_gradient, input_gradient


# %% 0 wrong: no ReLU
def dense_backward(inputs, kernel, bias, output_gradient):
    z_gradient = output_gradient
    kernel_gradient = inputs.T @ z_gradient
    bias_gradient = z_gradient.sum(axis=0)
    input_gradient = z_gradient @ kernel.T
    return kernel_gradient, bias_gradient, input_gradient


# %% 0 wrong: the sign of the gradient
def dense_backward(inputs, kernel, bias, output_gradient):
    z_gradient = output_gradient * (output_gradient > 0)
    kernel_gradient = inputs.T @ z_gradient
    bias_gradient = z_gradient.sum(axis=0)
    input_gradient = z_gradient @ kernel.T
    return kernel_gradient, bias_gradient, input_gradient


# %% 0 wrong: z without the bias
def dense_backward(inputs, kernel, bias, output_gradient):
    z = inputs @ kernel
    z_gradient = output_gradient * (z > 0)
    kernel_gradient = inputs.T @ z_gradient
    bias_gradient = z_gradient.sum(axis=0)
    input_gradient = z_gradient @ kernel.T
    return kernel_gradient, bias_gradient, input_gradient


# %% 0 wrong: z itself as a factor
def dense_backward(inputs, kernel, bias, output_gradient):
    z = inputs @ kernel + bias
    z_gradient = output_gradient * np.maximum(z, 0)
    kernel_gradient = inputs.T @ z_gradient
    bias_gradient = z_gradient.sum(axis=0)
    input_gradient = z_gradient @ kernel.T
    return kernel_gradient, bias_gradient, input_gradient


# %% 0 wrong: rows and columns of the kernel gradient swapped
def dense_backward(inputs, kernel, bias, output_gradient):
    z = inputs @ kernel + bias
    z_gradient = output_gradient * (z > 0)
    kernel_gradient = z_gradient.T @ inputs
    bias_gradient = z_gradient.sum(axis=0)
    input_gradient = z_gradient @ kernel.T
    return kernel_gradient, bias_gradient, input_gradient


# %% 0 wrong: a mean for the bias
def dense_backward(inputs, kernel, bias, output_gradient):
    z = inputs @ kernel + bias
    z_gradient = output_gradient * (z > 0)
    kernel_gradient = inputs.T @ z_gradient
    bias_gradient = z_gradient.mean(axis=0)
    input_gradient = z_gradient @ kernel.T
    return kernel_gradient, bias_gradient, input_gradient


# %% 0 wrong: no axis for the bias
def dense_backward(inputs, kernel, bias, output_gradient):
    z = inputs @ kernel + bias
    z_gradient = output_gradient * (z > 0)
    kernel_gradient = inputs.T @ z_gradient
    bias_gradient = z_gradient.sum()
    input_gradient = z_gradient @ kernel.T
    return kernel_gradient, bias_gradient, input_gradient


# %% 0 wrong: the kernel not transposed
def dense_backward(inputs, kernel, bias, output_gradient):
    z = inputs @ kernel + bias
    z_gradient = output_gradient * (z > 0)
    kernel_gradient = inputs.T @ z_gradient
    bias_gradient = z_gradient.sum(axis=0)
    input_gradient = z_gradient @ kernel
    return kernel_gradient, bias_gradient, input_gradient


# %% 0 wrong: ReLU forgotten for the inputs alone
def dense_backward(inputs, kernel, bias, output_gradient):
    z = inputs @ kernel + bias
    z_gradient = output_gradient * (z > 0)
    kernel_gradient = inputs.T @ z_gradient
    bias_gradient = z_gradient.sum(axis=0)
    input_gradient = output_gradient @ kernel.T
    return kernel_gradient, bias_gradient, input_gradient


# %% 0 wrong: everything divided by n
def dense_backward(inputs, kernel, bias, output_gradient):
    z = inputs @ kernel + bias
    z_gradient = output_gradient * (z > 0) / len(inputs)
    kernel_gradient = inputs.T @ z_gradient
    bias_gradient = z_gradient.sum(axis=0)
    input_gradient = z_gradient @ kernel.T
    return kernel_gradient, bias_gradient, input_gradient


# %% 0 wrong: the gradient of z too
def dense_backward(inputs, kernel, bias, output_gradient):
    z = inputs @ kernel + bias
    z_gradient = output_gradient * (z > 0)
    kernel_gradient = inputs.T @ z_gradient
    bias_gradient = z_gradient.sum(axis=0)
    input_gradient = z_gradient @ kernel.T
    return kernel_gradient, bias_gradient, input_gradient, z_gradient
