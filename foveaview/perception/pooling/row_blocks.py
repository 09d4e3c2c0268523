"""Sparse matrices held as blocks of rows."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["Block", "csr_matrix", "multiply_blocks"]


def csr_matrix(crow: Tensor, column: Tensor, values: Tensor, size: tuple[int, int]) -> Tensor:
    """Make a sparse matrix from row starts, columns and values, without checks or torch's beta warning."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Sparse CSR tensor support is in beta state")
        return torch.sparse_csr_tensor(crow, column, values, size=size, check_invariants=False)


@dataclass(frozen=True, eq=False)
class Block:
    """Some rows of a matrix.

    Attributes:
        rows: the rows of the whole matrix.
        matrix: (rows, columns), sparse.
    """

    rows: slice
    matrix: Tensor


def multiply_blocks(blocks: list[Block], count: int, dense: Tensor) -> Tensor:
    """Multiply a matrix of `count` rows, held in blocks, by (columns, K)."""
    product = dense.new_empty(count, dense.shape[1])
    for block in blocks:
        # clear the output: torch without MKL may multiply its old values by beta, and 0 times NaN is NaN
        out = product[block.rows].zero_()
        torch.addmm(out, block.matrix, dense, beta=0, out=out)
    return product
