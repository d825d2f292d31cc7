import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { credentials, type ServiceError } from "@grpc/grpc-js";
import grpc from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import analyzer from "@pulumi/pulumi/proto/analyzer_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import { root } from "./graphs.ts";

/** The policy pack as the engine starts it: a process of its own that answers over gRPC. */
export class PackProcess {
  readonly #process: ChildProcess;
  readonly #client: InstanceType<typeof grpc.AnalyzerClient>;

  private constructor(process: ChildProcess, port: string) {
    this.#process = process;
    this.#client = new grpc.AnalyzerClient(`127.0.0.1:${port}`, credentials.createInsecure(), {
      "grpc.max_receive_message_length": 1024 * 1024 * 400,
    });
  }

  /** `preload` is a module that is imported before it. */
  static async start(preload?: string): Promise<PackProcess> {
    const runner = join(root, "node_modules/@pulumi/pulumi/cmd/run-policy-pack/index.js");
    const folder = join(root, "policies");
    const args = [...(preload ? ["--import", preload] : []), runner, "127.0.0.1:0", folder];
    const pack = spawn(process.execPath, args, {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    pack.stderr.on("data", (data: Buffer) => {
      said += data;
    });
    const first = await Promise.race([
      once(pack.stdout, "data").then(([data]) => String(data)),
      once(pack, "exit").then(() => Promise.reject(new Error(`the pack ended:\n${said}`))),
    ]);
    return new PackProcess(pack, first.trim());
  }

  info = () => this.#ask<analyzer.AnalyzerInfo>((done) => this.#client.getAnalyzerInfo(new empty.Empty(), done));
  configure = (request: analyzer.ConfigureAnalyzerRequest) =>
    this.#ask<empty.Empty>((done) => this.#client.configure(request, done));
  analyze = (request: analyzer.AnalyzeRequest) =>
    this.#ask<analyzer.AnalyzeResponse>((done) => this.#client.analyze(request, done));
  analyzeStack = (request: analyzer.AnalyzeStackRequest) =>
    this.#ask<analyzer.AnalyzeResponse>((done) => this.#client.analyzeStack(request, done));

  /** Its largest memory so far, where the system tells. */
  megabytes(): number {
    const status = readFileSync(`/proc/${this.#process.pid}/status`, "utf8");
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
  }

  /** Milliseconds of processor time so far, in steps of ten. */
  processorTime(): number {
    const fields = readFileSync(`/proc/${this.#process.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) * 10;
  }

  async stop(): Promise<void> {
    this.#client.close();
    if (this.#process.exitCode !== null) return;
    this.#process.kill();
    await once(this.#process, "exit");
  }

  #ask<Answer>(call: (done: (error: ServiceError | null, answer: Answer) => void) => unknown): Promise<Answer> {
    return new Promise((resolve, reject) => {
      call((error, answer) => (error ? reject(error) : resolve(answer)));
    });
  }
}

/** What a response says, to be compared. */
export const diagnosticsOf = (response: analyzer.AnalyzeResponse): string[] =>
  response
    .getDiagnosticsList()
    .map((one) => [one.getPolicyname(), one.getEnforcementlevel(), one.getUrn(), one.getMessage()].join(" | "))
    .sort();

export { analyzer };
