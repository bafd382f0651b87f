"""Search language: parser, syntax tree and tag lookup. Independent of SQL and HTTP."""

from core.search.ast import Query
from core.search.parser import parse_query

__all__ = ["Query", "parse_query"]
