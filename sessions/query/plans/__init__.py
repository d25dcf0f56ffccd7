"""How the next rows of a list are found at a bounded cost, and how many match."""
