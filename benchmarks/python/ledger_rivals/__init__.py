"""The ledger beside the same logic elsewhere: the parts of `bench_ledger.py`.

workload     the accounts, the calls, and random histories of them: the same for everybody
books        what each of the four must be able to do
own          TokenFoundry's ledger
sqlite       the logic on SQLite, in the process
postgres     as PL/pgSQL functions of a PostgreSQL server
redis_lua    as Lua scripts of a Redis server
servers      starts and ends the two servers, and tells their CPU time
worker       one of the four in a process of its own
workers      starts those processes and asks them
rival        the four as they are measured, taking turns
core         the C++ driver, `benchmarks/cpp/ledger`
machine      what the figures were measured on
table        what is printed
"""
