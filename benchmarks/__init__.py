"""Measures results of `headswap swap` without trusting anything the product says of itself."""
