"""Puts the files of an edge into its folder: seed.py FOLDER [NAME CONTENT]...

Each file is there at once or not at all. While Envoy runs, the order keeps every call answered: clusters come before the
routes that lead to them and go after those that led to them, and each step waits until Envoy has taken the one before.
Ends with 1, and a line that says why, when Envoy does not.
"""

import http.client
import json
import os
import socket
import sys
import time

PATIENCE = 10.0

folder, *rest = sys.argv[1:]
files = dict(zip(rest[::2], rest[1::2], strict=True))
CLUSTERS = "xds/cds.json"


def main() -> None:
    os.makedirs(os.path.join(folder, "xds"), exist_ok=True)
    running = answers()
    rejected_before = rejections() if running else {}
    own = json.loads(files[CLUSTERS])["resources"]
    leaving = [old for old in clusters_now() if old["name"] not in {new["name"] for new in own}]

    for name in sorted(files, key=order):
        write(name, json.dumps({"resources": own + leaving}) if name == CLUSTERS else files[name])
        if name == CLUSTERS and running:
            wait("the clusters", {new["name"] for new in own}, clusters_in_force, rejected_before)
    if running:
        routes = {name: routed(json.loads(text)) for name, text in files.items() if name.startswith("xds/rds-")}
        wait("the routes", set().union(*routes.values()), lambda: routes_in_force(routes), rejected_before)
    write(CLUSTERS, files[CLUSTERS])
    for name in os.listdir(os.path.join(folder, "xds")):
        if f"xds/{name}" not in files:
            os.remove(os.path.join(folder, "xds", name))


def order(name: str) -> int:
    """Endpoints, clusters, and only then the routes and all the rest."""
    return 0 if name.startswith("xds/eds-") else 1 if name == CLUSTERS else 2


def write(name: str, text: str) -> None:
    following = os.path.join(folder, f".{os.path.basename(name)}.next")
    with open(following, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(following, os.path.join(folder, name))


def wait(what: str, wanted: set, in_force, rejected_before: dict) -> None:
    """Returns when all that is wanted is in force."""
    limit = time.monotonic() + PATIENCE
    while not wanted <= (now := in_force()):
        rejected = [name for name, count in rejections().items() if count > rejected_before.get(name, 0)]
        if rejected or time.monotonic() > limit:
            sys.exit(
                f"the edge did not take over {what}: {', '.join(sorted(wanted - now))} not in force, "
                f"rejected: {', '.join(rejected) or 'nothing'}; what it did before it goes on doing, its log says why"
            )
        time.sleep(0.02)


def clusters_now() -> list:
    try:
        with open(os.path.join(folder, CLUSTERS), encoding="utf-8") as file:
            return json.load(file)["resources"]
    except FileNotFoundError:
        return []


def clusters_in_force() -> set:
    return {status["name"] for status in json.loads(ask("/clusters?format=json")).get("cluster_statuses", [])}


def routes_in_force(wanted: dict) -> set:
    """Where the routes lead, of those services that lead nowhere else any more."""
    dump = json.loads(ask("/config_dump?resource=dynamic_route_configs")).get("configs", [])
    now = {f"xds/rds-{one['route_config']['name']}.json": routed(one) for one in dump if "route_config" in one}
    return set().union(*(led for name, led in now.items() if led == wanted.get(name)))


def routed(part) -> set:
    """The clusters that a part of a configuration names."""
    if isinstance(part, list):
        return set().union(*map(routed, part))
    if not isinstance(part, dict):
        return set()
    own = {part["cluster"]} if isinstance(part.get("cluster"), str) else set()
    weighted = part.get("weighted_clusters", {}).get("clusters", [])
    return own.union({one["name"] for one in weighted}, *map(routed, part.values()))


def rejections() -> dict:
    stats = json.loads(ask("/stats?format=json&filter=%5C.update_rejected%24"))["stats"]
    return {stat["name"]: stat["value"] for stat in stats}


def answers() -> bool:
    try:
        ask("/ready")
        return True
    except OSError:
        return False


def ask(path: str) -> str:
    connection = http.client.HTTPConnection("edge")
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.settimeout(PATIENCE)
    try:
        connection.sock.connect(os.path.join(folder, "admin.sock"))
        connection.request("GET", path)
        return connection.getresponse().read().decode()
    except TimeoutError:
        sys.exit(f"the edge did not answer {path} within {PATIENCE:.0f} s; what it did before it goes on doing")


main()
