"""Register and deliver webhooks."""
