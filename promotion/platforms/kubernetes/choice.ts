import { isDeepStrictEqual } from "node:util";
import { parseJson } from "../../../edge/declared-split.ts";
import { checkNamedEdge, type Edge } from "../../../edge/settings.ts";
import { TRAFFIC_CONFIG_MAP } from "../../../edge/traffic-config-map.ts";
import type { ConfigMap } from "./config-map.ts";

export type AgentView = {
  /** The promoter's ConfigMap: null when there is none, undefined as long as nobody can say. */
  moved: ConfigMap | null | undefined;
  /** The data of the ConfigMap to rest on as it is known here, sooner or later than what names it. */
  resting: Data;
  /** Whether the edge has files already, and whether there has been too little time to ask. */
  filled: boolean;
  patient: boolean;
};

type Data = Readonly<Record<string, string>>;

/**
 * The edge to be in force, with host names; undefined where the one in force stays. The first line that is true decides.
 * Old moves, from an edge that is no longer declared, do not count. Throws where what was chosen is no edge, or a move
 * changes more than the position: settings are declared, and only then moved.
 */
export function chosen({ moved, resting, filled, patient }: AgentView): Edge | undefined {
  const declared = moved?.metadata.annotations?.[TRAFFIC_CONFIG_MAP.restingAnnotation];
  const isKnown = resting[TRAFFIC_CONFIG_MAP.resting] === declared;
  if (moved === undefined) return filled || patient ? undefined : edgeIn(resting);
  if (declared === undefined) return edgeIn(resting);
  if (moved?.data?.[TRAFFIC_CONFIG_MAP.resting] === declared) {
    const edge = edgeIn(moved.data);
    if (isKnown && !isDeepStrictEqual(edge.settings, edgeIn(resting).settings)) {
      throw new Error("the promoter's edge has other settings than the declared one");
    }
    return edge;
  }
  return isKnown || !filled ? edgeIn(resting) : undefined;
}

function edgeIn(data: Data): Edge {
  const { edge } = TRAFFIC_CONFIG_MAP;
  const text = data[edge];
  if (text === undefined) throw new Error(`${edge} is missing`);
  return checkNamedEdge(parseJson(text, edge), edge);
}
