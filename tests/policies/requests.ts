import analyzer from "@pulumi/pulumi/proto/analyzer_pb.js";
import structs from "google-protobuf/google/protobuf/struct_pb.js";
import type { DeclaredResource } from "../../policies/readers/declared-resource.ts";

/** What the engine asks a policy pack about one resource. */
export const resourceRequest = (declared: DeclaredResource): analyzer.AnalyzeRequest =>
  filled(new analyzer.AnalyzeRequest(), declared);

/** What the engine asks a policy pack about a stack. */
export function stackRequest(declared: readonly DeclaredResource[]): analyzer.AnalyzeStackRequest {
  const resources = declared.map((one) => {
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

function filled<Request extends analyzer.AnalyzeRequest | analyzer.AnalyzerResource>(
  request: Request,
  { type, name, urn, inputs, protect, parent }: DeclaredResource,
): Request {
  const options = new analyzer.AnalyzerResourceOptions();
  options.setProtect(protect);
  options.setParent(parent);
  request.setType(type);
  request.setName(name);
  request.setUrn(urn);
  request.setProperties(structs.Struct.fromJavaScript(inputs as Record<string, structs.JavaScriptValue>));
  request.setOptions(options);
  return request;
}
