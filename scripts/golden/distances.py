"""Kernel and Fréchet distances of feature sets, by numpy and scipy: test/golden/distances.json. make.py runs it too."""

import json
import pathlib

import numpy as np
import scipy.linalg

ROOT = pathlib.Path(__file__).resolve().parents[2] / "test" / "golden"


def kernel_distance(x, y):
    """Unbiased MMD² with the cubic polynomial kernel (arXiv 1801.01401)."""
    kernel = lambda a, b: (a @ b.T / a.shape[1] + 1) ** 3
    off_diagonal = lambda k: (k.sum() - np.trace(k)) / (len(k) * (len(k) - 1))
    return off_diagonal(kernel(x, x)) + off_diagonal(kernel(y, y)) - 2 * kernel(x, y).mean()


def frechet_distance(x, y):
    """Of the Gaussians of both sets (arXiv 1706.08500), with the square root of the product itself."""
    s, t = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    root = scipy.linalg.sqrtm(s @ t)
    return float(np.sum((x.mean(0) - y.mean(0)) ** 2) + np.trace(s + t - 2 * root.real))


def distances():
    random = np.random.default_rng(0)
    cases = []
    for n, m, d, shift, scale in ((40, 40, 3, 0.0, 1.0), (24, 60, 5, 0.7, 1.5), (16, 32, 8, -0.3, 0.5)):
        mix = random.normal(size=(d, d))
        x = (random.normal(size=(n, d)) @ mix).astype(np.float32)
        y = (random.normal(size=(m, d)) @ mix * scale + shift).astype(np.float32)
        a, b = x.astype(np.float64), y.astype(np.float64)
        cases.append(dict(x=x.tolist(), y=y.tolist(), kernel=kernel_distance(a, b), frechet=frechet_distance(a, b)))
    facts = dict(numpy=np.__version__, scipy=scipy.__version__)
    (ROOT / "distances.json").write_text(json.dumps(dict(**facts, cases=cases)) + "\n")


if __name__ == "__main__":
    distances()
