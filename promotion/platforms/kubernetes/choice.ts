import { isDeepStrictEqual } from "node:util";
import { parseJsonOf } from "../../../ecosystem/json.ts";
import { checkNamedEdge, type Edge } from "../../../edge/settings.ts";
import { TRAFFIC_CONFIG_MAP } from "../../../edge/traffic-config-map.ts";
import type { ConfigMap } from "./config-map.ts";

export type AgentView = {
  /** The promoter's ConfigMap: null when there is none, undefined while that is unknown. */
  moved: ConfigMap | null | undefined;
  /** The data of the resting ConfigMap as mounted here; it may be older or newer than the annotation that names it. */
  resting: Data;
  /** Whether the edge already has files, and whether it is still waiting for the API server. */
  filled: boolean;
  patient: boolean;
};

type Data = Readonly<Record<string, string>>;

/**
 * The edge to put in force, with host names; undefined when the current one stays. First match wins.
 * Moves from an edge that is no longer declared are ignored. Throws when the choice is not a valid edge, or when a move changes
 * more than the position: settings change by declaration only.
 */
export function chosen({ moved, resting, filled, patient }: AgentView): Edge | undefined {
  const declared = moved?.metadata.annotations?.[TRAFFIC_CONFIG_MAP.restingAnnotation];
  const isKnown = resting[TRAFFIC_CONFIG_MAP.resting] === declared;
  if (moved === undefined) return filled || patient ? undefined : edgeIn(resting);
  if (declared === undefined) return edgeIn(resting);
  if (moved?.data?.[TRAFFIC_CONFIG_MAP.resting] === declared) {
    const edge = edgeIn(moved.data);
    if (isKnown && !isDeepStrictEqual(edge.settings, edgeIn(resting).settings)) {
      throw new Error("the promoter's edge has different settings from the declared one");
    }
    return edge;
  }
  return isKnown || !filled ? edgeIn(resting) : undefined;
}

function edgeIn(data: Data): Edge {
  const { edge } = TRAFFIC_CONFIG_MAP;
  const text = data[edge];
  if (text === undefined) throw new Error(`${edge} is missing`);
  return checkNamedEdge(parseJsonOf(text, edge), edge);
}
