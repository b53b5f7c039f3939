"""The steps by which a database reaches the tables of `headswap.store.tables`.

A step is a file in versions/, written by hand; tests/integration/test_database_migrations.py
names what the tables and the steps do not have in common.
"""
