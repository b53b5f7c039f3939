"""Scripts that make the data files of the package from material of your own."""
