"""What varies in a row, over frames or across a picture, smoothed; ends go on as they are."""

from __future__ import annotations

import cv2
import numpy as np

from headswap.arrays import F32, F64

# A Gaussian ends where it has fallen to next to nothing.
_REACH_SIGMAS = 4.0


def gaussian_mean(values: F32 | F64, sigma: float) -> F64:
    """(n, ...) float64: a Gaussian mean over the first axis; sigma in its steps."""
    reach = int(_REACH_SIGMAS * sigma + 0.5)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    rows = np.ascontiguousarray(values, np.float64).reshape(len(values), -1)
    alone, border = np.ones(1), cv2.BORDER_REPLICATE
    mean = cv2.sepFilter2D(rows, cv2.CV_64F, alone, kernel / kernel.sum(), borderType=border)
    return np.asarray(mean, np.float64).reshape(values.shape)


def running_median(values: F64, size: int) -> F64:
    """(n,) the median of so many values around each of (n,); of an even number the upper one."""
    framed = np.pad(values, (size // 2, size - 1 - size // 2), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(framed, size)
    return np.asarray(np.partition(windows, size // 2, axis=1)[:, size // 2], np.float64)
