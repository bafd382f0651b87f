"""Attacks on the real service process: outcome, memory and health while each attack runs."""
