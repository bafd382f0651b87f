-- Run once by psql, as superuser, when the database is made. The service itself is no superuser.
\set password `cat /run/secrets/database_password`
CREATE ROLE gallery LOGIN PASSWORD :'password';
CREATE DATABASE gallery OWNER gallery;
\connect gallery
-- Only a superuser may create it; the migrations then find it there.
CREATE EXTENSION IF NOT EXISTS vector;
