"""The query language: what a person types, understood. Pure; knows nothing of SQL or HTTP."""

from infra.search.parse import parse_query
from infra.search.query import Query

__all__ = ["Query", "parse_query"]
