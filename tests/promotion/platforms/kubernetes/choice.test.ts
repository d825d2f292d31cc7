import { expect, test } from "vitest";
import type { Edge } from "../../../../edge/settings.ts";
import { type AgentView, chosen } from "../../../../promotion/platforms/kubernetes/choice.ts";

const edge = (share: number, port = 8682): Edge => ({
  settings: {
    folder: "/var/lib/edge",
    services: [
      {
        name: "akosha",
        listen: { address: "0.0.0.0", port },
        stable: { id: "akosha-1", endpoints: [{ address: "akosha-1.prod", port: 8682 }] },
        candidate: { id: "akosha-2", endpoints: [{ address: "akosha-2.prod", port: 8682 }] },
      },
    ],
  },
  position: { share, draining: [], retired: [] },
});
const [resting, moved] = [edge(0), edge(25)];
const from = (fingerprint: string, content: Edge) => ({
  "edge.json": JSON.stringify(content),
  resting: fingerprint,
});
const configMap = (declared: string | undefined, data: Record<string, string> = {}): AgentView["moved"] => ({
  metadata: {
    resourceVersion: "1",
    ...(declared !== undefined && { annotations: { "mahavishnu.dev/resting": declared } }),
  },
  data,
});
const fromF2 = from("f2", moved);

// what the API server says | which edge to rest on is known | has files | has time || the edge to be in force
test.each<[string, AgentView["moved"], string, boolean, boolean, Edge | undefined]>([
  ["nothing yet, at the start", undefined, "f2", false, true, undefined],
  ["nothing for too long, at the start", undefined, "f2", false, false, resting],
  ["nothing, after a restart of the agent", undefined, "f2", true, false, undefined],
  ["that there is no ConfigMap", null, "f2", true, false, resting],
  ["a ConfigMap that was never declared", configMap(undefined, fromF2), "f2", true, false, resting],
  ["a ConfigMap without data", configMap("f2"), "f2", true, false, resting],
  ["what a promoter moved", configMap("f2", fromF2), "f2", true, false, moved],
  ["what a promoter moved, to a new edge", configMap("f2", fromF2), "f2", false, true, moved],
  ["what a promoter moved, before it is known what from", configMap("f2", fromF2), "f1", true, false, moved],
  ["what was moved from an edge that is past", configMap("f3", fromF2), "f3", true, false, resting],
  ["that another edge is declared, before it is known", configMap("f3", fromF2), "f2", true, false, undefined],
  ["the same to an edge without files", configMap("f3", fromF2), "f2", false, false, resting],
])("the API server says %s", (_, said, fingerprint, filled, patient, expected) => {
  expect(chosen({ moved: said, resting: from(fingerprint, resting), filled, patient })).toEqual(expected);
});

test.each<[string, Record<string, string>, RegExp]>([
  ["no edge", { resting: "f2" }, /edge\.json is missing/],
  ["half of one", { resting: "f2", "edge.json": '{"settings":' }, /edge\.json is not JSON/],
  ["something else", { resting: "f2", "edge.json": '"edge"' }, /edge\.json does not describe an edge/],
  [
    "a share beyond the whole",
    { resting: "f2", "edge.json": JSON.stringify({ ...moved, position: { ...moved.position, share: 120 } }) },
    /edge\.json does not describe an edge/,
  ],
  ["other settings than the declared", from("f2", edge(25, 9999)), /different settings from the declared one/],
])("a promoter's ConfigMap with %s is refused", (_, data, message) => {
  const view = { moved: configMap("f2", data), resting: from("f2", resting), filled: true, patient: false };
  expect(() => chosen(view)).toThrow(message);
});
