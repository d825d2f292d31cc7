// A double of a cloud's provider, started by the real Pulumi CLI: keeps what it is given, makes nothing, and writes down
// what it was asked to do. `stand-in.ts <log file> <version>`, then the engine's own arguments. While there is a file
// `<log file>.pause`, whatever it was asked to make takes its time.
import { createHash } from "node:crypto";
import { appendFileSync, existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { main, type Provider } from "@pulumi/pulumi/provider/index.js";

const [log = "", version = ""] = process.argv.splice(2, 2);
type Properties = Record<string, unknown>;

const note = (verb: string, urn: string): void => {
  const [type, name] = urn.split("::").slice(2);
  appendFileSync(log, `${JSON.stringify({ verb, type: type?.split("$").at(-1), name })}\n`);
};

/** What a platform would add; secrets come wrapped and go back as they came. */
const computed = (name: string, inputs: Properties): Properties => ({
  name,
  selfLink: `https://double.invalid/${name}`,
  uri: `https://${name}.double.invalid`,
  email: `${String(inputs.accountId ?? name)}@double.invalid`,
  member: `serviceAccount:${String(inputs.accountId ?? name)}@double.invalid`,
  privateIpAddress: "10.0.0.3",
  address: "203.0.113.7",
  imageId: `sha256:${"0".repeat(64)}`,
});

const state = (urn: string, inputs: Properties): Properties => ({
  ...computed(urn.split("::").at(-1) ?? "", inputs),
  ...inputs,
  given: fingerprint(inputs),
});

/** Tells other inputs apart without keeping a second copy of them, secrets and all. */
const fingerprint = (inputs: Properties): string => createHash("sha256").update(JSON.stringify(inputs)).digest("hex");

const provider: Provider = {
  version,
  async diff(_id, _urn, olds: Properties, news: Properties) {
    return { changes: olds.given !== fingerprint(news) };
  },
  async create(urn, inputs: Properties) {
    note("create", urn);
    while (existsSync(`${log}.pause`)) await sleep(20);
    return { id: `id-${urn.split("::").at(-1)}`, outs: state(urn, inputs) };
  },
  async update(_id, urn, _olds, news: Properties) {
    note("update", urn);
    return { outs: state(urn, news) };
  },
  async delete(_id, urn) {
    note("delete", urn);
  },
  async invoke() {
    return { outputs: { id: `sha256:${"0".repeat(64)}` } };
  },
};

await main(provider, process.argv.slice(2));
