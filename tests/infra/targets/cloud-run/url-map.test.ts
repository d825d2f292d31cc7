import { expect, test } from "vitest";
import { urlMapOf } from "../../../../infra/targets/cloud-run/url-map.ts";

test("each service has its own name, and a header selects its candidate if it has one", () => {
  const map = urlMapOf(
    "mcp.acme.dev",
    new Map([
      ["akosha", { split: "a" }],
      ["mahavishnu", { split: "m", candidate: "mc" }],
    ]),
  );
  expect(map).toEqual({
    hostRules: [
      { hosts: ["akosha.mcp.acme.dev"], pathMatcher: "akosha" },
      { hosts: ["mahavishnu.mcp.acme.dev"], pathMatcher: "mahavishnu" },
    ],
    pathMatchers: [
      { name: "akosha", defaultService: "a" },
      {
        name: "mahavishnu",
        defaultService: "m",
        routeRules: [
          {
            priority: 1,
            matchRules: [{ prefixMatch: "/", headerMatches: [{ headerName: "x-revision", exactMatch: "candidate" }] }],
            service: "mc",
          },
        ],
      },
    ],
  });
});
