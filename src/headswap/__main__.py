"""`python -m headswap`: the same as the command `headswap`."""

from headswap.cli.main import run

if __name__ == "__main__":
    run()
