"""The stages of a visit after extraction: normalise → enrich → persist."""
