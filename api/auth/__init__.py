"""API keys, sessions, scopes, trusted hosts and rate limits."""
