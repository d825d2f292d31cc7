import { expect, test } from "vitest";
import { startEveryday } from "../fixtures/edge/everyday.ts";

test("Envoy's own headers pass in neither direction, and a client's change nothing", async () => {
  const { client, stable } = await startEveryday();
  const before = stable[0].seen + stable[1].seen;
  const answer = await client.call(undefined, {
    "x-do": "status:503",
    "x-envoy-retry-on": "5xx",
    "x-envoy-max-retries": "3",
    "x-envoy-upstream-rq-timeout-ms": "1",
    "x-envoy-expected-rq-timeout-ms": "1",
  });
  expect(answer.status).toBe(503);
  expect(stable[0].seen + stable[1].seen - before).toBe(1);
  const good = await client.call(undefined, { "x-do": "headers", "x-envoy-original-path": "/admin" });
  const { headers, sent } = JSON.parse(good.body).result;
  expect(Object.keys(headers).filter((name) => name.startsWith("x-envoy"))).toEqual([]);
  expect(sent).toBe("x-envoy-upstream-canary");
  for (const { headers } of [answer, good]) {
    expect(Object.keys(headers).filter((name) => name.startsWith("x-envoy"))).toEqual([]);
  }
});
