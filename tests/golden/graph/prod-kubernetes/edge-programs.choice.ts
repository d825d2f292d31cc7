import type { ConfigMap } from "./configmap.ts";
import { type Files, filesIn } from "./files.ts";

/** The annotation of the promoter's ConfigMap that names the files which the edge rests on, and the key that says which of them were moved. */
const RESTING = "mahavishnu.dev/resting";
export const MOVED_FROM = "resting";

export type WatcherView = {
  /** The promoter's ConfigMap: null when there is none, undefined as long as nobody can say. */
  moved: ConfigMap | null | undefined;
  /** The files to rest on as they are known here, with their fingerprint: sooner or later than what names them. */
  resting: { files: Files; fingerprint: string | undefined };
  /** Whether the edge has files already, and whether there has been time enough to ask. */
  filled: boolean;
  patient: boolean;
};

/**
 * Which files the edge shall have; undefined where it keeps those it has. The first line that is true decides. Old moves,
 * from files that are no longer declared, do not count.
 */
export function chosen({ moved, resting, filled, patient }: WatcherView): Files | undefined {
  const declared = moved?.metadata.annotations?.[RESTING];
  const data = moved?.data ?? {};
  if (moved === undefined) return filled || patient ? undefined : resting.files;
  if (declared === undefined) return resting.files;
  if (data[MOVED_FROM] === declared) return { ...filesIn(data), ...startOf(resting.files) };
  if (resting.fingerprint === declared) return resting.files;
  return filled ? undefined : resting.files;
}

/** What Envoy starts with is no promoter's to change. */
const startOf = (resting: Files): Files =>
  Object.fromEntries(Object.entries(resting).filter(([name]) => name === "bootstrap.json"));
