import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { type ConfigMap, follow } from "../../../../promotion/platforms/kubernetes/config-map.ts";
import { certificate, startWatchApi, type WatchApi } from "../../../fixtures/kubernetes/watch-api.ts";
import { describeWith } from "../../../fixtures/tools.ts";

/** What was seen of a ConfigMap, and a wait until the last of it is so. */
async function following(change: (double: WatchApi) => void = () => {}) {
  const double = await startWatchApi(mkdtempSync(join(tmpdir(), "api-")));
  onTestFinished(() => double.stop());
  change(double);
  const [seen, said]: [(ConfigMap | null)[], string[]] = [[], []];
  let over = false;
  const see = (configMap: ConfigMap | null) => void seen.push(configMap);
  const log = (message: string) => {
    if (over) throw new Error("the test is over"); // ends the loop, which has no other end
    said.push(message);
  };
  follow(double.api, { namespace: "prod", name: "edge-traffic" }, see, log).catch(() => {});
  onTestFinished(() => {
    over = true;
  });
  const until = (data: Record<string, string> | null) =>
    vi.waitFor(() => expect(seen.at(-1) === null ? null : seen.at(-1)?.data).toEqual(data), {
      timeout: 10_000,
      interval: 5,
    });
  return { double, seen, said, until };
}

const watching = (double: WatchApi) =>
  vi.waitFor(() => expect(double.asked.at(-1)).toContain("watch=1"), { timeout: 10_000, interval: 5 });

describeWith(["openssl"], "a ConfigMap that is followed, at a double of the API server", {}, () => {
  test("is reported at first, and after each change", async () => {
    const { double, seen, until } = await following(({ put }) => put({ a: "1" }));
    await until({ a: "1" });
    await watching(double);
    double.put({ a: "2" });
    double.put({ a: "3" }, { "x/y": "z" });
    await until({ a: "3" });
    expect(seen.map((configMap) => configMap?.data?.a)).toEqual(["1", "2", "3"]);
    expect(seen.at(-1)?.metadata.annotations).toEqual({ "x/y": "z" });
  });

  test("is null before it exists, and after its deletion", async () => {
    const { double, until } = await following();
    await until(null);
    await watching(double);
    double.put({ a: "1" });
    await until({ a: "1" });
    double.remove();
    await until(null);
  });

  test("is followed again after a lost connection, including the changes meanwhile", async () => {
    const { double, said, until } = await following(({ put }) => put({ a: "1" }));
    await until({ a: "1" });
    await watching(double);
    double.cut(true);
    double.put({ a: "2" });
    await vi.waitFor(() => expect(said.length).toBeGreaterThan(0), { timeout: 10_000 });
    double.cut(false);
    await until({ a: "2" });
    await watching(double);
    double.put({ a: "3" });
    await until({ a: "3" });
    expect(said[0]).toMatch(/^cannot watch the ConfigMap edge-traffic: .+; retrying in 250 ms$/);
  });

  test.each<["event" | "status", RegExp]>([
    ["event", /too old resource version/],
    ["status", /the API server answered 410/],
  ])("is read anew when its past is forgotten (410 Gone as %s)", async (say, message) => {
    const { double, said, until } = await following(({ put }) => put({ a: "1" }));
    await until({ a: "1" });
    await watching(double);
    await new Promise((resolve) => setTimeout(resolve, 1100)); // one that ends sooner counts as a failure itself
    double.forget(say);
    double.put({ a: "2" });
    await until({ a: "2" });
    expect(said.join()).toMatch(message);
    await watching(double);
    double.put({ a: "3" });
    await until({ a: "3" });
  });

  test("is requested with the current token", async () => {
    const { double, until } = await following(({ put }) => put({ a: "1" }));
    await until({ a: "1" });
    double.token.server = "t2";
    double.token.client = "t2";
    double.put({ a: "2" });
    double.cut();
    await until({ a: "2" });
  });

  test("is requested by name, so that access to one name is enough", async () => {
    const { double, until } = await following(({ put }) => put({ a: "1" }));
    await until({ a: "1" });
    await watching(double);
    expect(double.asked.every((path) => path.includes("fieldSelector=metadata.name%3Dedge-traffic"))).toBe(true);
    expect(double.asked[1]).toMatch(/allowWatchBookmarks=true&timeoutSeconds=\d+&resourceVersion=2$/);
  });

  test("is rejected when another CA signed the server's certificate", async () => {
    const other = await certificate(mkdtempSync(join(tmpdir(), "api-")));
    const { double, seen, said } = await following((double) => {
      double.put({ a: "1" });
      double.api.authority = () => other.cert;
    });
    await vi.waitFor(() => expect(said.join()).toMatch(/self-signed certificate|unable to verify/), {
      timeout: 10_000,
    });
    expect(double.asked).toEqual([]);
    expect(seen).toEqual([]);
  });
});
