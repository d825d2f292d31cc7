"""Opens DuckDB files the way a service with data must: nothing is downloaded, no log is thrown away, a stop closes every file.

session-buddy 0.36.0 with duckdb 2.0.0 loses data otherwise: replaying a write-ahead log looks for an extension on the
internet, fails without it, and session-buddy then deletes the log. tests/images/session-buddy/data.test.ts fails once the
upstream server keeps its data by itself; delete this file then.
"""

import functools
import os
import shutil
import threading
import time
import weakref

import duckdb

# A folder that holds no extension refuses an INSTALL at once; a name on the internet blocks the event loop for minutes.
NO_EXTENSIONS = "/app/extensions"
CONFIG = {
    "autoinstall_known_extensions": "false",
    "autoinstall_extension_repository": NO_EXTENSIONS,
    "custom_extension_repository": NO_EXTENSIONS,
}

_connect = duckdb.connect
_open: "weakref.WeakSet[duckdb.DuckDBPyConnection]" = weakref.WeakSet()
_lock = threading.Lock()


class LogNotReplayed(RuntimeError):
    """A database could not be opened with its log. The message avoids the words on which session-buddy deletes the log."""


@functools.wraps(_connect)
def connect(database=":memory:", read_only=False, config=None, **more):
    try:
        connection = _connect(database=database, read_only=read_only, config={**CONFIG, **(config or {})}, **more)
    except duckdb.Error as error:
        log = f"{database}.wal"
        if not os.path.exists(log):
            raise
        copy = f"{log}.{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}"
        shutil.copy2(log, copy)
        raise LogNotReplayed(f"{database} cannot be opened with its log (copied to {copy}): {type(error).__name__}") from error
    with _lock:
        _open.add(connection)
    return connection


def close_all():
    """Writes every log into its database and closes the database."""
    with _lock:
        connections = list(_open)
    for connection in connections:
        try:
            connection.execute("CHECKPOINT")
            connection.close()
        except duckdb.Error as error:
            # one that was closed before has nothing left to lose
            print(f"closing a database: {error}", flush=True)


duckdb.connect = connect
