"""The correlation behind a table of two yes-or-no questions. No Django."""

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import multivariate_normal

Numbers = NDArray[np.float64]


def tetrachoric(table: Numbers) -> float | None:
    """Return the correlation of two normal variables that would give this 2 x 2 table when both are cut in two.

    Pearson, "On the Correlation of Characters not Quantitatively Measurable" (1900). A cell of 0 counts as one half.

    :param table: Shape (2, 2): counts.
    :return: -1 to 1; None where a row or a column is empty.
    """
    if not (table.sum(axis=0).all() and table.sum(axis=1).all()):
        return None
    filled = np.where(table == 0, 0.5, table)
    shares = filled / filled.sum()
    cuts = [NormalDist().inv_cdf(float(share)) for share in (shares[0].sum(), shares[:, 0].sum())]

    def too_many(correlation: float) -> float:
        spread = [[1, correlation], [correlation, 1]]
        return float(multivariate_normal.cdf(cuts, cov=spread, abseps=1e-9) - shares[0, 0])

    return float(brentq(too_many, -0.99999, 0.99999))
