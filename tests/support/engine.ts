import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import grpc from "@grpc/grpc-js";
import engineService from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import engineProto from "@pulumi/pulumi/proto/engine_pb.js";
import resourceService from "@pulumi/pulumi/proto/resource_grpc_pb.js";
import resourceProto from "@pulumi/pulumi/proto/resource_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import struct from "google-protobuf/google/protobuf/struct_pb.js";
import { parse } from "yaml";
import { describe, plain, urnOf } from "../../infra/graph/describe.ts";
import { masked } from "../../infra/graph/properties.ts";
import type { GraphResource, Inputs } from "../../infra/graph/resource.ts";

/**
 * What a program did when Pulumi's own runtime ran it. `seconds` are from its start to its last resource, `peakMb` is the
 * largest resident memory of its process.
 */
export type Run = {
  code: number | null;
  output: string;
  resources: GraphResource[];
  outputs: Inputs;
  seconds: number;
  peakMb: number;
};

type Call<Request> = grpc.ServerUnaryCall<Request, never>;
type Answer<T> = (error: null, answer: T) => void;

/**
 * Runs a Pulumi program the way the CLI does, with `@pulumi/pulumi/cmd/run` in a process of its own, against a double of
 * the engine that takes note of what is registered and makes nothing.
 */
export async function runWithEngine(asked: {
  folder: string;
  project: string;
  stack: string;
  config: Record<string, string>;
  preview: boolean;
  env?: NodeJS.ProcessEnv;
}): Promise<Run> {
  const { folder, project, stack, config, preview, env = {} } = asked;
  const found = { resources: [] as GraphResource[], outputs: {} as Inputs, log: "", lastAt: performance.now() };
  const server = new grpc.Server();
  server.addService(resourceService.ResourceMonitorService as never, monitor(found, project, stack) as never);
  server.addService(engineService.EngineService as never, engine(found) as never);
  const address = await new Promise<string>((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(`127.0.0.1:${port}`),
    ),
  );
  const started = performance.now();
  const args = [
    ...nodeArguments(folder),
    createRequire(import.meta.url).resolve("@pulumi/pulumi/cmd/run"),
    `--monitor=${address}`,
    `--engine=${address}`,
    `--project=${project}`,
    `--stack=${stack}`,
    `--root-directory=${folder}`,
    `--pwd=${folder}`,
    ...(preview ? ["--dry-run"] : []),
    ".",
  ];
  // GNU time would be one more tool: the shell's own children are waited for by us, and Linux keeps a process's peak
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      PULUMI_CONFIG: JSON.stringify(config),
      PULUMI_CONFIG_SECRET_KEYS: JSON.stringify([`${project}:secrets`]),
      NODE_OPTIONS: `--import ${new URL("peak.ts", import.meta.url).href}`,
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  child.stdout.on("data", (text) => (output += text));
  child.stderr.on("data", (text) => (output += text));
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  const seconds = (found.lastAt - started) / 1000;
  server.forceShutdown();
  const peakMb = Number(/peak memory: (\d+) kB/.exec(output)?.[1] ?? Number.NaN) / 1024;
  return { code, output: output + found.log, resources: found.resources, outputs: found.outputs, seconds, peakMb };
}

/** What the project wants Node to be started with: the CLI reads it as well. */
function nodeArguments(folder: string): string[] {
  const { runtime } = parse(readFileSync(join(folder, "Pulumi.yaml"), "utf8"));
  return runtime.options.nodeargs.split(" ");
}

function monitor(found: Pick<Run, "resources" | "outputs"> & { lastAt: number }, project: string, stack: string) {
  const nothing = (_: unknown, answer: Answer<empty.Empty>) => answer(null, new empty.Empty());
  return {
    getDeploymentInfo(_: unknown, answer: Answer<resourceProto.DeploymentInfo>) {
      const info = new resourceProto.DeploymentInfo();
      const { RESOURCE_MONITOR_FEATURE_OUTPUT_VALUES: _outputs, ...features } = resourceProto.ResourceMonitorFeature;
      info.setSupportedfeaturesList(Object.values(features) as never);
      answer(null, info);
    },
    registerResource(
      { request }: Call<resourceProto.RegisterResourceRequest>,
      answer: Answer<resourceProto.RegisterResourceResponse>,
    ) {
      const urn = urnOf(request, project, stack);
      found.lastAt = performance.now();
      found.resources.push(describe(request, urn));
      const response = new resourceProto.RegisterResourceResponse();
      response.setUrn(urn);
      response.setObject(request.getObject());
      answer(null, response);
    },
    registerResourceOutputs(
      { request }: Call<resourceProto.RegisterResourceOutputsRequest>,
      answer: Answer<empty.Empty>,
    ) {
      if (request.getUrn().includes("::pulumi:pulumi:Stack::"))
        found.outputs = masked(plain(request.getOutputs())).inputs;
      answer(null, new empty.Empty());
    },
    invoke(_: unknown, answer: Answer<resourceProto.ResourceInvokeResponse>) {
      const response = new resourceProto.ResourceInvokeResponse();
      response.setReturn(new struct.Struct());
      answer(null, response);
    },
    registerPackage(_: unknown, answer: Answer<resourceProto.RegisterPackageResponse>) {
      const response = new resourceProto.RegisterPackageResponse();
      response.setRef("package");
      answer(null, response);
    },
    registerStackTransform: nothing,
    registerStackInvokeTransform: nothing,
    registerResourceHook: nothing,
    registerErrorHook: nothing,
    signalAndWaitForShutdown: nothing,
  };
}

function engine(found: { log: string }) {
  return {
    log({ request }: Call<engineProto.LogRequest>, answer: Answer<empty.Empty>) {
      if (request.getSeverity() !== engineProto.LogSeverity.DEBUG) found.log += `${request.getMessage()}\n`;
      answer(null, new empty.Empty());
    },
    getRootResource: (_: unknown, answer: Answer<engineProto.GetRootResourceResponse>) =>
      answer(null, new engineProto.GetRootResourceResponse()),
    setRootResource: (_: unknown, answer: Answer<engineProto.SetRootResourceResponse>) =>
      answer(null, new engineProto.SetRootResourceResponse()),
  };
}
