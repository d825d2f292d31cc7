import { describe, expect, test } from "vitest";
import { below, credentials, endpointPlacesOf } from "../../smoke/endpoint.ts";

const places = (url: string, path?: string) =>
  endpointPlacesOf(url, path).map(({ endpoint, base }) => [endpoint.href, base.href]);

describe("places to look for MCP", () => {
  test.each([
    [
      "a host",
      "http://h:1",
      undefined,
      [
        ["http://h:1/mcp", "http://h:1/"],
        ["http://h:1/", "http://h:1/"],
      ],
    ],
    ["the endpoint", "http://h:1/mcp", undefined, [["http://h:1/mcp", "http://h:1/"]]],
    ["the endpoint with a slash, as it was given", "http://h:1/mcp/", undefined, [["http://h:1/mcp/", "http://h:1/"]]],
    ["an endpoint below a prefix", "https://h/buddy/mcp", undefined, [["https://h/buddy/mcp", "https://h/buddy"]]],
    [
      "a longer address",
      "https://h/a/b",
      undefined,
      [
        ["https://h/a/b", "https://h/"],
        ["https://h/a/b/mcp", "https://h/a/b"],
      ],
    ],
    ["a path of its own", "http://h", "/rpc", [["http://h/rpc", "http://h/"]]],
    ["a path that is there already", "http://h/rpc", "/rpc", [["http://h/rpc", "http://h/"]]],
    ["a path below a prefix", "http://h/a/", "rpc", [["http://h/a/rpc", "http://h/a/"]]],
    ["the root as path", "http://h/", "/", [["http://h/", "http://h/"]]],
    ["a query, kept", "http://h/?key=1", "/mcp", [["http://h/mcp?key=1", "http://h/?key=1"]]],
    ["user and password, left out", "http://u:p@h/mcp", undefined, [["http://h/mcp", "http://h/"]]],
  ])("%s", (_, url, path, expected) => {
    expect(places(url, path)).toEqual(expected);
  });

  test("other schemes are refused", () => {
    expect(() => endpointPlacesOf("ftp://h/")).toThrow("ftp: is not http or https");
    expect(() => endpointPlacesOf("nonsense")).toThrow(TypeError);
  });
});

test("a health address hangs below the base", () => {
  expect(below(new URL("http://h/buddy"), "/healthz").href).toBe("http://h/buddy/healthz");
  expect(below(new URL("http://h/?k=1"), "/healthz").href).toBe("http://h/healthz?k=1");
});

test("user and password become a basic credential, without percent signs", () => {
  expect(credentials("http://u:p%40ss@h/")).toBe(`Basic ${btoa("u:p@ss")}`);
  expect(credentials("http://u%zz@h/")).toBe(`Basic ${btoa("u%zz:")}`);
  expect(credentials("http://h/")).toBeUndefined();
});
