"""Registration and delivery of webhooks."""
