-- Where psql cuts: compared with its own log. What runs on the server does not matter here, how it is cut does.
select ';', ";", $$;$$, $q$ ; $$ ; $q$ -- ; '
;
/* ; /* ; */ ; */ select 1;
create table cut (a int);
create rule r as on insert to cut do also (select 1; select 2);
create rule r2 as on update to cut do also (select 1;
  select 2
); select 3; select 4
;
select 'a'
'b;' ; select 5;
select E'a\';' ; select E'\\'; select 'a\'; select 6;
select U&'d\0061;' ; select U&"a;" from cut; select N'x;', B'1', X'1F';
select "a"";""b" from cut;
select a$b$ ; select $1; select $é$ ; $é$;
select 1 +-- ;
2 ; select 3 */* ; */ 4;
select 1\; select 2\; select 3;
select array[1,2,3][1:2]; select 1::int; select 1 :: text;
create function ca() returns int language sql begin atomic select 1; select case when true then 2 end; end; select 7;
create or replace procedure cp() language sql begin atomic insert into cut values (1); end; select 8;
create function cb() returns int language sql as 'select 1;'; select 9;
do $$ begin perform 1; end; $$; select 10;
begin; select 11; end;
;
;;
select (1; select 12); select 13;
select ) ; select 14;
\set x 15
select :x; select :'x', :"x";
\set y 'select 16; select'
:y 17;
\echo a \\ select 18;
\echo it's "quoted \\ select nothing;
select 19 \g
select 20 \gset
select 21
\p
;
\pset null 'x' \\ select 22;
copy cut from stdin;
1
select 23;
\.
select 24; copy cut from stdin; select 25;
2
\.
\copy cut from stdin
3
\.
select 27;
\if true
select 28;
\endif
select E'a'
'b' ; select 29;
select 1;-- comment
select 30; /* open
; */ select 31;
select 'é;' as "ü;";
select 32
