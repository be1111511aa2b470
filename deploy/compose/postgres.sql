-- SPDX-License-Identifier: Apache-2.0
--
-- The PostgreSQL image runs this once, when it creates an empty database: KCIDB
-- gets a database of its own, and a user who may do anything in this database and
-- nothing elsewhere.
\getenv password DB_PASSWORD
CREATE ROLE kcidb LOGIN PASSWORD :'password';
CREATE DATABASE kcidb OWNER kcidb;
REVOKE ALL ON DATABASE kcidb FROM PUBLIC;
