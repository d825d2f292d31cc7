import { expect, test } from "vitest";
import { restingTraffic } from "../../../../infra/targets/cloud-run/traffic.ts";

const [LATEST, REVISION] = ["TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION"];

test.each([
  {
    state: "stable alone, also when the service is created and has no revision to name",
    traffic: restingTraffic("akosha-1"),
    expected: [{ type: LATEST, percent: 100 }],
  },
  {
    state: "a candidate beside it: reachable by its tag, with no share",
    traffic: restingTraffic("akosha-1", "akosha-2"),
    expected: [
      { type: REVISION, revision: "akosha-1", percent: 100 },
      { type: REVISION, revision: "akosha-2", percent: 0, tag: "candidate" },
    ],
  },
])("$state", ({ traffic, expected }) => {
  expect(traffic).toEqual(expected);
});
