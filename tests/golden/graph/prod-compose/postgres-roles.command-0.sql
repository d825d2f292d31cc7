SET log_statement TO 'none';
SET log_min_error_statement TO 'panic';
\set password `cat /run/secrets/postgres-password`
ALTER ROLE "postgres" PASSWORD :'password';
SELECT 'CREATE ROLE "akosha" LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'akosha') \gexec
\set password `cat /run/secrets/akosha-database-password`
ALTER ROLE "akosha" PASSWORD :'password';
SELECT 'CREATE DATABASE "akosha" OWNER "akosha"' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'akosha') \gexec
REVOKE CONNECT ON DATABASE "akosha" FROM PUBLIC;
SELECT 'CREATE ROLE "mahavishnu" LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'mahavishnu') \gexec
\set password `cat /run/secrets/mahavishnu-database-password`
ALTER ROLE "mahavishnu" PASSWORD :'password';
SELECT 'CREATE DATABASE "mahavishnu" OWNER "mahavishnu"' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'mahavishnu') \gexec
REVOKE CONNECT ON DATABASE "mahavishnu" FROM PUBLIC;
\connect "akosha"
CREATE EXTENSION IF NOT EXISTS vector;
\connect "mahavishnu"
CREATE EXTENSION IF NOT EXISTS vector;
