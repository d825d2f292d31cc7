import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, symlink } from "node:fs/promises";
import { connect as connectHttp2 } from "node:http2";
import { basename, join } from "node:path";
import { connect, type SecureVersion, type TLSSocket } from "node:tls";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import type { Tls } from "../../edge/settings.ts";
import { Client } from "../fixtures/edge/client.ts";
import { startEveryday } from "../fixtures/edge/everyday.ts";
import { temporaryFolder } from "../fixtures/envoy.ts";
import { describeWith } from "../fixtures/tools.ts";

/** A key and a certificate for a name, in place of those before: all at once by one link, as Kubernetes renews a secret. */
async function certify(folder: string, name: string): Promise<Tls> {
  const [inside, link] = [`..${name}`, join(folder, "..data")];
  await mkdir(join(folder, inside));
  const [certificate, key] = [join(folder, inside, "tls.crt"), join(folder, inside, "tls.key")];
  const options = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", `/CN=${name}`];
  await promisify(execFile)("openssl", ["req", "-x509", ...options, "-keyout", key, "-out", certificate]);
  await symlink(inside, `${link}.next`);
  await rename(`${link}.next`, link);
  const files = { certificate: join(folder, "tls.crt"), key: join(folder, "tls.key") };
  for (const file of Object.values(files)) {
    if (!existsSync(file)) await symlink(join("..data", basename(file)), file);
  }
  return files;
}

/** What the edge answers over TLS of one version; the name in its certificate, too. */
async function ask(port: number, version: SecureVersion) {
  const socket = await new Promise<TLSSocket>((resolve, reject) => {
    const options = {
      minVersion: version,
      maxVersion: version,
      ciphers: "DEFAULT@SECLEVEL=0",
      rejectUnauthorized: false,
    };
    const socket = connect({ host: "127.0.0.1", port, ...options }, () => resolve(socket)).on("error", reject);
  });
  const [protocol, certificate] = [socket.getProtocol(), socket.getPeerCertificate()];
  socket.write("POST /mcp HTTP/1.1\r\nhost: edge\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}");
  let answer = "";
  for await (const part of socket.setEncoding("latin1")) answer += part;
  return { protocol, name: certificate.subject.CN, status: answer.slice(9, 12) };
}

describeWith(["openssl"], "an edge with a certificate", {}, () => {
  test("talks TLS 1.2 and newer alone, and takes over a renewed certificate by itself", async () => {
    const folder = await temporaryFolder();
    const edge = await startEveryday(onTestFinished, { tls: await certify(folder, "first") });
    const port = edge.settings.services[0]?.listen.port ?? 0;
    expect(await ask(port, "TLSv1.3")).toEqual({ protocol: "TLSv1.3", name: "first", status: "200" });
    expect(await ask(port, "TLSv1.2")).toEqual({ protocol: "TLSv1.2", name: "first", status: "200" });
    await expect(ask(port, "TLSv1.1")).rejects.toThrow(/protocol version/i);
    expect((await edge.client.call()).status).toBe(0); // no plain HTTP
    expect((await edge.target.preview("stable"))[0]?.url).toBe(`https://127.0.0.1:${port}`);

    await certify(folder, "second");
    await expect.poll(async () => (await ask(port, "TLSv1.3")).name, { timeout: 10_000 }).toBe("second");
  });

  test("talks HTTP/2 with those who can", async () => {
    const tls = await certify(await temporaryFolder(), "edge");
    const edge = await startEveryday(onTestFinished, { tls });
    const port = edge.settings.services[0]?.listen.port ?? 0;
    const session = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
    onTestFinished(() => session.close());
    const call = session.request({ ":method": "POST", ":path": "/mcp" });
    const status = new Promise((resolve, reject) => {
      call.on("response", (headers) => resolve(headers[":status"])).on("error", reject);
    });
    call.end("{}");
    expect(await status).toBe(200);
    call.resume();
  });

  test("talks plain HTTP with the services' own connections, and with nobody else's", async () => {
    const tls = await certify(await temporaryFolder(), "edge");
    const edge = await startEveryday(onTestFinished, { tls, peers: ["127.0.0.3/32"] });
    const peer = new Client(edge.settings.services[0]?.listen.port ?? 0, "127.0.0.3");
    onTestFinished(() => peer.close());
    expect((await peer.call(undefined, { "x-forwarded-for": "203.0.113.7" })).status).toBe(200);
    expect((await edge.client.call(undefined, { "x-forwarded-for": "127.0.0.3" })).status).toBe(0);
  });

  test("tells when its certificate expires, and never its key", async () => {
    const tls = await certify(await temporaryFolder(), "edge");
    const edge = await startEveryday(onTestFinished, { tls });
    const key = (await readFile(tls.key, "utf8")).split("\n")[1] ?? "";
    expect(key).toHaveLength(64);
    expect(await edge.admin.get("/config_dump")).not.toContain(key);
    expect(await edge.admin.get("/stats/prometheus?filter=days_until")).toMatch(
      /^envoy_server_days_until_first_cert_expiring\{\} (29|30)$/m,
    );
  });
});
