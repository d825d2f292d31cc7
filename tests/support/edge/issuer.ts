import { execFile } from "node:child_process";
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { temporaryFolder } from "../envoy.ts";

/** An issuer of tokens on this machine, whose server proves its name by an authority of its own. */
export type Issuer = {
  auth: { issuer: string; audience: string; jwks: string; ca: string };
  /** A token for half an hour with other claims than usual; undefined leaves one out. */
  token(claims?: object, key?: "its own" | "another", algorithm?: "RS256" | "ES256"): string;
  /** How often its keys were asked for. */
  asked: number;
};

/** Starts one; `names` is the name in its server's certificate. */
export async function startIssuer(defer: (cleanUp: () => Promise<void>) => void, names = "localhost"): Promise<Issuer> {
  const folder = await temporaryFolder(defer);
  const { ca, key, cert } = await certified(folder, names);
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const ec = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const stranger = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const keys = [published(rsa.publicKey, "RS256"), published(ec.publicKey, "ES256")];
  const server = createServer({ key, cert }, (_, response) => {
    issuer.asked += 1;
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ keys }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  defer(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  const { port } = server.address() as AddressInfo;
  const issuer: Issuer = {
    auth: {
      issuer: "https://login.test.dev/",
      audience: "https://mcp.test.dev",
      jwks: `https://localhost:${port}/jwks.json`,
      ca,
    },
    token(claims = {}, whose = "its own", algorithm = "RS256") {
      const { issuer: iss, audience: aud } = issuer.auth;
      const now = Math.floor(Date.now() / 1000);
      const usual = { iss, aud, sub: "agent", iat: now, exp: now + 1800 };
      const own = algorithm === "RS256" ? rsa.privateKey : ec.privateKey;
      return signed({ ...usual, ...claims }, whose === "its own" ? own : stranger.privateKey, algorithm);
    },
    asked: 0,
  };
  return issuer;
}

const published = (key: KeyObject, alg: string) => ({ ...key.export({ format: "jwk" }), alg, kid: alg, use: "sig" });

const coded = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

function signed(claims: object, key: KeyObject, alg: string): string {
  const text = `${coded({ alg, kid: alg, typ: "JWT" })}.${coded(claims)}`;
  const signature = sign("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" });
  return `${text}.${signature.toString("base64url")}`;
}

/** A certificate for a name, and the authority that signed it. */
async function certified(folder: string, name: string) {
  const at = (file: string) => join(folder, file);
  const openssl = (...args: string[]) => promisify(execFile)("openssl", args);
  const ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  await openssl("req", "-x509", ...ec, "-subj", "/CN=authority", "-keyout", at("ca.key"), "-out", at("ca.crt"));
  await openssl("req", ...ec, "-subj", `/CN=${name}`, "-keyout", at("tls.key"), "-out", at("tls.csr"));
  writeFileSync(at("names"), `subjectAltName=DNS:${name}\n`);
  const authority = ["-CA", at("ca.crt"), "-CAkey", at("ca.key"), "-CAcreateserial", "-days", "2"];
  await openssl("x509", "-req", "-in", at("tls.csr"), ...authority, "-extfile", at("names"), "-out", at("tls.crt"));
  return { ca: at("ca.crt"), key: readFileSync(at("tls.key")), cert: readFileSync(at("tls.crt")) };
}
