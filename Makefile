# Each target runs the script of its name; what it does is written there.
.PHONY: setup demo test bench quality docs check

setup:
	@scripts/setup

demo: setup
	@scripts/demo

test: setup
	@scripts/test

# make bench CLIPS=folder PHOTOS=folder; without folders, the sample.
bench: setup
	@scripts/bench $(CLIPS) $(PHOTOS) $(OPTIONS)

# Draws the sheets of docs/quality.md and prints their table.
quality: setup
	@.venv/bin/python -m benchmarks.quality_page

# Builds the pages into site/.
docs: setup
	@scripts/docs

check: setup
	@scripts/check
