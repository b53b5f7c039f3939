"""The `headswap` command and its subcommands."""
