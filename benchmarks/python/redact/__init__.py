"""How fast data is made safe: the parts of `bench_redact.py`.

stream          what restoring costs a streamed answer
rows            the column of text that is redacted
frames          whole columns through pandas, polars and DuckDB, beside the rivals
clusters        Spark and Ray, one worker and two
cluster_worker  a local cluster, in a process of its own
rival_worker    the rivals, each in a process and a virtual environment of their own
"""
