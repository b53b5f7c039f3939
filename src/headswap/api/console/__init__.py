"""What the console asks for beyond the versions of the API; it uses those for all else."""
