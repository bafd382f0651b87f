-- Run once by psql as superuser, when the database is created. The service is not a superuser.
\set password `cat /run/secrets/database_password`
CREATE ROLE gallery LOGIN PASSWORD :'password';
CREATE DATABASE gallery OWNER gallery;
\connect gallery
-- Only a superuser can create the extension. The migrations use it if it exists.
CREATE EXTENSION IF NOT EXISTS vector;
