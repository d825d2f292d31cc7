import { describe, expect, test } from "vitest";
import { UNKNOWN } from "../../../../infra/graph/resource.ts";
import { type CloudGraph, graphsOf } from "./fixtures.ts";

const graphs = await graphsOf("stable", "open");

const namesOf = (graph: CloudGraph, type: string) =>
  graph
    .those(type)
    .map(({ name }) => name)
    .sort();

describe("peers", () => {
  const argumentsOf = (graph: CloudGraph): string => {
    const { containers } = graph.one("mahavishnu-service").inputs.template as { containers: { args: string[] }[] };
    return containers[1]?.args[1] ?? "";
  };

  test("without a domain are called by the platform's address, with a token for it", () => {
    const {
      static_resources: { clusters },
    } = JSON.parse(argumentsOf(graphs.open));
    const address = "akosha-100000000002.europe-west1.run.app";
    expect(clusters[0]).toMatchObject({
      load_assignment: {
        endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address, port_value: 443 } } } }] }],
      },
      metadata: { typed_filter_metadata: { "envoy.filters.http.gcp_authn": { url: `https://${address}` } } },
    });
  });

  test("behind a domain are called inside the network, with a token for the address that clients know", () => {
    const { stable } = graphs;
    const {
      static_resources: { clusters },
    } = JSON.parse(argumentsOf(stable));
    const address = "akosha.mahavishnu.internal";
    expect(clusters[0]).toMatchObject({
      load_assignment: {
        endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address, port_value: 80 } } } }] }],
      },
      metadata: {
        typed_filter_metadata: { "envoy.filters.http.gcp_authn": { url: "https://akosha.mcp.mahavishnu.dev" } },
      },
    });
    expect(stable.one("peers-akosha-name").inputs).toMatchObject({ name: `${address}.`, rrdatas: [UNKNOWN] });
    expect(stable.one("peers-akosha-endpoints").inputs).toMatchObject({ cloudRun: { service: "akosha" } });
    expect(stable.one("peers-entrance").inputs).toMatchObject({ loadBalancingScheme: "INTERNAL_MANAGED" });
    expect(namesOf(stable, "RegionBackendService")).toEqual(["peers-akosha"]);
  });
});
