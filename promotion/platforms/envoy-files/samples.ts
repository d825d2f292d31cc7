import { open, truncate } from "node:fs/promises";
import { CALLERS, judge } from "../../../edge/outcomes.ts";
import { edgePaths } from "../../../edge/paths.ts";
import type { SampleLine } from "../../../edge/samples.ts";
import type { EdgeSettings } from "../../../edge/settings.ts";
import { MOST_SAMPLES, type Sample } from "../../samples.ts";

/** Bytes read from the end of the file: about two hundred samples. */
const READ_BYTES = 64 * 1024;

/** The newest samples of each service and role in the edge's file, oldest first. Empty when the file cannot be read. */
export async function readSamples(settings: EdgeSettings): Promise<Sample[]> {
  const text = await tail(edgePaths(settings.folder).samples).catch(() => "");
  return samplesOf(text, settings);
}

/** Deletes all samples, so that later ones belong to the next share. */
export const forgetSamples = ({ folder }: EdgeSettings): Promise<void> =>
  truncate(edgePaths(folder).samples).catch(() => {}); // the file may not exist yet

/** Parses the edge's sample lines; truncated lines, and those of revisions not in the settings, are skipped. */
export function samplesOf(text: string, settings: EdgeSettings): Sample[] {
  const kept = new Map<string, number>();
  const samples: Sample[] = [];
  for (const line of text.split("\n").reverse()) {
    const sample = sampleOf(line, settings);
    if (!sample) continue;
    const key = `${sample.service} ${sample.role}`;
    const count = (kept.get(key) ?? 0) + 1;
    kept.set(key, count);
    if (count <= MOST_SAMPLES) samples.push(sample);
  }
  return samples.reverse();
}

function sampleOf(line: string, { services }: EdgeSettings): Sample | undefined {
  const found = parse(line);
  const service = services.find(({ name }) => name === found?.service);
  const caller = CALLERS[String(found?.route)];
  if (!found || !service || !caller) return undefined;
  const role = found.revision === service.stable.id ? "stable" : "candidate";
  if (role === "candidate" && found.revision !== service.candidate?.id) return undefined;
  const text = (value: string | number | null | undefined) => String(value ?? "");
  const facts = Object.fromEntries(Object.entries(found).map(([name, value]) => [name, text(value)]));
  const { outcome, kind, remark } = judge(facts);
  if (outcome === "neutral" || (outcome === "good" && !remark)) return undefined;
  return {
    at: Date.parse(text(found.at)),
    service: service.name,
    role,
    probe: caller === "probe",
    kind: outcome === "good" && remark ? remark : kind,
    code: Number(found.status) || null,
    flags: text(found.flags) === "-" ? null : text(found.flags) || null,
    rpcCode: typeof found.rpcCode === "number" && Number.isSafeInteger(found.rpcCode) ? found.rpcCode : null,
    method: text(found.method),
    tool: text(found.tool),
    client: text(found.client),
  };
}

function parse(line: string): Partial<SampleLine> | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

async function tail(path: string): Promise<string> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - READ_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}
