"""The store's promises on the real mongod: idempotence, crashes and races by construction, failing servers."""
