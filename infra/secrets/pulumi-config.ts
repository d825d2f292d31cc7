import { spawn } from "node:child_process";
import type { Secret } from "../../ecosystem/secrets.ts";
import { PROJECT } from "../config/stack-file.ts";

/** A stack's secrets could not be read or set; the message says what was tried, what came back and what to do. */
export class SecretsError extends Error {
  override name = "SecretsError";
}

/** A stack's configuration through the pulumi CLI, which encrypts and decrypts it. Each call may throw a SecretsError. */
export type PulumiConfig = {
  /** Stores a value, passed to the CLI on standard input. */
  set(name: Secret, value: string): Promise<void>;
  /** Lets the CLI prompt for the value or read our standard input; the value never passes through this process. */
  ask(name: Secret): Promise<void>;
  /** Records, in plaintext, the day the secrets were set. */
  date(names: readonly Secret[], day: string): Promise<void>;
  /** All values, decrypted; undefined if the CLI is missing. */
  values(): Promise<Partial<Record<Secret, string>> | undefined>;
};

/** A secret's configuration path, in the CLI's syntax. */
export const secretPath = (name: Secret): string => `${PROJECT}:secrets["${name}"]`;

/** The configuration of a stack of the project in `folder`. */
export function pulumiConfig(folder: string, stack: string): PulumiConfig {
  const config = (args: string[], stdin?: Stdin) => pulumi([...args, "--stack", stack], { folder, stack, stdin });
  const setting = (name: Secret) => ["config", "set", "--secret", "--path", secretPath(name)];
  return {
    set: async (name, value) => void (await config([...setting(name), "--non-interactive"], { value })),
    ask: async (name) => void (await config(setting(name), "ours")),
    async date(names, day) {
      if (names.length === 0) return;
      const dates = names.flatMap((name) => ["--plaintext", `${PROJECT}:secretDates["${name}"]=${day}`]);
      await config(["config", "set-all", "--path", ...dates, "--non-interactive"]);
    },
    async values() {
      try {
        const text = await config(["config", "--show-secrets", "--json", "--non-interactive"]);
        const all = JSON.parse(text) as Record<string, { objectValue?: Partial<Record<Secret, string>> }>;
        return all[`${PROJECT}:secrets`]?.objectValue ?? {};
      } catch (error) {
        if (error instanceof MissingCli) return undefined;
        throw error;
      }
    },
  };
}

class MissingCli extends SecretsError {}

/** What the CLI reads: a value, or our own standard input. */
type Stdin = { value: string } | "ours";

/** Runs the CLI and returns its output. The value it reads is masked in errors. */
function pulumi(args: string[], { folder, stack, stdin }: { folder: string; stack: string; stdin: Stdin | undefined }) {
  return new Promise<string>((resolve, reject) => {
    const asks = stdin === "ours";
    const child = spawn("pulumi", args, {
      cwd: folder,
      stdio: asks ? ["inherit", 2, 2] : ["pipe", "pipe", "pipe"],
    });
    let [output, complaint] = ["", ""];
    child.stdout?.on("data", (data) => {
      output += data;
    });
    child.stderr?.on("data", (data) => {
      complaint += data;
    });
    child.once("error", (error: NodeJS.ErrnoException) => {
      reject(error.code === "ENOENT" ? new MissingCli(MISSING) : new SecretsError(`pulumi: ${error.message}`));
    });
    child.once("close", (code) => {
      if (code === 0) return resolve(output);
      const said = hidden(complaint.trim(), stdin);
      reject(
        new SecretsError(
          `pulumi ${args.slice(0, 2).join(" ")} --stack ${stack} failed (exit ${code}): ${said}${advice(said, stack)}`,
        ),
      );
    });
    // EPIPE: the CLI exited before reading; its exit code and output say why
    child.stdin?.on("error", () => {});
    child.stdin?.end(stdin && stdin !== "ours" ? stdin.value : "");
  });
}

const MISSING =
  "pulumi is not on PATH; only the pulumi CLI can encrypt a stack's secrets. Install it (https://www.pulumi.com/docs/iac/download-install), log in to the state backend (pulumi login), and try again";

const hidden = (text: string, stdin: Stdin | undefined): string =>
  stdin && stdin !== "ours" ? text.replaceAll(stdin.value, "[secret]") : text;

/** The CLI's own message does not say how to create a stack. */
const advice = (said: string, stack: string): string =>
  /no stack named/.test(said) ? `. Create it first: pulumi stack init ${stack}` : "";
