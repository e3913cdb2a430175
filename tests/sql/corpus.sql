-- Statements, one a line, each given to a real server in a read-only transaction. Those that it refuses must be
-- findings. A line that begins with ! is not given to it: read-only lets it through, and it must be a finding.
--
-- Reads
SELECT 1
select
SELECT * FROM t
SELECT a, b FROM t WHERE a = 1
SELECT count(*) FROM t
SELECT count(DISTINCT b), sum(c), avg(c), min(a), max(a) FROM t
SELECT b, count(*) FROM t GROUP BY b HAVING count(*) > 1 ORDER BY 2 DESC LIMIT 5 OFFSET 1
SELECT * FROM t JOIN u USING (a)
SELECT * FROM t LEFT JOIN u ON (t.a = u.a) WHERE u.a IS NULL
SELECT * FROM t NATURAL JOIN u
SELECT * FROM t CROSS JOIN LATERAL (SELECT 1 AS one) x
SELECT * FROM (SELECT a FROM t) AS x (y)
SELECT * FROM t WHERE a IN (SELECT a FROM u)
SELECT * FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.a = t.a)
SELECT * FROM t WHERE a = ANY (ARRAY[1, 2])
SELECT * FROM t WHERE (a, b) IN ((1, 'x'), (2, 'y'))
SELECT * FROM t WHERE b LIKE 'x%' OR b ILIKE ('y' || '%') OR b SIMILAR TO '(a|b)%'
SELECT * FROM t WHERE b NOT LIKE ('a' || '%') AND b NOT ILIKE ('b' || '%')
SELECT * FROM t WHERE b LIKE 'a\_b' ESCAPE '\'
SELECT * FROM t WHERE d BETWEEN now() - interval '1 day' AND now()
SELECT * FROM t WHERE d > CURRENT_TIMESTAMP - INTERVAL '7 days' AND d < CURRENT_DATE
SELECT CASE WHEN a > 1 THEN 'x' ELSE 'y' END FROM t
SELECT coalesce(b, 'none'), nullif(a, 1), greatest(a, 2), least(a, 3) FROM t
SELECT a::text, CAST(c AS numeric(10, 2)), b::varchar(3) FROM t
SELECT to_char(d, 'YYYY-MM-DD'), date_trunc('day', d), extract(year FROM d) FROM t
SELECT substring(b FROM 1 FOR 2), position('x' IN b), trim(both ' ' FROM b), overlay(b PLACING 'z' FROM 1) FROM t
SELECT lower(b), upper(b), length(b), replace(b, 'a', 'b'), left(b, 1), right(b, 1) FROM t
SELECT regexp_replace(b, '[0-9]+', ''), split_part(b, '-', 1), md5(b) FROM t
SELECT string_agg(b, ',' ORDER BY a), array_agg(a), json_agg(b), jsonb_agg(j) FROM t
SELECT j -> 'x', j ->> 'x', j @> '{"x": 1}', j #>> '{x}', jsonb_array_length('[]'), j ? 'x' FROM t
SELECT jsonb_path_query(j, '$.x') FROM t
SELECT row_number() OVER (PARTITION BY b ORDER BY a), rank() OVER w FROM t WINDOW w AS (ORDER BY a)
SELECT count(*) FILTER (WHERE a > 1) FROM t
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY c) FROM t
SELECT generate_series(1, 3), unnest(ARRAY[1, 2])
SELECT * FROM generate_series(1, 3) AS g (i)
SELECT * FROM unnest(ARRAY[1, 2], ARRAY['a', 'b']) WITH ORDINALITY AS x (a, b, n)
SELECT * FROM ROWS FROM (generate_series(1, 2), generate_series(1, 3)) AS x (a, b)
SELECT * FROM jsonb_to_recordset('[{"a": 1}]') AS x (a int)
SELECT * FROM json_each('{"a": 1}') AS e (k, v)
SELECT a, b FROM t GROUP BY ROLLUP (a, b)
SELECT a, b FROM t GROUP BY CUBE (a, b)
SELECT a, b FROM t GROUP BY GROUPING SETS ((a), (b), ())
SELECT a, b, grouping(a) FROM t GROUP BY a, ROLLUP (b)
SELECT * FROM t TABLESAMPLE SYSTEM (10)
SELECT * FROM t TABLESAMPLE BERNOULLI (10) REPEATABLE (1)
SELECT * FROM t FETCH FIRST 3 ROWS ONLY
SELECT * FROM t ORDER BY a FETCH FIRST (1 + 1) ROWS WITH TIES
SELECT DISTINCT ON (b) b, a FROM t ORDER BY b, a
SELECT DISTINCT ON (b) lower(b) FROM t
SELECT 1 UNION SELECT 2
SELECT 1 UNION ALL (SELECT 2 EXCEPT SELECT 3)
(SELECT 1)
((SELECT 1) UNION (SELECT 2)) ORDER BY 1
(SELECT a FROM t LIMIT 1) UNION ALL SELECT 2
VALUES (1, 'a'), (2, 'b')
TABLE t
TABLE ONLY t
WITH x AS (SELECT 1 AS one) SELECT * FROM x
WITH x (one) AS (SELECT 1), y (p, q) AS (SELECT 1, 2) SELECT * FROM x, y
WITH x AS MATERIALIZED (SELECT 1), y AS NOT MATERIALIZED (SELECT 2) SELECT * FROM x, y
WITH RECURSIVE r (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT sum(n) FROM r
WITH RECURSIVE r (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM r WHERE n < 5) SEARCH DEPTH FIRST BY n SET ord SELECT * FROM r
WITH RECURSIVE r (n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM r WHERE n < 5) CYCLE n SET is_cycle USING path SELECT n FROM r
SELECT (SELECT count(*) FROM u), (t).a, t.* FROM t
SELECT array(SELECT a FROM t), ROW(1, 2), (1, 2) = (1, 2)
SELECT arr[1], arr[1:2], arr[:2], arr[2:] FROM t
SELECT a AS "select", b AS delete FROM t
SELECT "update", "insert" FROM u
SELECT u.update, u.insert FROM u
SELECT 'INSERT INTO t VALUES (1)'
SELECT 'it''s', E'it\'s', $$it's$$, $q$ drop table t $q$
SELECT U&'d\0061t', N'n', B'101', X'1F'
SELECT 1 AS "a;b", '; DROP TABLE t; --'
SELECT 1 -- drop table t
SELECT /* delete from t; /* nested */ still */ 1
SELECT 1 + 2 * 3 / 4 % 5, 5 ^ 6, 1 << 2, ~1, |/ 4, @ -1, '5' !~ 3::text
SELECT 1 OPERATOR(pg_catalog.+) 2
SELECT - 1, +1, 1.5, .5, 1., 1e10, 1.5e-3
SELECT $a$1$a$
SELECT true AND NOT false OR null IS NULL
SELECT a IS DISTINCT FROM 1, b IS NOT NULL, (a > 1) IS TRUE FROM t
SELECT (DATE '2001-02-16', DATE '2001-12-21') OVERLAPS (DATE '2001-10-30', DATE '2002-10-30')
SELECT d AT TIME ZONE 'UTC', timezone('UTC', d) FROM t
SELECT b COLLATE "C" FROM t ORDER BY b COLLATE "C" NULLS LAST
SELECT xmlelement(name foo, xmlattributes('x' AS bar), 'content')
SELECT xmlforest(a AS x, b AS y), xmlconcat('<a/>'::xml, '<b/>'::xml) FROM t
SELECT current_user, session_user, current_database(), current_schema(), version(), current_date, localtime(0)
SELECT pg_backend_pid(), pg_is_in_recovery(), pg_postmaster_start_time(), inet_server_addr()
SELECT pg_size_pretty(pg_total_relation_size('t')), pg_relation_size('t'), pg_database_size('postgres')
SELECT pg_get_viewdef('v'), pg_get_indexdef('ti'::regclass), pg_get_functiondef('fr'::regproc)
SELECT obj_description('t'::regclass), col_description('t'::regclass, 1), format_type(23, null)
SELECT has_table_privilege('t', 'INSERT'), has_schema_privilege('sc', 'CREATE')
SELECT current_setting('work_mem'), current_setting('app.x', true)
SELECT set_config('search_path', 'public', false)
SELECT pg_catalog.set_config('search_path', '', false)
SELECT set_config('statement_timeout', '5s', true)
SELECT pg_sleep(0), clock_timestamp(), statement_timestamp(), random(), gen_random_uuid()
SELECT last_value FROM s
SELECT pg_sequence_last_value('s')
SELECT * FROM pg_stat_activity
SELECT pid, query, pg_blocking_pids(pid) FROM pg_stat_activity WHERE state <> 'idle'
SELECT * FROM pg_stat_user_tables ORDER BY n_dead_tup DESC
SELECT * FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
SELECT * FROM information_schema.tables WHERE table_schema = 'public'
SELECT * FROM pg_settings WHERE name ~ 'timeout'
SELECT * FROM pg_indexes WHERE tablename = 't'
SELECT relname, reltuples::bigint FROM pg_class WHERE relkind IN ('r', 'p')
SELECT datname, age(datfrozenxid) FROM pg_database
SELECT * FROM pg_replication_slots
SELECT pg_current_wal_lsn(), pg_walfile_name(pg_current_wal_lsn())
SELECT pg_wal_lsn_diff('0/2', '0/1')
SELECT * FROM pg_catalog.pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
SELECT c.oid::regclass, pg_catalog.pg_table_is_visible(c.oid) FROM pg_catalog.pg_class c LIMIT 1
SELECT * FROM v
SELECT * FROM mv
SELECT * FROM sc.x
SELECT * FROM ONLY t
SELECT x.a FROM t x, u AS y WHERE x.a = y.a
SELECT to_tsvector('english', b) @@ to_tsquery('english', 'x') FROM t
SELECT ts_headline('english', 'some text', to_tsquery('text')), ts_rank(to_tsvector('a'), to_tsquery('a'))
SELECT point(1, 2), box '((0,0),(1,1))', circle(point(0, 0), 1)
SELECT int4range(1, 10) && int4range(5, 15), lower(int4range(1, 5)), isempty('empty'::int4range)
SELECT inet '10.0.0.1' << inet '10.0.0.0/8', host('10.0.0.1'::inet)
SELECT encode(sha256('x'::bytea), 'hex'), decode('ff', 'hex')
SELECT array_length(arr, 1), array_position(arr, 1), array_to_string(arr, ','), cardinality(arr) FROM t
SELECT width_bucket(a, 0, 10, 5), round(c, 2), ceil(c), floor(c), trunc(c), power(2, 3), sqrt(4) FROM t
SELECT lag(a) OVER (ORDER BY a), lead(a, 1, 0) OVER (ORDER BY a), first_value(a) OVER (ORDER BY a ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM t
SELECT sum(a) OVER (ORDER BY a RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE TIES) FROM t
SELECT age(now(), d), make_date(2020, 1, 1), make_interval(days => 1), justify_days(interval '40 days') FROM t
SELECT concat_ws(',', VARIADIC ARRAY['a', 'b']), format('%s %I', 'a', 'b'), quote_ident('a'), quote_literal('b')
SELECT txid_current_if_assigned(), pg_current_snapshot()
SELECT nullif(b, '')::int IS NULL FROM t WHERE false
SELECT a FROM t ORDER BY a USING <
SELECT 'one'::ty, enum_range(null::ty), (ROW(1, 2)::comp).x
SELECT * FROM pt WHERE k = 1
SELECT count(*) FROM pg_stat_all_tables s WHERE s.n_live_tup > 0
SELECT json_build_object('a', 1, 'b', json_build_array(1, 2)), row_to_json(t) FROM t
SELECT bool_and(a > 0), bool_or(a > 5), every(a > 0), corr(a, c), stddev(c) FROM t
SELECT EXTRACT(EPOCH FROM (now() - d))::int FROM t
SELECT x FROM (VALUES (1), (2)) AS v (x)
SELECT lo_get(1) WHERE false
EXPLAIN SELECT * FROM t
EXPLAIN DELETE FROM t
EXPLAIN INSERT INTO t VALUES (100)
EXPLAIN UPDATE t SET b = 'x'
EXPLAIN VERBOSE SELECT 1
EXPLAIN (COSTS off) SELECT * FROM t
EXPLAIN (FORMAT json, VERBOSE) SELECT * FROM t
EXPLAIN (ANALYZE off) DELETE FROM t
EXPLAIN (ANALYZE false, COSTS) UPDATE t SET b = 'x'
EXPLAIN ANALYZE SELECT * FROM t
EXPLAIN ANALYZE VERBOSE SELECT count(*) FROM t
EXPLAIN (ANALYZE, BUFFERS) SELECT * FROM t
EXPLAIN (ANALYZE true, TIMING off) WITH x AS (SELECT 1) SELECT * FROM x
EXPLAIN (SELECT 1)
EXPLAIN ANALYZE (SELECT 1)
EXPLAIN CREATE TABLE x AS SELECT 1
SHOW ALL
SHOW search_path
SHOW TIME ZONE
SHOW TRANSACTION ISOLATION LEVEL
SHOW SESSION AUTHORIZATION
SET statement_timeout = '5s'
SET LOCAL statement_timeout TO 5000
SET SESSION work_mem = '64MB'
SET search_path TO public, sc
SET search_path = ''
SET TIME ZONE 'UTC'
SET TIME ZONE LOCAL
SET timezone TO 'Europe/Berlin'
SET datestyle = iso, mdy
SET NAMES 'UTF8'
SET client_encoding TO 'LATIN1'
SET client_min_messages = warning
SET standard_conforming_strings = on
SET application_name = 'x'
SET enable_seqscan = off
SET lock_timeout = 0
SET idle_in_transaction_session_timeout = 0
SET row_security = off
SET check_function_bodies = false
SET xmloption = content
SET XML OPTION DOCUMENT
SET default_tablespace = ''
SET default_table_access_method = heap
SET default_transaction_read_only = on
SET transaction_read_only = on
SET extra_float_digits = 3
SET app.user_id = '42'
SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY
SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL SERIALIZABLE
SET TRANSACTION READ ONLY
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY
SET random_page_cost = 1.1
SET jit = off
RESET statement_timeout
RESET search_path
RESET TIME ZONE
RESET work_mem
BEGIN
BEGIN WORK
BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE
START TRANSACTION READ ONLY
SAVEPOINT x
COMMIT
END
ROLLBACK
ABORT
COMMIT AND CHAIN
COPY t TO STDOUT
COPY t (a, b) TO STDOUT WITH (FORMAT csv, HEADER)
COPY (SELECT * FROM t) TO STDOUT
COPY (SELECT * FROM t WHERE b = 'from') TO STDOUT WITH CSV HEADER
COPY (WITH x AS (SELECT 1) SELECT * FROM x) TO STDOUT
COPY (VALUES (1)) TO STDOUT
COPY (TABLE t) TO STDOUT
COPY sc.x TO STDOUT CSV
PREPARE q1 AS SELECT * FROM t WHERE a = $1
PREPARE q2 (int, text) AS SELECT $1, $2
PREPARE q3 AS VALUES (1)
DECLARE c1 CURSOR FOR SELECT * FROM t
DECLARE c2 SCROLL CURSOR WITHOUT HOLD FOR SELECT 1
DECLARE c3 NO SCROLL CURSOR FOR WITH x AS (SELECT 1) SELECT * FROM x
DEALLOCATE ALL
CLOSE ALL
LISTEN channel
UNLISTEN *
DISCARD PLANS
DISCARD SEQUENCES
-- Reads that no text can know to be reads
SELECT fr(1)
SELECT public.fr(1)
SELECT * FROM fr(1)
SELECT fr(a) FROM t
SELECT a FROM t WHERE fr(a) > 1
DO $$ BEGIN NULL; END $$
SELECT query_to_xml('select 1', true, true, '')
SELECT x FROM t alias (x, y)
SET session_replication_role = origin
SET role = none
RESET ALL
RESET ROLE
-- Writes of rows
INSERT INTO t VALUES (100, 'x')
INSERT INTO t (a, b) SELECT a + 100, b FROM t
INSERT INTO t DEFAULT VALUES
INSERT INTO t (a) VALUES (1) ON CONFLICT DO NOTHING
INSERT INTO t (a) VALUES (1) ON CONFLICT (a) DO UPDATE SET b = 'x'
INSERT INTO t (a) VALUES (101) RETURNING *
INSERT INTO sc.x VALUES (1)
INSERT INTO v VALUES (200, 'x')
INSERT INTO "t" ("a") VALUES (102)
INSERT INTO t AS tt (a) VALUES (103)
insert/**/into/**/t values(104)
INSERT INTO t SELECT 105 -- comment
UPDATE t SET b = 'x'
UPDATE t SET b = 'x' WHERE a = 1
UPDATE ONLY t SET b = 'x' WHERE true
UPDATE t AS x SET b = u.b FROM u WHERE x.a = u.a
UPDATE sc.x SET a = 1
UPDATE v SET b = 'x'
UPDATE t SET (b, c) = (SELECT 'x', 1) WHERE a = 1 RETURNING *
DELETE FROM t
DELETE FROM t WHERE a = 1
DELETE FROM ONLY t USING u WHERE t.a = u.a
DELETE FROM sc.x
DELETE FROM v WHERE a = 1 RETURNING a
MERGE INTO t USING u ON t.a = u.a WHEN MATCHED THEN DELETE
MERGE INTO t USING u ON t.a = u.a WHEN NOT MATCHED THEN INSERT (a) VALUES (u.a) WHEN MATCHED THEN UPDATE SET b = 'x'
WITH x AS (INSERT INTO t VALUES (300) RETURNING a) SELECT * FROM x
WITH x AS (UPDATE t SET b = 'x' RETURNING a) SELECT * FROM x
WITH x AS (DELETE FROM t RETURNING a) SELECT * FROM x
WITH x AS (DELETE FROM t WHERE a = 1 RETURNING a), y AS (SELECT 1) SELECT * FROM y
WITH x AS (SELECT 1), y AS MATERIALIZED (DELETE FROM u RETURNING 1) SELECT * FROM x
WITH x AS (SELECT 1) INSERT INTO t SELECT 400
WITH x AS (SELECT 1) UPDATE t SET b = 'y'
WITH x AS (SELECT 1) DELETE FROM t
WITH x AS (SELECT 1 AS one) MERGE INTO t USING x ON t.a = one WHEN MATCHED THEN DELETE
WITH delete AS (SELECT 1) DELETE FROM t
WITH x (a) AS (WITH y AS (DELETE FROM u RETURNING 1) SELECT 1) SELECT * FROM x
SELECT * FROM t FOR UPDATE
SELECT * FROM t FOR NO KEY UPDATE
SELECT * FROM t FOR SHARE
SELECT * FROM t FOR KEY SHARE
SELECT * FROM t FOR UPDATE OF t SKIP LOCKED
SELECT * FROM t WHERE a = 1 FOR UPDATE NOWAIT
SELECT * FROM (SELECT * FROM t FOR UPDATE) x
WITH x AS (SELECT * FROM t FOR UPDATE) SELECT * FROM x
(SELECT * FROM t FOR UPDATE)
SELECT * INTO n1 FROM t
SELECT a, b INTO TEMP n2 FROM t
SELECT INTO n3 FROM t
SELECT * INTO UNLOGGED TABLE n4 FROM t
WITH x AS (SELECT 1) SELECT * INTO n5 FROM x
VALUES (1) LIMIT fw()
SELECT nextval('s')
SELECT setval('s', 5)
SELECT setval('s', 5, false)
SELECT pg_catalog.nextval('s'::regclass)
SELECT "nextval"('s')
SELECT "pg_catalog"."nextval"('s')
SELECT NeXtVaL ('s')
SELECT nextval/* */('s')
SELECT fw()
SELECT * FROM fw()
SELECT public.fw()
SELECT "fw"()
SELECT "set"('t')
SELECT set('t')
SELECT sc.lower('x')
SELECT join('x')
SELECT over('x')
SELECT "Count"('x')
SELECT by(1)
SELECT rollup(1)
SELECT a FROM t GROUP BY a HAVING rollup(1) > 0
SELECT DISTINCT ON (1) fw()
SELECT 1 OPERATOR(pg_catalog.+) fw()
SELECT CASE WHEN fw() > 0 THEN 1 END
SELECT (fw())
SELECT ARRAY[fw()]
SELECT a FROM t ORDER BY fw()
SELECT count(*) FILTER (WHERE fw() > 0) FROM t
SELECT sum(fw()) OVER () FROM t
SELECT * FROM t, LATERAL fw()
SELECT * FROM ROWS FROM (fw()) AS x
SELECT * FROM t WHERE a = ANY (ARRAY[fw()])
SELECT coalesce(fw(), 1)
SELECT fw() AS fw
SELECT COALESCE(NULL, by(1))
EXPLAIN ANALYZE SELECT fw()
EXPLAIN ANALYZE INSERT INTO t VALUES (500)
EXPLAIN ANALYZE UPDATE t SET b = 'x'
EXPLAIN ANALYZE DELETE FROM t
EXPLAIN (ANALYZE) DELETE FROM t
EXPLAIN (ANALYZE on, VERBOSE) DELETE FROM t WHERE a = 1
EXPLAIN (VERBOSE, ANALYZE 1) WITH x AS (DELETE FROM t RETURNING 1) SELECT * FROM x
EXPLAIN (ANALYZE off, ANALYZE on) DELETE FROM t
EXPLAIN ANALYSE SELECT nextval('s')
COPY t FROM STDIN
COPY t (a, b) FROM STDIN WITH CSV
COPY t FROM STDOUT
COPY t FROM '/nonexistent'
COPY (DELETE FROM t RETURNING *) TO STDOUT
COPY (INSERT INTO t VALUES (600) RETURNING *) TO STDOUT
COPY (SELECT fw()) TO STDOUT
COPY (SELECT nextval('s')) TO STDOUT
SET CONSTRAINTS ALL IMMEDIATE
CALL p()
DO $$ BEGIN DELETE FROM t; END $$
DO LANGUAGE plpgsql 'BEGIN PERFORM fw(); END'
TRUNCATE t
TRUNCATE TABLE t, u
TRUNCATE ONLY t RESTART IDENTITY CASCADE
REFRESH MATERIALIZED VIEW mv
REFRESH MATERIALIZED VIEW CONCURRENTLY mv
REFRESH MATERIALIZED VIEW mv WITH NO DATA
-- Definitions
CREATE TABLE new1 (a int)
ALTER TABLE t ADD COLUMN x int
ALTER TABLE t DROP COLUMN b
ALTER TABLE t ALTER COLUMN b TYPE varchar
ALTER TABLE t ALTER b SET NOT NULL
ALTER TABLE t ALTER b DROP NOT NULL
ALTER TABLE t ALTER b SET DEFAULT 1
ALTER TABLE t RENAME TO t2
ALTER TABLE t RENAME COLUMN a TO z
ALTER TABLE t SET SCHEMA sc
ALTER TABLE t OWNER TO corpus_role
ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0)
ALTER TABLE t DROP CONSTRAINT t_pkey
ALTER TABLE t DISABLE TRIGGER ALL
ALTER TABLE t ENABLE ROW LEVEL SECURITY
ALTER TABLE t SET (fillfactor = 50)
ALTER TABLE t SET LOGGED
ALTER TABLE t SET UNLOGGED
ALTER TABLE t CLUSTER ON ti
ALTER TABLE t REPLICA IDENTITY FULL
ALTER TABLE t ALTER b SET STATISTICS 10
ALTER TABLE t ALTER b SET STORAGE plain
ALTER TABLE t VALIDATE CONSTRAINT t_pkey
ALTER TABLE t INHERIT u
ALTER TABLE t ATTACH PARTITION u DEFAULT
ALTER TABLE t DETACH PARTITION pt1
ALTER TABLE t SET TABLESPACE pg_default
ALTER TABLE t SET WITHOUT CLUSTER
DROP TABLE t
DROP TABLE IF EXISTS t CASCADE
CREATE VIEW new2 AS SELECT 1
ALTER VIEW v RENAME TO v2
ALTER VIEW v ALTER a SET DEFAULT 1
ALTER VIEW v SET (security_barrier)
ALTER VIEW v OWNER TO corpus_role
DROP VIEW v
DROP VIEW IF EXISTS v CASCADE
CREATE MATERIALIZED VIEW new3 AS SELECT 1
ALTER MATERIALIZED VIEW mv RENAME TO mv2
ALTER MATERIALIZED VIEW mv SET SCHEMA sc
DROP MATERIALIZED VIEW mv
DROP MATERIALIZED VIEW IF EXISTS mv CASCADE
CREATE INDEX new4 ON t (c)
ALTER INDEX ti RENAME TO ti2
ALTER INDEX ti SET (fillfactor = 50)
ALTER INDEX ti SET TABLESPACE pg_default
DROP INDEX ti
DROP INDEX IF EXISTS ti CASCADE
CREATE SEQUENCE new5
ALTER SEQUENCE s RESTART
ALTER SEQUENCE s INCREMENT 2
ALTER SEQUENCE s OWNED BY NONE
ALTER SEQUENCE s MAXVALUE 100
DROP SEQUENCE s
DROP SEQUENCE IF EXISTS s CASCADE
CREATE SCHEMA new6
ALTER SCHEMA sc RENAME TO sc2
ALTER SCHEMA sc OWNER TO corpus_role
DROP SCHEMA sc
DROP SCHEMA IF EXISTS sc CASCADE
CREATE TYPE new7 AS (a int)
ALTER TYPE comp ADD ATTRIBUTE z int
ALTER TYPE comp DROP ATTRIBUTE y
ALTER TYPE comp RENAME TO comp2
DROP TYPE comp
DROP TYPE IF EXISTS comp CASCADE
CREATE DOMAIN new8 AS int
ALTER DOMAIN dom DROP DEFAULT
ALTER DOMAIN dom SET NOT NULL
ALTER DOMAIN dom ADD CHECK (VALUE > 1)
DROP DOMAIN dom
DROP DOMAIN IF EXISTS dom CASCADE
CREATE FUNCTION new9() RETURNS int LANGUAGE sql AS 'SELECT 1'
ALTER FUNCTION fr(int) RENAME TO fr2
ALTER FUNCTION fr(int) OWNER TO corpus_role
ALTER FUNCTION fr(int) STRICT
DROP FUNCTION fr(int)
DROP FUNCTION IF EXISTS fr(int) CASCADE
CREATE PROCEDURE new10() LANGUAGE sql AS 'SELECT 1'
ALTER PROCEDURE p() RENAME TO p2
DROP PROCEDURE p()
DROP PROCEDURE IF EXISTS p() CASCADE
CREATE AGGREGATE new11(int) (sfunc = int4pl, stype = int)
ALTER AGGREGATE agg(int) RENAME TO agg2
DROP AGGREGATE agg(int)
DROP AGGREGATE IF EXISTS agg(int) CASCADE
CREATE ROLE new12
ALTER ROLE corpus_role NOLOGIN
ALTER ROLE corpus_role RENAME TO r2
ALTER ROLE corpus_role SET work_mem = 1000
ALTER ROLE corpus_role VALID UNTIL '2030-01-01'
DROP ROLE corpus_role
DROP ROLE IF EXISTS corpus_role CASCADE
CREATE USER new13
ALTER USER corpus_role CONNECTION LIMIT 5
DROP USER corpus_role
DROP USER IF EXISTS corpus_role CASCADE
CREATE GROUP new14
ALTER GROUP corpus_role ADD USER postgres
DROP GROUP corpus_role
DROP GROUP IF EXISTS corpus_role CASCADE
CREATE PUBLICATION new15
ALTER PUBLICATION pub ADD TABLE u
ALTER PUBLICATION pub DROP TABLE t
ALTER PUBLICATION pub SET (publish = 'insert')
DROP PUBLICATION pub
DROP PUBLICATION IF EXISTS pub CASCADE
CREATE SUBSCRIPTION new16 CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false)
ALTER SUBSCRIPTION sub DISABLE
DROP SUBSCRIPTION sub
DROP SUBSCRIPTION IF EXISTS sub CASCADE
CREATE EXTENSION new17
ALTER EXTENSION plpgsql UPDATE
ALTER EXTENSION plpgsql SET SCHEMA sc
DROP EXTENSION plpgsql
DROP EXTENSION IF EXISTS plpgsql CASCADE
CREATE LANGUAGE new18
ALTER LANGUAGE plpgsql OWNER TO corpus_role
DROP LANGUAGE plpgsql
DROP LANGUAGE IF EXISTS plpgsql CASCADE
CREATE COLLATION new19 FROM "C"
ALTER COLLATION "C" REFRESH VERSION
DROP COLLATION "C"
DROP COLLATION IF EXISTS "C" CASCADE
CREATE CONVERSION new20 FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1
ALTER CONVERSION conv RENAME TO conv2
DROP CONVERSION conv
DROP CONVERSION IF EXISTS conv CASCADE
CREATE SERVER new21 FOREIGN DATA WRAPPER fdw
ALTER SERVER srv OPTIONS (host 'x')
DROP SERVER srv
DROP SERVER IF EXISTS srv CASCADE
CREATE FOREIGN DATA WRAPPER new22
ALTER FOREIGN DATA WRAPPER fdw OPTIONS (x 'y')
DROP FOREIGN DATA WRAPPER fdw
DROP FOREIGN DATA WRAPPER IF EXISTS fdw CASCADE
CREATE FOREIGN TABLE new23 (a int) SERVER srv
ALTER FOREIGN TABLE ft ADD COLUMN x int
DROP FOREIGN TABLE ft
DROP FOREIGN TABLE IF EXISTS ft CASCADE
CREATE STATISTICS new24 ON a, b FROM t
ALTER STATISTICS stat RENAME TO stat2
DROP STATISTICS stat
DROP STATISTICS IF EXISTS stat CASCADE
CREATE TABLESPACE new25 LOCATION '/nonexistent'
ALTER TABLESPACE pg_default RESET (seq_page_cost)
DROP TABLESPACE pg_default
DROP TABLESPACE IF EXISTS pg_default CASCADE
CREATE DATABASE new26
ALTER DATABASE template0 SET work_mem = 1000
ALTER DATABASE template0 RENAME TO db2
ALTER DATABASE template0 OWNER TO corpus_role
ALTER DATABASE template0 CONNECTION LIMIT 1
DROP DATABASE template0
DROP DATABASE IF EXISTS template0 CASCADE
CREATE TEXT SEARCH CONFIGURATION new27 (copy = simple)
ALTER TEXT SEARCH CONFIGURATION simple RENAME TO simple2
DROP TEXT SEARCH CONFIGURATION simple
DROP TEXT SEARCH CONFIGURATION IF EXISTS simple CASCADE
CREATE TEXT SEARCH DICTIONARY new28 (template = simple)
ALTER TEXT SEARCH DICTIONARY simple RENAME TO simple2
DROP TEXT SEARCH DICTIONARY simple
DROP TEXT SEARCH DICTIONARY IF EXISTS simple CASCADE
CREATE EVENT TRIGGER new29 ON ddl_command_start EXECUTE FUNCTION tf()
ALTER EVENT TRIGGER et DISABLE
DROP EVENT TRIGGER et
DROP EVENT TRIGGER IF EXISTS et CASCADE
CREATE ACCESS METHOD new30 TYPE INDEX HANDLER bthandler
DROP ACCESS METHOD heap
CREATE OPERATOR === (leftarg = int, rightarg = int, function = int4eq)
ALTER OPERATOR + (int, int) OWNER TO corpus_role
DROP OPERATOR + (int, int)
DROP OPERATOR IF EXISTS + (int, int) CASCADE
CREATE OPERATOR CLASS new31 FOR TYPE int USING btree AS STORAGE int
ALTER OPERATOR CLASS int4_ops USING btree RENAME TO x
DROP OPERATOR CLASS int4_ops USING btree
DROP OPERATOR CLASS IF EXISTS int4_ops USING btree CASCADE
CREATE OPERATOR FAMILY new32 USING btree
ALTER OPERATOR FAMILY integer_ops USING btree RENAME TO x
DROP OPERATOR FAMILY integer_ops USING btree
DROP OPERATOR FAMILY IF EXISTS integer_ops USING btree CASCADE
CREATE TABLE n6 AS SELECT * FROM t
CREATE TABLE n7 AS TABLE t WITH NO DATA
CREATE TABLE n8 AS EXECUTE q1(1)
CREATE TABLE IF NOT EXISTS t (a int)
CREATE TABLE n9 (LIKE t INCLUDING ALL)
CREATE TABLE n10 (a int) INHERITS (u)
CREATE TABLE pt2 PARTITION OF pt FOR VALUES FROM (10) TO (20)
CREATE TEMP TABLE n11 (a int)
CREATE TEMPORARY TABLE n12 AS SELECT 1
CREATE LOCAL TEMP TABLE n13 (a int)
CREATE UNLOGGED TABLE n14 (a int)
CREATE OR REPLACE VIEW v AS SELECT a, b FROM t
CREATE TEMP VIEW n15 AS SELECT 1
CREATE RECURSIVE VIEW n16 (a) AS SELECT 1
CREATE UNIQUE INDEX n17 ON t (c)
CREATE INDEX IF NOT EXISTS ti ON t (b)
CREATE INDEX ON t USING gin (j) WHERE a > 1
CREATE OR REPLACE FUNCTION fr(int) RETURNS int STABLE LANGUAGE sql AS 'SELECT $1'
CREATE OR REPLACE PROCEDURE p() LANGUAGE sql AS 'SELECT 1'
CREATE FUNCTION ba() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END
CREATE FUNCTION ba2() RETURNS int LANGUAGE sql RETURN 1
CREATE TRIGGER n18 AFTER UPDATE ON t FOR EACH STATEMENT EXECUTE FUNCTION tf()
CREATE CONSTRAINT TRIGGER n19 AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION tf()
CREATE RULE n20 AS ON DELETE TO t DO INSTEAD NOTHING
CREATE RULE n21 AS ON INSERT TO u DO ALSO (DELETE FROM t; SELECT 1)
CREATE POLICY n22 ON t USING (a > 1)
CREATE CAST (comp AS text) WITH INOUT
CREATE TRANSFORM FOR int LANGUAGE plpgsql (FROM SQL WITH FUNCTION x(internal))
CREATE USER MAPPING FOR postgres SERVER srv
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO corpus_role
ALTER TABLE IF EXISTS ONLY t ADD x int, DROP b
ALTER TABLE ALL IN TABLESPACE pg_default SET TABLESPACE pg_default
ALTER TYPE ty ADD VALUE 'three'
ALTER TYPE ty RENAME VALUE 'one' TO 'eins'
ALTER POLICY n22 ON t RENAME TO n23
ALTER RULE n20 ON t RENAME TO n24
ALTER TRIGGER tr ON t RENAME TO tr2
ALTER INDEX ti ALTER COLUMN 1 SET STATISTICS 10
ALTER LARGE OBJECT 1 OWNER TO postgres
ALTER ROLE ALL SET work_mem = 1000
ALTER ROLE corpus_role IN DATABASE postgres RESET ALL
ALTER USER MAPPING FOR postgres SERVER srv OPTIONS (SET x 'y')
DROP TABLE IF EXISTS nope, t, u CASCADE
DROP INDEX CONCURRENTLY IF EXISTS nope
DROP TRIGGER tr ON t
DROP RULE IF EXISTS x ON t
DROP POLICY IF EXISTS x ON t
DROP CAST (comp AS text)
DROP OWNED BY corpus_role
DROP USER MAPPING IF EXISTS FOR postgres SERVER srv
DROP ROUTINE fr
DROP TRANSFORM FOR int LANGUAGE plpgsql
REASSIGN OWNED BY corpus_role TO postgres
GRANT SELECT ON t TO corpus_role
GRANT ALL ON ALL TABLES IN SCHEMA public TO corpus_role
GRANT corpus_role TO postgres
GRANT USAGE ON SCHEMA sc TO PUBLIC
REVOKE ALL ON t FROM corpus_role
REVOKE corpus_role FROM postgres
COMMENT ON TABLE t IS 'x'
COMMENT ON COLUMN t.a IS NULL
SECURITY LABEL ON TABLE t IS 'x'
IMPORT FOREIGN SCHEMA public FROM SERVER srv INTO sc
SELECT lo_import('/etc/hostname') FROM nextval('s')
SELECT pg_notify('a', 'b') FROM nextval('s')
PREPARE w1 AS INSERT INTO t VALUES (700)
-- What a read-only transaction lets through
!VACUUM
!VACUUM t
!VACUUM FULL t
!VACUUM (FULL, ANALYZE) t
!VACUUM FREEZE VERBOSE t
!ANALYZE
!ANALYZE t (a, b)
!REINDEX TABLE t
!REINDEX INDEX CONCURRENTLY ti
!REINDEX (VERBOSE) DATABASE postgres
!REINDEX SYSTEM postgres
!CLUSTER
!CLUSTER t USING ti
!CHECKPOINT
!ALTER SYSTEM SET work_mem = '1GB'
!ALTER SYSTEM RESET ALL
!LOCK t
!LOCK TABLE t IN ACCESS EXCLUSIVE MODE
!LOCK TABLE t IN ACCESS SHARE MODE NOWAIT
!NOTIFY channel
!NOTIFY channel, 'payload'
!LOAD 'auto_explain'
!COPY t TO '/tmp/x'
!COPY t TO PROGRAM 'cat'
!COPY (SELECT 1) TO PROGRAM 'sh'
!COPY t FROM PROGRAM 'cat'
!SELECT lo_create(1)
!SELECT lo_unlink(1)
!SELECT lo_put(1, 0, 'x')
!SELECT lo_export(1, '/tmp/x')
!SELECT lo_import('/etc/passwd')
!SELECT lo_from_bytea(0, 'x')
!SELECT lo_truncate(0, 0)
!SELECT lowrite(0, 'x')
!SELECT pg_create_physical_replication_slot('x')
!SELECT pg_create_logical_replication_slot('x', 'y')
!SELECT pg_drop_replication_slot('x')
!SELECT pg_replication_slot_advance('x', '0/1')
!SELECT pg_logical_slot_get_changes('x', NULL, NULL)
!SELECT * FROM pg_logical_slot_get_binary_changes('x', NULL, NULL)
!SELECT pg_logical_slot_peek_changes('x', NULL, NULL)
!SELECT pg_copy_logical_replication_slot('x', 'y')
!SELECT pg_terminate_backend(1)
!SELECT pg_terminate_backend(pid) FROM pg_stat_activity
!SELECT pg_cancel_backend(1)
!SELECT pg_switch_wal()
!SELECT pg_reload_conf()
!SELECT pg_rotate_logfile()
!SELECT pg_promote()
!SELECT pg_stat_reset()
!SELECT pg_stat_reset_shared('bgwriter')
!SELECT pg_stat_reset_single_table_counters(1)
!SELECT pg_create_restore_point('x')
!SELECT pg_backup_start('x')
!SELECT pg_wal_replay_pause()
!SELECT pg_logical_emit_message(true, 'a', 'b')
!SELECT dblink_exec('dbname=x', 'drop table t')
!SELECT * FROM dblink('dbname=x', 'delete from t returning 1') AS x (a int)
!SELECT pg_file_write('a', 'b', false)
!SELECT pg_file_unlink('a')
!SELECT heap_force_kill('t', ARRAY['(0,1)']::tid[])
!SELECT brin_summarize_new_values('ti')
!SELECT gin_clean_pending_list('ti')
!SELECT pg_advisory_lock(1)
!SELECT pg_try_advisory_xact_lock(1)
!SELECT pg_advisory_unlock_all()
!SELECT pg_import_system_collations('pg_catalog')
!SELECT pg_replication_origin_create('x')
!SELECT pg_notify('a', 'b')
!SELECT pg_export_snapshot()
!SELECT pg_read_file('x')
!SELECT set_config('default_transaction_read_only', 'off', false)
!SELECT set_config('transaction_read_only', 'off', true)
!SELECT set_config('session_replication_role', 'replica', false)
!SELECT set_config('role', 'postgres', false)
!SELECT set_config(b, 'off', false) FROM t
!SELECT set_config('search_path', b, false) FROM t
!PREPARE TRANSACTION 'x'
!COMMIT PREPARED 'x'
!ROLLBACK PREPARED 'x'
!BEGIN READ WRITE
!BEGIN ISOLATION LEVEL SERIALIZABLE, READ WRITE
!START TRANSACTION READ WRITE
!SET TRANSACTION READ WRITE
!SET TRANSACTION ISOLATION LEVEL READ COMMITTED READ WRITE
!SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE
!SET default_transaction_read_only = off
!SET default_transaction_read_only TO false
!SET SESSION default_transaction_read_only TO 'off'
!SET LOCAL transaction_read_only = 0
!SET "default_transaction_read_only" = off
!SET DEFAULT_TRANSACTION_READ_ONLY = OFF
!SET default_transaction_read_only TO DEFAULT
!SET ROLE postgres
!SET LOCAL ROLE postgres
!SET SESSION AUTHORIZATION postgres
!SET session_authorization = postgres
!SET role TO postgres
!SET session_replication_role = replica
!SET standard_conforming_strings = off
!SET client_encoding = 'SJIS'
!SET NAMES 'GBK'
!SET search_path = sc, pg_catalog
!SET zero_damaged_pages = on
!SET local_preload_libraries = 'x'
!RESET default_transaction_read_only
!RESET SESSION AUTHORIZATION
!RESET ALL
!DISCARD ALL
!DISCARD TEMP
!EXECUTE unknown_statement
!EXECUTE unknown_statement(1, 2)
!FETCH ALL FROM unknown_cursor
!FETCH unknown_cursor
!MOVE NEXT IN unknown_cursor
!EXPLAIN ANALYZE CREATE TABLE x AS SELECT 1
!EXPLAIN ANALYZE SELECT * INTO x FROM t
!EXPLAIN ANALYZE CREATE MATERIALIZED VIEW x AS SELECT 1
!EXPLAIN (ANALYZE) EXECUTE unknown_statement
!EXPLAIN ANALYZE DECLARE c CURSOR FOR SELECT fw()
!CREATE INDEX CONCURRENTLY n ON t (a)
!DROP DATABASE app
!WAIT FOR LSN '0/1'
!REPACK TABLE t
!FROBNICATE
!CALL pg_sleep(1)
