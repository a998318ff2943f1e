"""The table `roots` of a report: for each call that another caused, the call at the top of it all."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

_STEPS = 16  # From a call to what caused it, at most: what goes in a circle ends too.


def make_roots_table(connection: duckdb.DuckDBPyConnection) -> None:
    """A table of its own, not a part of the query: so it is known to be small before the calls are scanned for it."""
    connection.execute(
        "create temp table links as select distinct request_id, parent from calls where parent is not null"
    )
    connection.execute(f"""
        create table roots as
        with recursive climb as (
            select request_id, parent as above, 1 as steps from links
            union all
            select climb.request_id, links.parent, steps + 1
            from climb join links on links.request_id = climb.above
            where steps < {_STEPS}
        )
        select request_id, arg_max(above, steps) as root from climb group by request_id
    """)
    connection.execute("drop table links")
