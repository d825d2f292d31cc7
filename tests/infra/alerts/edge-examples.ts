import { type Case, sampleOf } from "./fixtures.ts";

const sample = sampleOf<"compose" | "kubernetes">();

/** Requests of akosha's users that an edge has counted. */
const requests = (job: string, values: string, labels: Record<string, string> = {}) =>
  sample(
    "envoy_edge_requests",
    {
      ...{ job, instance: "edge:9902", service: "akosha", revision: "akosha-0123456789", route: "new", code: "200" },
      ...{ flags: "-", slow: "false", outcome: "good" },
      ...labels,
    },
    values,
  );

const failed = { code: "503", outcome: "failed" };

/** The cases of what an edge counts, the same wherever it stands. */
export function edgeCases(job: string) {
  const good = (values: string) => requests(job, values);
  const bad = (values: string) => requests(job, values, failed);
  const akosha = [{ service: "akosha" }];
  const burn = (every: Case["every"], at: string, steps: number, over: number, under: number) => ({
    fires: [
      {
        title: `${over} of 10000 requests fail`,
        given: [good(`0+${10_000 - over}x${steps}`), bad(`0+${over}x${steps}`)],
        ...{ every, at, firing: akosha },
      },
      {
        title: "every request fails, and none ever succeeded",
        given: [bad(`0+10x${steps}`)],
        ...{ every, at, firing: akosha },
      },
    ] as [Case, ...Case[]],
    silent: [
      {
        title: `${under} of 10000 requests fail`,
        given: [good(`0+${10_000 - under}x${steps}`), bad(`0+${under}x${steps}`)],
        ...{ every, at, firing: [] },
      },
      { title: "nobody calls", given: [good(`7x${steps}`), bad(`3x${steps}`)], ...{ every, at, firing: [] } },
      {
        title: "four of five requests fail, but nobody else calls",
        given: [good(`0 1x${steps}`), bad(`0 4x${steps}`)],
        ...{ every, at, firing: [] },
      },
      {
        title: "it was bad and is good again",
        given: [good(`0+5000x${steps}`), bad(`0 5000x${steps}`)],
        ...{ every, at, firing: [] },
      },
    ] as [Case, ...Case[]],
  });
  const slow = (all: number, slow: number): Case["given"] => [
    good(`0+${all - slow}x30`),
    requests(job, `0+${slow}x30`, { slow: "true", outcome: "slow" }),
  ];
  const split = (values: string, labels: Record<string, string>) => [
    requests(job, "0+10x100"),
    requests(job, values, { revision: "akosha-abcdefabcd", ...labels }),
  ];
  const late = { every: "5m", at: "440m" } as const;
  return {
    ErrorBudgetBurn14x: burn("1m", "75m", 80, 200, 100),
    ErrorBudgetBurn6x: burn("5m", "400m", 90, 100, 50),
    ErrorBudgetBurn3x: burn("30m", "30h", 70, 40, 20),
    ErrorBudgetBurn1x: burn("1h", "80h", 90, 20, 5),
    LatencyHigh: {
      fires: [{ title: "six of a hundred are slow", given: slow(100, 6), every: "1m", at: "25m", firing: akosha }],
      silent: [
        { title: "four of a hundred are slow", given: slow(100, 4), every: "1m", at: "25m", firing: [] },
        { title: "none is slow", given: [good("0+100x30")], every: "1m", at: "25m", firing: [] },
        {
          title: "slow probes are no users",
          given: [good("0+100x30"), requests(job, "0+90x30", { slow: "true", route: "probe", outcome: "" })],
          ...{ every: "1m", at: "25m", firing: [] },
        },
      ],
    },
    PromotionHeld: {
      fires: [{ title: "two revisions take new sessions", given: split("0+1x100", {}), ...late, firing: akosha }],
      silent: [
        { title: "only for five hours", given: split("0+1x60 60x40", {}), every: "5m", at: "310m", firing: [] },
        {
          title: "the other has old sessions alone",
          given: split("0+1x100", { route: "session" }),
          ...late,
          firing: [],
        },
        { title: "the other is probed alone", given: split("0+60x100", { route: "probe" }), ...late, firing: [] },
      ],
    },
  } satisfies Record<string, { fires: [Case, ...Case[]]; silent: [Case, ...Case[]] }>;
}
