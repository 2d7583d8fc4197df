"""What people wait for: reports of a site with very many backlinks, and exports of everything, on a real mongod."""
