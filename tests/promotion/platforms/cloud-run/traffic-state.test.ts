import { GoogleAuth, OAuth2Client } from "google-auth-library";
import { expect, onTestFinished, test, vi } from "vitest";
import { DECLARED_ANNOTATION, declaredSplits, encodeDeclared } from "../../../../edge/declared-split.ts";
import { cloudRunTrafficState } from "../../../../promotion/platforms/cloud-run/traffic-state.ts";
import { startApi } from "../../../fixtures/api.ts";
import { exampleEdge, type Platform, platformConforms } from "../conformance.ts";

const path = (name: string) => `/v2/projects/p/locations/europe-west1/services/${name}`;

/** Google's own client at a double of its API. */
async function startDouble() {
  const api = await startApi();
  onTestFinished(() => api.close());
  const signedIn = new OAuth2Client();
  signedIn.setCredentials({ access_token: "token", expiry_date: 9e12 });
  let port = 20_000;
  const settings = exampleEdge("/var/lib/edge", () => port++);
  const stable = Object.fromEntries(settings.services.map(({ name, stable }) => [name, stable.id]));
  const read = cloudRunTrafficState(
    { project: "p", region: "europe-west1", stable },
    { endpoint: api.url, auth: async () => new GoogleAuth({ authClient: signedIn }) },
  );
  const put = (name: string, body: object) => void api.answers.set(path(name), { status: 200, body });
  return { api, read, put, settings };
}

async function start(): Promise<Platform> {
  const { api, read, put, settings } = await startDouble();
  const moveOne = async (name: string, share: number) => {
    const service = settings.services.find((one) => one.name === name);
    if (!service) throw new Error(`there is no ${name}`);
    const { stable, candidate } = service;
    put(name, {
      annotations: { [DECLARED_ANNOTATION]: encodeDeclared(declaredSplits([service])) },
      latestCreatedRevision: `${path(name).slice("/v2/".length)}/revisions/${(candidate ?? stable).id}`,
      trafficStatuses: candidate
        ? [
            { revision: stable.id, percent: 100 - share },
            { revision: candidate.id, percent: share, tag: "candidate" },
          ]
        : [{ percent: 100 }],
    });
  };
  const move = async (share: number) => {
    for (const { name } of settings.services) await moveOne(name, share);
  };
  const annotated = async (declared: string) =>
    put("akosha", { annotations: { [DECLARED_ANNOTATION]: declared }, trafficStatuses: [] });
  return {
    read,
    settings,
    declare: () => move(0),
    move,
    moveOne,
    breakDown: async () => void api.answers.set(path("akosha"), { status: 403, body: {} }),
    plant: {
      "half a declaration": () => annotated('{"akosha":'),
      "another declaration": () => annotated('{"akosha-a":100}'),
      "something else than a service": async () => put("akosha", { trafficStatuses: "all" }),
    },
  };
}

platformConforms("Cloud Run (Google's client, a double of its API)", start, {
  unreachable: /services\/akosha cannot be read.*HTTP 403 \(your account needs run\.services\.get/,
  hostile: ["half a declaration", "another declaration", "something else than a service"],
  perService: true,
});

test("every service is asked for with the caller's token", async () => {
  const { api, read } = await startDouble();
  await read();
  expect(api.asked.at(-1)).toEqual({ url: path("session-buddy"), authorization: "Bearer token" });
});

test("a stable that is there behind a newer revision has been overtaken", async () => {
  const { api, read, put } = await startDouble();
  const revisions = `${path("akosha").slice("/v2/".length)}/revisions`;
  put("akosha", { latestCreatedRevision: `${revisions}/akosha-b` });
  expect((await read())?.overtaken).toEqual({});
  api.answers.set(`${path("akosha")}/revisions/akosha-a`, { status: 200, body: {} });
  expect((await read())?.overtaken).toEqual({ akosha: "akosha-b" });
});

test("traffic to the newest revision, ready or not, does not count as moved", async () => {
  const { read, put } = await startDouble();
  const revisions = "projects/p/locations/europe-west1/services/akosha/revisions";
  put("akosha", {
    latestCreatedRevision: `${revisions}/akosha-b`,
    latestReadyRevision: `${revisions}/akosha-a`,
    trafficStatuses: [{ type: "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", percent: 100 }],
  });
  expect((await read())?.live).toEqual({ akosha: { "akosha-b": 100 } });
});

test("a bad moment is asked again", async () => {
  const { api, read, put } = await startDouble();
  api.answers.set(path("akosha"), { status: 503, body: {} });
  const asked = read();
  await vi.waitFor(() => expect(api.asked.filter(({ url }) => url === path("akosha")).length).toBeGreaterThan(1), {
    timeout: 10_000,
  });
  put("akosha", { trafficStatuses: [] });
  expect((await asked)?.live).toEqual({ akosha: {} });
});

test("there is no service where Cloud Run was never switched on", async () => {
  const { api, read, settings } = await startDouble();
  const body = { error: { code: 403, details: [{ reason: "SERVICE_DISABLED", domain: "googleapis.com" }] } };
  for (const { name } of settings.services) api.answers.set(path(name), { status: 403, body });
  expect(await read()).toBeNull();
});
