import { describe, expect, test } from "vitest";
import { type CloudGraph, graphsOf, releaseOf } from "./fixtures.ts";

const graphs = await graphsOf("stable", "candidate", "open", "iap");

/** Whether one is asked for before the other. */
const isBefore = (graph: CloudGraph, first: string, second: string) => {
  const order = graph.resources.map(({ name }) => name);
  return order.indexOf(first) < order.indexOf(second);
};

describe("a service on Cloud Run", () => {
  const service = (graph: CloudGraph, name: string) => graph.one(`${name}-service`).inputs;

  test("rests on its stable", () => {
    const stable = prodRevision("a", "akosha");
    expect(service(graphs.stable, "akosha")).toMatchObject({
      name: "akosha",
      template: { revision: stable },
      traffics: [{ type: "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", percent: 100 }],
      annotations: { "mahavishnu.dev/declared": JSON.stringify({ akosha: { [stable]: 100 } }) },
      deletionProtection: true,
      invokerIamDisabled: false,
    });
  });

  test("has the candidate's template, and all traffic on its stable", () => {
    const [stable, candidate] = [prodRevision("a", "akosha"), prodRevision("b", "akosha")];
    expect(service(graphs.candidate, "akosha")).toMatchObject({
      template: { revision: candidate },
      traffics: [
        { revision: stable, percent: 100 },
        { revision: candidate, percent: 0, tag: "candidate" },
      ],
      annotations: { "mahavishnu.dev/declared": JSON.stringify({ akosha: { [stable]: 100, [candidate]: 0 } }) },
    });
  });

  test("is on the internet only where it has no domain, and then by the platform's own address", () => {
    expect(service(graphs.open, "akosha")).toMatchObject({ ingress: "INGRESS_TRAFFIC_ALL", defaultUriDisabled: false });
    expect(service(graphs.stable, "akosha")).toMatchObject({
      ingress: "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
      defaultUriDisabled: true,
      customAudiences: ["https://akosha.mcp.mahavishnu.dev"],
    });
  });

  test("starts after those that it calls", () => {
    const { stable } = graphs;
    expect(isBefore(stable, "singles-instance", "akosha-service")).toBe(true);
    expect(isBefore(stable, "akosha-service", "mahavishnu-service")).toBe(true);
    expect(stable.one("mahavishnu", "cloud-run:Service").dependsOn).toContain(stable.one("akosha-service").urn);
  });

  test("is never a single writer", () => {
    for (const graph of Object.values(graphs)) {
      expect(graph.those("cloudrunv2/service:Service").map(({ inputs }) => inputs.name)).not.toContain("session-buddy");
    }
  });
});

const prodRevision = (digit: string, service: string) =>
  releaseOf("r", digit).revisions["cloud-run"]?.find((revision) => revision.service === service)?.id ?? "";

describe("invokers", () => {
  test.each(["stable", "candidate", "open", "iap"] as const)("of the %s stack are named ones", (state) => {
    const members = graphs[state].those("IamMember").map(({ inputs }) => String(inputs.member));
    for (const member of [
      ...members,
      ...graphs[state].those("ServiceIamMember").map(({ inputs }) => String(inputs.member)),
    ]) {
      expect(member).not.toMatch(/^all(Authenticated)?Users$/);
    }
    for (const { inputs } of graphs[state].those("cloudrunv2/service:Service"))
      expect(inputs.invokerIamDisabled).toBe(false);
  });

  test("are the settings' with iam, Google's own proxy with iap, and the services that call as peers", () => {
    const of = (graph: CloudGraph, service: string) =>
      graph
        .those("ServiceIamMember")
        .filter(({ name }) => name.startsWith(`${service}-called-by-`))
        .map(({ inputs }) => inputs.member);
    const mahavishnu = "serviceAccount:mcp-mahavishnu@mahavishnu-prod.iam.gserviceaccount.com";
    expect(of(graphs.stable, "akosha")).toEqual(["group:mcp-agents@mahavishnu.dev", mahavishnu]);
    expect(of(graphs.stable, "mahavishnu")).toEqual(["group:mcp-agents@mahavishnu.dev"]);
    const proxy = "serviceAccount:service-100000000002@gcp-sa-iap.iam.gserviceaccount.com";
    expect(of(graphs.iap, "akosha")).toEqual([proxy, mahavishnu]);
    expect(graphs.iap.those("ServiceIdentity").map(({ inputs }) => inputs.service)).toContain("iap.googleapis.com");
  });
});
