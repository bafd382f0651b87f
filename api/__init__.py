"""HTTP API: accept uploads, record jobs and serve results. Imports no model runtime."""
