# %% 2 right: a unit vector for each value
def numerical_gradient(function, values, step):
    slopes = []
    for i in range(values.size):
        move = np.zeros(values.size)
        move[i] = step
        move = move.reshape(values.shape)
        ahead, back = function(values + move), function(values - move)
        slopes.append((ahead - back) / (2 * step))
    return np.reshape(slopes, values.shape)


# %% 2 right: the mean of both sides, in place
def numerical_gradient(function, values, step):
    gradient, here = np.empty_like(values), function(values)
    for index in np.ndindex(*values.shape):
        old = values[index]
        values[index] = old + step
        right = (function(values) - here) / step
        values[index] = old - step
        left = (here - function(values)) / step
        values[index] = old
        gradient[index] = (left + right) / 2
    return gradient


# %% 0 wrong: forward only
def numerical_gradient(function, values, step):
    gradient = np.zeros(values.shape)
    for index in np.ndindex(values.shape):
        moved = values.copy()
        moved[index] += step
        gradient[index] = (function(moved) - function(values)) / step
    return gradient


# %% 0 wrong: back only
def numerical_gradient(function, values, step):
    gradient = np.zeros(values.shape)
    for index in np.ndindex(values.shape):
        moved = values.copy()
        moved[index] -= step
        gradient[index] = (function(values) - function(moved)) / step
    return gradient


# %% 0 wrong: divided by one step
def numerical_gradient(function, values, step):
    gradient = np.zeros(values.shape)
    for index in np.ndindex(values.shape):
        ahead, back = values.copy(), values.copy()
        ahead[index] += step
        back[index] -= step
        gradient[index] = (function(ahead) - function(back)) / step
    return gradient


# %% 0 wrong: not divided
def numerical_gradient(function, values, step):
    gradient = np.zeros(values.shape)
    for index in np.ndindex(values.shape):
        ahead, back = values.copy(), values.copy()
        ahead[index] += step
        back[index] -= step
        gradient[index] = function(ahead) - function(back)
    return gradient


# %% 0 wrong: no brackets
def numerical_gradient(function, values, step):
    gradient = np.zeros(values.shape)
    for index in np.ndindex(values.shape):
        ahead, back = values.copy(), values.copy()
        ahead[index] += step
        back[index] -= step
        gradient[index] = (function(ahead) - function(back)) / 2 * step
    return gradient


# %% 0 wrong: not put back
def numerical_gradient(function, values, step):
    gradient = np.zeros(values.shape)
    for index in np.ndindex(values.shape):
        values[index] += step
        ahead = function(values)
        values[index] -= 2 * step
        gradient[index] = (ahead - function(values)) / (2 * step)
    return gradient


# %% 0 wrong: all values moved together
def numerical_gradient(function, values, step):
    return (function(values + step) - function(values - step)) / (2 * step)


# %% 0 wrong: the same array under two names
def numerical_gradient(function, values, step):
    gradient = np.zeros(values.shape)
    for index in np.ndindex(values.shape):
        ahead = back = values.copy()
        ahead[index] += step
        back[index] -= step
        gradient[index] = (function(ahead) - function(back)) / (2 * step)
    return gradient
