import structs from "google-protobuf/google/protobuf/struct_pb.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Target, targets } from "../../ecosystem/targets.ts";
import { catalogue } from "../../infra/alerts/catalogue.ts";
import { analyse, answered, resourceRequest, server, stackRequest } from "../../policies/analyse.ts";
import { readFacts } from "../../policies/facts.ts";
import { PACK, policiesOf } from "../../policies/policies.ts";
import type { DeclaredResource } from "../../policies/readers/declared-resource.ts";
import { root, toldOf } from "./graphs.ts";
import { mutations } from "./mutations/all.ts";
import { analyzer, diagnosticsOf, PackProcess } from "./pack-process.ts";

describe("the pack as a process of its own", () => {
  let pack: PackProcess;
  beforeAll(async () => {
    pack = await PackProcess.start();
  });
  afterAll(() => pack?.stop());

  test("tells its policies and how far each goes", async () => {
    const info = await pack.info();
    expect(info.getName()).toBe(PACK);
    const { MANDATORY, ADVISORY } = analyzer.EnforcementLevel;
    const policies = info.getPoliciesList().map((policy) => [policy.getName(), policy.getEnforcementlevel()]);
    expect(policies).toEqual([
      ["resources", MANDATORY],
      ["readiness", MANDATORY],
      ["advice", ADVISORY],
    ]);
  });

  const publicInvoker = mutations.find(({ what }) => what === "a public invoker");
  const graphs: [string, () => Promise<DeclaredResource[]>][] = [
    ...targets.map((target: Target): [string, () => Promise<DeclaredResource[]>] => [
      `prod on ${target}`,
      () => toldOf("prod", target),
    ]),
    ["local", () => toldOf("local", "compose")],
    ["prod with a public invoker", async () => publicInvoker?.breaks(await toldOf("prod", "cloud-run")) ?? []],
  ];

  test.each(graphs)("says of %s what is said offline", { timeout: 60_000 }, async (_, graph) => {
    const told = await graph();
    await pack.configure(new analyzer.ConfigureAnalyzerRequest());
    // facts as the process reads them, but for the time of day
    const stack = told[0]?.urn.split(":")[2] ?? "";
    const facts = readFacts(root, stack, { catalogue, now: new Date() });
    const policies = policiesOf({ factsOf: () => facts });
    const analyze = server.makeAnalyzeRpcFun(PACK, "0.1.0", "mandatory", policies);
    const analyzeStack = server.makeAnalyzeStackRpcFun(PACK, "0.1.0", "mandatory", policies);

    for (const one of told) {
      const request = resourceRequest(one);
      expect(diagnosticsOf(await pack.analyze(request))).toEqual(diagnosticsOf(await answered(analyze, request)));
    }
    const request = stackRequest(told);
    const over = diagnosticsOf(await pack.analyzeStack(request));
    expect(over).toEqual(diagnosticsOf(await answered(analyzeStack, request)));

    // and both say what the report of `maha readiness` says
    const report = await analyse(told, facts);
    const failing = [...report.checks, ...report.rules]
      .filter(({ verdict }) => verdict === "fail")
      .map(({ name }) => name);
    for (const name of failing) expect(over.some((line) => line.includes(`${name}: `))).toBe(true);
    const warned = over.filter((line) => line.startsWith("advice"));
    expect(warned.length > 0).toBe(
      [...report.checks, ...report.rules].some(({ findings }) => findings.some(({ verdict }) => verdict === "warn")),
    );
    expect(over.some((line) => line.includes("has a score of"))).toBe(report.score < report.gate.minimum);
  });

  test("stops a public invoker before it is made", async () => {
    const told = publicInvoker?.breaks(await toldOf("prod", "cloud-run")) ?? [];
    const invoker = told.find(
      ({ inputs }) => (inputs as { member?: string }).member === "allUsers",
    ) as DeclaredResource;
    const said = (await pack.analyze(resourceRequest(invoker))).getDiagnosticsList();
    expect(said.map((one) => one.getPolicyname())).toEqual(["resources"]);
    expect(said[0]?.getEnforcementlevel()).toBe(analyzer.EnforcementLevel.MANDATORY);
    expect(said[0]?.getMessage()).toMatch(/^authentication: .*it names everybody as a member/m);
  });

  test("a stack that the repository does not know is stopped, not passed", async () => {
    const [one] = (await toldOf("prod", "cloud-run")).map((told) => ({
      ...told,
      urn: told.urn.replace("urn:pulumi:prod", "urn:pulumi:nowhere"),
    }));
    await expect(pack.analyzeStack(stackRequest([one as DeclaredResource]))).rejects.toThrow(
      "there is no Pulumi.nowhere.yaml",
    );
  });

  test("a policy can be taken out by configuration, as the engine allows", async () => {
    const request = new analyzer.ConfigureAnalyzerRequest();
    const off = new analyzer.PolicyConfig();
    off.setEnforcementlevel(analyzer.EnforcementLevel.DISABLED);
    off.setProperties(new structs.Struct());
    request.getPolicyconfigMap().set("readiness", off);
    await pack.configure(request);
    const said = diagnosticsOf(await pack.analyzeStack(stackRequest(await toldOf("prod", "cloud-run"))));
    expect(said.some((line) => line.startsWith("readiness"))).toBe(false);
    await pack.configure(new analyzer.ConfigureAnalyzerRequest());
  });
});
