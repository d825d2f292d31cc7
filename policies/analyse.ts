import { createRequire } from "node:module";
import type { Policies } from "@pulumi/policy";
import analyzer from "@pulumi/pulumi/proto/analyzer_pb.js";
import structs from "google-protobuf/google/protobuf/struct_pb.js";
import type { StackFacts } from "./facts.ts";
import { PACK, policiesOf } from "./policies.ts";
import type { DeclaredResource } from "./readers/declared-resource.ts";
import type { Report } from "./report.ts";

/** The policy server's own functions, which its types leave out: what they say is what the engine would be told. */
type Ask<Request> = (call: { request: Request }, answer: Answer) => Promise<void>;
type Answer = (error: Error | null | undefined, response: analyzer.AnalyzeResponse | undefined) => void;
type Make<Request> = (pack: string, version: string, level: string, policies: Policies) => Ask<Request>;
export const server = createRequire(import.meta.url)("@pulumi/policy/server.js") as {
  makeAnalyzeRpcFun: Make<analyzer.AnalyzeRequest>;
  makeAnalyzeStackRpcFun: Make<analyzer.AnalyzeStackRequest>;
};

/** Judges a stack as the engine would have it judged at the end of an update. */
export async function analyse(told: readonly DeclaredResource[], facts: StackFacts): Promise<Report> {
  let found: Report | undefined;
  const policies = policiesOf({
    factsOf: () => facts,
    marks: new Map(told.map(({ urn, secretPaths }) => [urn, secretPaths])),
    onReport: (report) => {
      found = report;
    },
  }).filter(({ name }) => name === "readiness");
  await answered(server.makeAnalyzeStackRpcFun(PACK, "0", "mandatory", policies), stackRequest(told));
  if (!found) throw new Error("the policy server gave no answer");
  return found;
}

/** What the engine would ask about a stack. */
export function stackRequest(told: readonly DeclaredResource[]): analyzer.AnalyzeStackRequest {
  const resources = told.map((one) => {
    const resource = filled(new analyzer.AnalyzerResource(), one);
    resource.setParent(one.parent);
    resource.setDependenciesList([...one.dependencies]);
    for (const [property, urns] of Object.entries(one.references)) {
      const from = new analyzer.AnalyzerPropertyDependencies();
      from.setUrnsList([...urns]);
      resource.getPropertydependenciesMap().set(property, from);
    }
    return resource;
  });
  const request = new analyzer.AnalyzeStackRequest();
  request.setResourcesList(resources);
  return request;
}

/** What the engine would ask about one resource. */
export const resourceRequest = (told: DeclaredResource): analyzer.AnalyzeRequest =>
  filled(new analyzer.AnalyzeRequest(), told);

/** Asks one of the policy server's functions. Throws what a policy throws. */
export function answered<Request>(ask: Ask<Request>, request: Request): Promise<analyzer.AnalyzeResponse> {
  return new Promise((resolve, reject) => {
    void ask({ request }, (error, response) => (response ? resolve(response) : reject(error)));
  });
}

function filled<Request extends analyzer.AnalyzeRequest | analyzer.AnalyzerResource>(
  request: Request,
  told: DeclaredResource,
): Request {
  const options = new analyzer.AnalyzerResourceOptions();
  options.setProtect(told.protect);
  options.setParent(told.parent);
  request.setType(told.type);
  request.setName(told.name);
  request.setUrn(told.urn);
  request.setProperties(structs.Struct.fromJavaScript(told.inputs as Record<string, structs.JavaScriptValue>));
  request.setOptions(options);
  return request;
}
