"""Roles of the embedded Postgres: the service owns its database and is no superuser."""

import psycopg
from psycopg.sql import SQL, Identifier

SUPERUSER = "postgres"
SERVICE = "gallery"
_CONVERTER = "gallery_converter"

# Role with which the cluster was created; Postgres does not take its superuser attribute away.
GET_FIRST_ROLE = "SELECT rolname FROM pg_roles WHERE oid = 10"

ROLE_EXISTS = "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %(name)s)"

# What extensions own stays with the superuser.
GIVE_OBJECTS = f"""
    DO $$
    DECLARE
        owned record;
    BEGIN
        FOR owned IN
            SELECT CASE c.relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW'
                                  WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END AS kind,
                   c.oid::regclass::text AS name
              FROM pg_class AS c
             WHERE c.relnamespace = 'public'::regnamespace
               AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
               AND NOT EXISTS (SELECT FROM pg_depend AS d
                                WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                                  AND d.deptype IN ('e', 'a', 'i'))
            UNION ALL
            SELECT 'ROUTINE', p.oid::regprocedure::text
              FROM pg_proc AS p
             WHERE p.pronamespace = 'public'::regnamespace
               AND NOT EXISTS (SELECT FROM pg_depend AS d
                                WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid
                                  AND d.deptype = 'e')
            UNION ALL
            SELECT 'TYPE', t.oid::regtype::text
              FROM pg_type AS t
             WHERE t.typnamespace = 'public'::regnamespace
               AND t.typtype IN ('e', 'd')
               AND NOT EXISTS (SELECT FROM pg_depend AS d
                                WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid
                                  AND d.deptype = 'e')
        LOOP
            EXECUTE format('ALTER %s %s OWNER TO {SERVICE}', owned.kind, owned.name);
        END LOOP;
    END $$
"""


def restrict_service_role(address: str) -> None:
    """Make sure that the role of the service exists, owns its database, and is no superuser.

    Converts clusters of earlier versions, in which the service was the superuser.

    Args:
        address: URL of the database as the superuser, with the placeholder `{role}` for its name.
    """
    if _first_role(address) == SERVICE:
        _rename_superuser(address)
    with psycopg.connect(address.format(role=SUPERUSER), autocommit=True) as conn:
        if conn.execute(ROLE_EXISTS, {"name": SERVICE}).fetchone() != (True,):
            _give_database(conn)
        conn.execute(SQL("DROP ROLE IF EXISTS {}").format(Identifier(_CONVERTER)))
        # The service must not create it: pgvector is not a trusted extension.
        conn.execute("CREATE EXTENSION IF NOT EXISTS vector")


def _first_role(address: str) -> str:
    """Return the name of the superuser, without knowing it."""
    for role in (SUPERUSER, SERVICE):
        try:
            with psycopg.connect(address.format(role=role)) as conn:
                [(name,)] = conn.execute(GET_FIRST_ROLE)
                return str(name)
        except psycopg.OperationalError as error:
            if "does not exist" not in str(error):
                raise
    return SUPERUSER


def _rename_superuser(address: str) -> None:
    """Give the superuser its own name. A role cannot rename itself, so another one does it."""
    converter = Identifier(_CONVERTER)
    with psycopg.connect(address.format(role=SERVICE), autocommit=True) as conn:
        conn.execute(SQL("DROP ROLE IF EXISTS {}").format(converter))
        conn.execute(SQL("CREATE ROLE {} LOGIN SUPERUSER").format(converter))
    with psycopg.connect(address.format(role=_CONVERTER), autocommit=True) as conn:
        rename = SQL("ALTER ROLE {} RENAME TO {}")
        conn.execute(rename.format(Identifier(SERVICE), Identifier(SUPERUSER)))


def _give_database(conn: psycopg.Connection) -> None:
    """Create the role of the service and give it the database and what is in it."""
    service = Identifier(SERVICE)
    with conn.transaction():
        conn.execute(SQL("CREATE ROLE {} LOGIN").format(service))
        conn.execute(SQL("ALTER DATABASE postgres OWNER TO {}").format(service))
        conn.execute(GIVE_OBJECTS)
