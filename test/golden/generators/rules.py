"""
Optimizers that PyTorch does not have, written in float64 from the formulas of their papers. A rule takes the parameter,
its gradient and the step t >= 1, keeps what it remembers in `state` (0 unless set), and returns the next parameter.
Where a paper and its authors' public code differ, the rule follows the code and a comment says so.
"""
import numpy as np


def average(state, name, rate, value):
    """An exponential moving average."""
    state[name] = rate * state[name] + (1 - rate) * value
    return state[name]


def second_moment(state, rate, g, largest):
    """The average of squared gradients, or the largest that it has been so far."""
    v = average(state, "v", rate, g**2)
    state["v_max"] = np.maximum(state["v_max"], v)
    return state["v_max"] if largest else v


def positive_negative(state, g, beta1, beta0):
    """Xie et al. 2021, equations 6 and 7: two averages that take turns, drawn apart by beta0."""
    m = beta1**2 * state["m_before_last"] + (1 - beta1**2) * g
    u = (1 + beta0) * m - beta0 * state["m_last"]
    state["m_before_last"], state["m_last"] = state["m_last"], m
    return u / np.sqrt((1 + beta0) ** 2 + beta0**2)


def pnm(theta, g, t, state, lr, beta1=0.9, beta0=1.0):
    """Stochastic PNM (Xie, Yuan, Zhu, Sugiyama 2021, Algorithm 2)."""
    return theta - lr * positive_negative(state, g, beta1, beta0)


def adapnm(theta, g, t, state, lr=1e-3, betas=(0.9, 0.999), beta0=1.0, eps=1e-8, amsgrad=True):
    """AdaPNM (the same, Algorithm 3). The code corrects biases by 1 - beta^t, where the paper prints 1 - beta^2."""
    beta1, beta2 = betas
    m_hat = positive_negative(state, g, beta1, beta0) / (1 - beta1**t)
    v_hat = second_moment(state, beta2, g, amsgrad) / (1 - beta2**t)
    return theta - lr * m_hat / (np.sqrt(v_hat) + eps)


def adabound(theta, g, t, state, lr=1e-3, betas=(0.9, 0.999), final_lr=0.1, gamma=1e-3, eps=1e-8, amsbound=False):
    """AdaBound and AMSBound (Luo, Xiong, Liu, Sun 2019, Algorithms 2 and 3). The code corrects biases."""
    beta1, beta2 = betas
    m = average(state, "m", beta1, g)
    v = second_moment(state, beta2, g, amsbound)
    rate = lr * np.sqrt(1 - beta2**t) / (1 - beta1**t) / (np.sqrt(v) + eps)
    lower, upper = final_lr * (1 - 1 / (gamma * t + 1)), final_lr * (1 + 1 / (gamma * t))
    return theta - np.clip(rate, lower, upper) * m


def padam(theta, g, t, state, lr=0.1, betas=(0.9, 0.999), eps=1e-8, partial=0.25, amsgrad=True):
    """Padam (Chen, Zhou, Tang, Yang, Cao, Gu 2020, Algorithm 1). The code corrects biases and adds eps to the root."""
    beta1, beta2 = betas
    m = average(state, "m", beta1, g)
    v = second_moment(state, beta2, g, amsgrad)
    rate = lr * np.sqrt(1 - beta2**t) / (1 - beta1**t)
    return theta - rate * m / (np.sqrt(v) + eps) ** (2 * partial)


def yogi(theta, g, t, state, lr=1e-2, betas=(0.9, 0.999), eps=1e-3, initial_accumulator=1e-6):
    """Yogi (Zaheer, Reddi, Sachan, Kale, Kumar 2018, Algorithm 2). The code corrects biases."""
    beta1, beta2 = betas
    if t == 1:
        state["m"] = state["v"] = np.full_like(theta, initial_accumulator)
    m_hat = average(state, "m", beta1, g) / (1 - beta1**t)
    state["v"] = state["v"] - (1 - beta2) * np.sign(state["v"] - g**2) * g**2
    v_hat = state["v"] / (1 - beta2**t)
    return theta - lr * m_hat / (np.sqrt(v_hat) + eps)


# each rule with its default kind of weight decay
RULES = {
    "pnm": (pnm, "decoupled"),
    "adapnm": (adapnm, "decoupled"),
    "adabound": (adabound, "l2"),
    "padam": (padam, "l2"),
    "yogi": (yogi, "l2"),
}
