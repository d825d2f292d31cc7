"""A small FastMCP server for the smoke tests: python server.py PORT. It says "Uvicorn running" when it listens."""

import sys

from fastmcp import FastMCP
from starlette.requests import Request
from starlette.responses import JSONResponse

server = FastMCP("fastmcp-probe", version="1.2.3")


@server.tool
def get_liveness() -> dict:
    return {"status": "ok"}


@server.tool
def broken() -> str:
    raise ValueError("the store is gone")


@server.tool
def hiding() -> dict:
    return {"success": False, "error": "the store is gone"}


@server.custom_route("/healthz", methods=["GET"])
async def healthz(_: Request) -> JSONResponse:
    return JSONResponse({"status": "ok"})


server.run(transport="http", host="127.0.0.1", port=int(sys.argv[1]), show_banner=False)
