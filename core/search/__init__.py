"""The query language: what a person types, understood. Pure; knows nothing of SQL or HTTP."""

from core.search.ast import Query
from core.search.parser import parse_query

__all__ = ["Query", "parse_query"]
