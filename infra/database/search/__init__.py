"""Search: the compiler from search language to SQL, and the queries that use it."""
