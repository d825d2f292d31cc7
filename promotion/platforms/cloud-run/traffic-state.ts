import type { GoogleAuth } from "google-auth-library";
import { z } from "zod";
import { DECLARED_ANNOTATION, decodeDeclared, type Split } from "../../../edge/declared-split.ts";
import type { ReadTrafficState, TrafficState } from "../../traffic-state.ts";

/** Google's API endpoint and the credentials; only tests override the defaults. */
export type CloudRunApi = { endpoint: string; auth(): Promise<Pick<GoogleAuth, "request">> };

const service = z.object({
  annotations: z.record(z.string(), z.string()).default({}),
  latestCreatedRevision: z.string().default(""),
  trafficStatuses: z.array(z.object({ revision: z.string().optional(), percent: z.number().default(0) })).default([]),
});
type CloudRunService = z.infer<typeof service>;

/**
 * Reads the traffic splits of a project's Cloud Run services (Cloud Run Admin API v2); `stable` is each service's intended
 * stable revision. Services that do not exist yet have no traffic; null when none exists.
 */
export function cloudRunTrafficState(
  place: { project: string; region: string; stable: Record<string, string> },
  api: CloudRunApi = google,
): ReadTrafficState {
  const { project, region, stable } = place;
  return async () => {
    const trafficState = { declared: {}, live: {}, overtaken: {} } as Required<TrafficState>;
    const look = async ([name, revision]: [string, string]) => {
      const path = `projects/${project}/locations/${region}/services/${name}`;
      const found = await read(path, api);
      if (found === null) return;
      const at = checked(found, path);
      const where = `the annotation ${DECLARED_ANNOTATION} of ${path}`;
      trafficState.declared[name] = decodeDeclared(at.annotations[DECLARED_ANNOTATION] ?? "{}", where)[name] ?? {};
      trafficState.live[name] = splitOf(at);
      const newest = at.latestCreatedRevision.split("/").at(-1) ?? "";
      const there = newest !== revision && (await read(`${path}/revisions/${revision}`, api)) !== null;
      if (there) trafficState.overtaken[name] = newest;
    };
    await Promise.all(Object.entries(stable).map(look));
    return Object.keys(trafficState.live).length > 0 ? trafficState : null;
  };
}

function checked(found: unknown, path: string): CloudRunService {
  const parsed = service.safeParse(found);
  if (!parsed.success) throw new Error(`${path} is not a Cloud Run service:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** Traffic without a revision goes to the newest, even while that is not ready: until then it does not count as moved. */
function splitOf({ trafficStatuses, latestCreatedRevision }: CloudRunService): Split {
  const newest = latestCreatedRevision.split("/").at(-1);
  const split: Split = {};
  for (const { revision, percent } of trafficStatuses) {
    const id = revision || newest;
    if (id) split[id] = (split[id] ?? 0) + percent;
  }
  return split;
}

/** Any other answer is transient and must not abort a running update: the request is retried. */
const isAnswer = (status: number): boolean => status !== 429 && status < 500;

/** Reads a resource; null when it does not exist. */
async function read(path: string, { endpoint, auth }: CloudRunApi): Promise<unknown> {
  const failed = (why: string) => new Error(`${path} cannot be read, so its traffic split is unknown: ${why}`);
  const request = { url: `${endpoint}/v2/${path}`, timeout: 30_000, retry: true, validateStatus: isAnswer };
  const { status, data } = await (await auth()).request(request).catch((error: Error & { status?: number }) => {
    throw failed(
      error.status ? `HTTP ${error.status}` : `${error.message} (see: gcloud auth application-default login)`,
    );
  });
  if (status === 404 || (status === 403 && isSwitchedOff(data))) return null;
  if (status !== 200) throw failed(`HTTP ${status} (your account needs run.services.get there)`);
  return data;
}

/** A project in which Cloud Run was never enabled has no services. */
const isSwitchedOff = (data: unknown): boolean => {
  const refusal = z.object({ error: z.object({ details: z.array(z.object({ reason: z.string().optional() })) }) });
  const { success, data: said } = refusal.safeParse(data);
  return success && said.error.details.some(({ reason }) => reason === "SERVICE_DISABLED");
};

const google: CloudRunApi = {
  // gcloud's own variable, for private endpoints
  endpoint: process.env.CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN?.replace(/\/$/, "") ?? "https://run.googleapis.com",
  // loaded only when deploying to Cloud Run
  auth: async () => {
    const { GoogleAuth } = await import("google-auth-library");
    return new GoogleAuth({ scopes: "https://www.googleapis.com/auth/cloud-platform" });
  },
};
