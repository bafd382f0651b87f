"""Services that run beside the requests of an API process."""
