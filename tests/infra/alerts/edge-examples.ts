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
    requests(job, "0+10x300"),
    requests(job, values, { revision: "akosha-abcdefabcd", ...labels }),
  ];
  // promtool's time begins on a Thursday at midnight
  const inTheMorning = { every: "5m", at: "545m" } as const;
  const inTheEvening = { every: "5m", at: "1110m" } as const;
  const refused = (values: string, labels = {}) =>
    requests(job, values, { by: "server", code: "403", outcome: "refused", client: "7", ...labels });
  const served = (values: string) => requests(job, values, { client: "7" });
  return {
    ErrorBudgetBurn14x: burn("1m", "75m", 80, 200, 100),
    ErrorBudgetBurn6x: burn("5m", "400m", 90, 100, 50),
    ErrorBudgetBurn3x: burn("30m", "34h", 70, 40, 20),
    ErrorBudgetBurn1x: burn("30m", "34h", 70, 20, 5),
    LatencyHigh: {
      fires: [{ title: "six of a hundred are slow", given: slow(100, 6), every: "1m", at: "25m", firing: akosha }],
      silent: [
        { title: "four of a hundred are slow", given: slow(100, 4), every: "1m", at: "25m", firing: [] },
        { title: "none is slow", given: [good("0+100x30")], every: "1m", at: "25m", firing: [] },
        {
          title: "two of three are slow, but nobody else calls",
          given: [good("0+0.1x60"), requests(job, "0+0.2x60", { slow: "true", outcome: "slow" })],
          ...{ every: "1m", at: "50m", firing: [] },
        },
        {
          title: "slow probes are no users",
          given: [good("0+100x30"), requests(job, "0+90x30", { slow: "true", route: "probe", outcome: "" })],
          ...{ every: "1m", at: "25m", firing: [] },
        },
      ],
    },
    ServiceRefusing: {
      fires: [
        {
          title: "after an hour of service it answers nothing but 403",
          given: [served("0+60x60 3600x20"), refused("0x60 0+60x20")],
          ...{ every: "1m", at: "69m", firing: akosha },
        },
        {
          title: "its only client gets nothing but 421, and nobody was served for an hour",
          given: [served("0+1x60 60x80"), refused("0x120 0+2x20", { code: "421" })],
          ...{ every: "1m", at: "130m", firing: akosha },
        },
        {
          title: "six hours later it still refuses",
          given: [served("0+60x60 3600x400"), refused("0x60 0+60x400", { code: "429" })],
          ...{ every: "1m", at: "420m", firing: akosha },
        },
      ],
      silent: [
        {
          title: "it refuses most requests, as it always did",
          given: [served("0+6x80"), refused("0+60x80")],
          ...{ every: "1m", at: "69m", firing: [] },
        },
        {
          title: "it has never served anybody",
          given: [refused("0+60x80")],
          ...{ every: "1m", at: "69m", firing: [] },
        },
        {
          title: "at night a stranger alone is refused",
          given: [served("0+60x60 3600x20"), refused("0x60 0+60x20", { client: "3" })],
          ...{ every: "1m", at: "69m", firing: [] },
        },
        {
          title: "a client's burst is refused, and then nobody calls",
          given: [served("0+60x60 3600x20"), refused("0x65 60x20")],
          ...{ every: "1m", at: "70m", firing: [] },
        },
        {
          title: "the edge itself refuses: its limit says nothing about a server",
          given: [served("0+60x60 3600x20"), refused("0x60 0+60x20", { by: "edge", code: "429", outcome: "neutral" })],
          ...{ every: "1m", at: "69m", firing: [] },
        },
        {
          title: "it refused everything and serves again",
          given: [served("0+60x60 3600x10 3660+60x20"), refused("0x60 0+60x10 600x20")],
          ...{ every: "1m", at: "74m", firing: [] },
        },
      ],
    },
    PromotionHeld: {
      fires: [
        {
          title: "two revisions have taken new sessions since the night",
          given: split("0+1x300", {}),
          ...{ ...inTheMorning, firing: akosha },
        },
        {
          title: "it began in business hours and goes on after them",
          given: split("0+1x300", {}),
          ...{ ...inTheEvening, firing: akosha },
        },
      ],
      silent: [
        {
          title: "six hours are over at night, and the ticket waits for the morning",
          given: split("0+1x300", {}),
          ...{ every: "5m", at: "535m", firing: [] },
        },
        {
          title: "six hours are over in the evening",
          given: split("0x132 0+1x150", {}),
          ...{ ...inTheEvening, firing: [] },
        },
        {
          title: "six hours are over on a Saturday",
          given: split("0x90 0+1x60", {}),
          ...{ every: "30m", at: "58h", firing: [] },
        },
        {
          title: "it ends at night, and then it is over",
          given: split("0+1x210 210x90", {}),
          ...{ every: "5m", at: "1200m", firing: [] },
        },
        {
          title: "only for five hours",
          given: split("0x50 0+1x60", {}),
          ...{ ...inTheMorning, firing: [] },
        },
        {
          title: "the other has old sessions alone",
          given: split("0+1x120", { route: "session" }),
          ...{ ...inTheMorning, firing: [] },
        },
        {
          title: "the other is probed alone",
          given: split("0+60x120", { route: "probe" }),
          ...{ ...inTheMorning, firing: [] },
        },
      ],
    },
  } satisfies Record<string, { fires: [Case, ...Case[]]; silent: [Case, ...Case[]] }>;
}
