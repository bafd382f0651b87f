"""The search language compiled to SQL, and the queries that use it."""
