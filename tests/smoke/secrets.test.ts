import { expect, test } from "vitest";
import { masking, secretsOf, shownHeaders, shownUrl } from "../../smoke/secrets.ts";

test("headers are shown by name; values only where they are harmless", () => {
  expect(shownHeaders({ Authorization: "Bearer abcd", "X-Revision": "candidate", "x-api-key": "k" })).toEqual([
    "authorization: ***",
    "x-revision: candidate",
    "x-api-key: ***",
  ]);
});

test("an address is shown without user, password and the values of its query", () => {
  expect(shownUrl("https://u:p@h:8443/a/mcp?key=secret&profile=x")).toBe(
    "https://***@h:8443/a/mcp?key=***&profile=***",
  );
  expect(shownUrl("http://h/mcp")).toBe("http://h/mcp");
});

test("a server's echo of a secret is masked, in every encoding", () => {
  const url = new URL("https://user:p%40ssword@h/mcp?key=que%20ry");
  const headers = {
    authorization: `Basic ${btoa("alice:wonder land")}`,
    cookie: "session=c00kie; theme=darkness",
    "x-token": 'quo"te/d',
    "x-revision": "candidate",
  };
  const show = masking(secretsOf(url, headers));
  const echoes = [
    "user",
    "p@ssword",
    "p%40ssword",
    "que ry",
    "que%20ry",
    btoa("alice:wonder land"),
    "alice:wonder land",
    "wonder land",
    "c00kie",
    'quo"te/d',
    'quo\\"te/d',
    encodeURIComponent('quo"te/d'),
  ];
  for (const echo of echoes) expect(show(`<${echo}>`)).toBe("<***>");
  expect(show("candidate")).toBe("candidate");
});

test("a bearer token is masked without its scheme too", () => {
  expect(masking(secretsOf(new URL("http://h/"), { authorization: "Bearer t0ken" }))("got t0ken")).toBe("got ***");
});

test("control characters cannot reach a terminal, nor a line break a line", () => {
  expect(masking([])("a\u001b[31mb\r\nc\u0000\u202ed")).toBe("a [31mb c d");
});
