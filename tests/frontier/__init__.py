"""The frontier: one contract, run on every implementation, and what each of them promises beyond it."""
