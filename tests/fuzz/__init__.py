"""Coverage-guided fuzzing; ``python -m tests.fuzz.extract`` runs until a promise breaks or the time given is up."""
