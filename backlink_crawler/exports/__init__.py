"""Exports: the index as flat tables for other tools, with what they need to read them.

``star``       which tables there are, their columns, and how they are joined (pure)
``cells``      columns as files have them: ids as hexadecimal text, times with their zone (pure)
``manifest``   what an export holds, from when to when, and what the next one goes on from (pure)
``dictionary`` the data dictionary as JSON and as Markdown (pure)
``parquet``    writing partitioned Parquet
``lines``      writing CSV and JSON lines
``places``     files and folders that are there when they are complete, and not before
"""
