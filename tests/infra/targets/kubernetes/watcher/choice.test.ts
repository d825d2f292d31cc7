import { expect, test } from "vitest";
import { chosen, type WatcherView } from "../../../../../infra/targets/kubernetes/watcher/choice.ts";

const resting = { "rds-a.json": "resting", "bootstrap.json": "start" };
const moved = { "rds-a.json": "moved", "bootstrap.json": "another start", resting: "f2" };
const configMap = (declared: string | undefined, data: Record<string, string> = {}): WatcherView["moved"] => ({
  metadata: {
    resourceVersion: "1",
    ...(declared !== undefined && { annotations: { "mahavishnu.dev/resting": declared } }),
  },
  data,
});
const known = (fingerprint: string | undefined) => ({ files: resting, fingerprint });
const theMoved = { "rds-a.json": "moved", "bootstrap.json": "start" };

// what the API server says | which files to rest on are known | has files | has time || what the edge shall have
test.each<[string, WatcherView["moved"], string | undefined, boolean, boolean, object | undefined]>([
  ["nothing yet, at the start", undefined, "f2", false, true, undefined],
  ["nothing for too long, at the start", undefined, "f2", false, false, resting],
  ["nothing, after a restart of the watcher", undefined, "f2", true, false, undefined],
  ["that there is no ConfigMap", null, "f2", true, false, resting],
  ["a ConfigMap that nobody declared", configMap(undefined, moved), "f2", true, false, resting],
  ["a ConfigMap without data", configMap("f2"), "f2", true, false, resting],
  ["what a promoter moved", configMap("f2", moved), "f2", true, false, theMoved],
  ["what a promoter moved, before it is known what from", configMap("f2", moved), "f1", true, false, theMoved],
  ["what was moved from files that are past", configMap("f3", moved), "f3", true, false, resting],
  ["that other files are declared, before they are known", configMap("f3", moved), "f2", true, false, undefined],
  ["the same to an edge without files", configMap("f3", moved), "f2", false, false, resting],
])("the API server says %s", (_, said, fingerprint, filled, patient, expected) => {
  expect(chosen({ moved: said, resting: known(fingerprint), filled, patient })).toEqual(expected);
});
